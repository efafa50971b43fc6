"""Governed records as one file, for people and programs outside: CSV or NDJSON, in clear."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from shared.adapters.reports.cells import Cell
from shared.adapters.reports.words import utc
from shared.adapters.reports.writing import Filing
from shared.domain.canonical import Json, canonical
from shared.domain.feeds.feed import Feed
from shared.domain.record import RecordVersion
from shared.ports.shelf import Filed

#: What stands before the fields of the feed; a field of the same name gets none.
ENVELOPE = (
    "source_id", "version", "status", "classification", "hazcom_verified", "manifest_status",
    "reviewed_at", "recorded_at", "superseded_at", "idempotency_key", "follows", "payload_hash",
)  # fmt: skip


def write_records(
    filing: Filing, name: str, feed: Feed, versions: Iterable[RecordVersion]
) -> Filed:
    """Write them as they come."""
    if name.endswith(".ndjson"):
        with filing.text(name) as stream:
            for version in versions:
                line = {**_envelope(version), "payload": version.payload}
                stream.write(json.dumps(line, ensure_ascii=False) + "\n")
    else:
        fields = [each.name for each in feed.fields]
        # A prefix tells fields apart from what the store says of the record.
        columns = (*ENVELOPE, *(f"payload.{field}" for field in fields))
        with filing.csv(name, columns) as rows:
            rows.write_all(_rows(fields, versions))
    return filing.written[-1]


def _rows(fields: list[str], versions: Iterable[RecordVersion]) -> Iterator[list[Cell]]:
    for version in versions:
        yield [*_envelope(version).values(), *(_cell(version.payload.get(f)) for f in fields)]


def _envelope(version: RecordVersion) -> dict[str, Cell]:
    return {
        "source_id": version.source_id, "version": version.version, "status": version.status.value,
        "classification": version.classification, "hazcom_verified": version.hazcom_verified,
        "manifest_status": version.manifest_status, "reviewed_at": _time(version.reviewed_at),
        "recorded_at": _time(version.recorded_at), "superseded_at": _time(version.superseded_at),
        "idempotency_key": version.idempotency_key, "follows": version.follows,
        "payload_hash": version.payload_hash,
    }  # fmt: skip


def _time(at: datetime | None) -> str | None:
    return utc(at, "milliseconds")


def _cell(value: Json) -> Cell:
    """A list stands in its cell as a file of the feed would have it."""
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "; ".join(value)
    return canonical(value).decode()
