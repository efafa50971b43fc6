"""The mapping as documents: the same on the command line and in the API."""

from collections.abc import Sequence

from shared.domain.canonical import Json
from shared.domain.mapping_coverage import PartCoverage
from shared.domain.mapping_diff import differences
from shared.domain.mapping_drift import Drift
from shared.pipeline.accept_mapping import Accepted
from shared.pipeline.check_mapping import Checked
from shared.pipeline.documents import moment
from shared.pipeline.look_at_mapping import MappingView
from shared.ports.mappings import MappingVersion

FORMAT_VERSION = "1.0"


def check_document(found: Checked) -> dict[str, Json]:
    """What holds a mapping back, and what of a file it covers."""
    document: dict[str, Json] = {
        "format_version": FORMAT_VERSION,
        "version": found.mapping.version,
        "sha256": found.mapping.sha256,
        "ascip_read_at": found.known.read_at.isoformat() if found.known.read_at else None,
        "sound": found.sound,
        "same_number": [kept.sha256 for kept in found.same_number],
        "drift": _drift_documents(found.drift),
    }
    if found.coverage is not None:
        document["coverage"] = [_part_document(part) for part in found.coverage.parts]
        document["unused"] = list(found.coverage.unused)
    return document


def _part_document(part: PartCoverage) -> dict[str, Json]:
    return {
        "part": part.part.value, "bucket": part.bucket, "column": part.column, "rows": part.rows,
        "rows_unmapped": sum(use.rows for use in part.unmapped),
        "values": [
            {
                "value": use.value, "rows": use.rows,
                "target": use.target and {"id": use.target[0], "name": use.target[1]},
            }
            for use in part.values
        ],
    }  # fmt: skip


def _drift_documents(found: Sequence[Drift]) -> list[Json]:
    return [{"detail": each.words, "lost": each.lost} for each in found]


def view_document(view: MappingView) -> dict[str, Json]:
    """The same of what is stored, with the plans that another version makes stale."""
    document: dict[str, Json] = {
        "format_version": FORMAT_VERSION,
        "version": view.mapping.version,
        "sha256": view.mapping.sha256,
        "sound": view.sound,
        "ascip_read_at": moment(view.known.read_at) if view.known else None,
        "same_number": [kept.sha256 for kept in view.same_number],
        "drift": _drift_documents(view.drift),
        "extract": None,
        "coverage": None,
        "unused": [],
        "unread_buckets": [bucket.name for bucket in view.unread],
        "open_runs": [run.id for run in view.open_runs],
    }
    if view.extract is not None:
        document["extract"] = {
            "run_id": view.extract.run_id, "file": view.extract.file_name,
            "landed_at": moment(view.extract.landed_at),
        }  # fmt: skip
    if view.coverage is not None:
        document["coverage"] = [_part_document(part) for part in view.coverage.parts]
        document["unused"] = list(view.coverage.unused)
    return document


def accepted_document(done: Accepted, *, etag: str, open_runs: Sequence[str]) -> dict[str, Json]:
    """A version that took the place of another, and the runs whose plans are stale by it."""
    return {
        "version": done.after.version, "sha256": done.after.sha256, "etag": etag,
        "before": {"version": done.before.version, "sha256": done.before.sha256},
        "differences": list(differences(done.before, done.after)), "stale_runs": list(open_runs),
    }  # fmt: skip


def history_document(found: Sequence[MappingVersion]) -> list[dict[str, Json]]:
    """Versions, newest first."""
    return [
        {
            "version": kept.version, "sha256": kept.sha256, "author": kept.author,
            "recorded_at": kept.recorded_at.isoformat(), "runs": kept.runs, "last_run": kept.last_run,
        }
        for kept in found
    ]  # fmt: skip
