"""The fourth step of an explanation: which line of the mapping makes which id of each value."""

from collections.abc import Iterator
from typing import Any, cast

from shared.domain.canonical import Json
from shared.domain.diff import id_of
from shared.domain.explanation import Step, StepName, StepStatus
from shared.domain.mapping import MappedBucket, Mapping
from shared.domain.snapshot import Reference
from shared.domain.staff import StaffRecord
from shared.domain.text import fold
from shared.pipeline.explain_ground import Ground, step

_S = StepStatus


def mapping_step(ground: Ground) -> Step:
    """Which line of the mapping makes which id of each value."""
    record, mapping, reference = ground.record, ground.mapping, ground.reference
    if record is None or mapping is None or reference is None:
        return step(StepName.MAPPING, _S.SKIPPED, ["There is no row whose values would be mapped."])
    if ground.left:
        words = ["Nothing is mapped for who has left."]
        return step(StepName.MAPPING, _S.SKIPPED, words)
    lines = [
        *_sites(record, mapping), *_buckets(record, mapping, ground), *_names(record, mapping, reference),
    ]  # fmt: skip
    status = (
        _S.WARNING
        if any(line["id"] is None and line["line"] is None for line in lines)
        else _S.SUCCESS
    )
    if any(line["column"] == "site_code" and line["id"] is None for line in lines):
        status = _S.FAILURE
    detail: dict[str, Json] = {"version": mapping.version, "lines": cast("Json", lines)}
    return step(StepName.MAPPING, status, [_told(line) for line in lines], detail)


_Line = dict[str, Any]


def _line(
    column: str, value: str, id_: int | str | None, name: str | None, line: str | None
) -> _Line:
    return {"column": column, "value": value, "id": id_, "name": name, "line": line}


def _told(line: _Line) -> str:
    if line["line"] is None:
        return f"{line['column']} {line['value']!r} is not in the mapping."
    if line["id"] is None:
        return f"{line['column']} is blank: it clears {line['name']}."
    to = line["name"] if line["name"] == line["id"] else f"{line['name']} ({line['id']})"
    return f"{line['column']} {line['value']!r} means {to}, by {line['line']}."


def _sites(record: StaffRecord, mapping: Mapping) -> Iterator[_Line]:
    for code in record.site_codes:
        group = mapping.sites.get(code)
        where = f"groups.sites.{code}" if group else None
        yield _line(
            "site_code", code, group.id if group else None, group.name if group else None, where
        )


def _buckets(record: StaffRecord, mapping: Mapping, ground: Ground) -> Iterator[_Line]:
    for bucket in mapping.buckets:
        word = record.attributes.get(bucket.column)
        if word is None or (not word and ground.delta):
            continue
        yield _bucket(bucket, word)


def _bucket(bucket: MappedBucket, word: str) -> _Line:
    where = f"buckets.{bucket.name}"
    if not word:
        return _line(bucket.column, word, None, bucket.name, where)
    if bucket.is_text:
        return _line(bucket.column, word, word, word, where)
    found = bucket.by_word.get(fold(word))
    name = next((name for name, id_ in bucket.values.items() if id_ == found), None)
    alias = "" if name is None or fold(name) == fold(word) else " (an alias)"
    return _line(
        bucket.column, word, found, name, f"{where}.values.{name}{alias}" if name else None
    )


def _names(record: StaffRecord, mapping: Mapping, reference: Reference) -> Iterator[_Line]:
    if record.role:
        name = mapping.role_values.get(fold(record.role))
        found = id_of(name or record.role, reference.roles)
        where = "roles.values" if name else "the roles of ASCIP"
        yield _line(
            "role", record.role, found, reference.roles.get(found or 0), where if found else None
        )
    if record.timezone:
        found = id_of(record.timezone, reference.timezones)
        line = "the time zones of ASCIP" if found else None
        yield _line("timezone", record.timezone, found, reference.timezones.get(found or 0), line)
