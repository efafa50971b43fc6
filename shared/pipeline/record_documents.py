"""Governed records as documents: the same on the command line and in the API.

What speaks of a person is masked; `records export` alone writes it in clear.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from shared.domain.action import Change
from shared.domain.canonical import Json
from shared.domain.feeds.feed import Feed
from shared.domain.record import RecordVersion, mask, masked
from shared.domain.record_diff import changes
from shared.pipeline.documents import moment
from shared.ports.records import Mismatch


def record_document(version: RecordVersion, feed: Feed) -> dict[str, Json]:
    """A version."""
    return {
        "feed": version.feed, "source_id": version.source_id, "version": version.version,
        "status": version.status.value, "classification": version.classification,
        "hazcom_verified": version.hazcom_verified, "manifest_status": version.manifest_status,
        "reviewed_by": version.reviewed_by, "reviewed_at": moment(version.reviewed_at),
        "payload": masked(version.payload, feed), "payload_hash": version.payload_hash,
        "idempotency_key": version.idempotency_key, "follows": version.follows,
        "run_id": version.run_id, "row": version.row,
        "recorded_at": moment(version.recorded_at), "superseded_at": moment(version.superseded_at),
    }  # fmt: skip


def history_document(versions: Sequence[RecordVersion], feed: Feed) -> dict[str, Json]:
    """A record with all its versions, newest first, each with what it changed."""
    changed = changed_fields(versions, feed)
    return record_document(versions[-1], feed) | {
        "versions": [
            record_document(version, feed)
            | {"changes": [{"path": c.path, "before": c.before, "after": c.after} for c in fields]}
            for version, fields in reversed([*zip(versions, changed, strict=True)])
        ]
    }


def changed_fields(versions: Sequence[RecordVersion], feed: Feed) -> list[tuple[Change, ...]]:
    """What each version changed, oldest first; of the first that is kept nothing is known."""
    found: list[tuple[Change, ...]] = [()]
    for before, after in pairwise(versions):
        found.append(
            tuple(
                c
                if c.path in feed.plain
                else replace(c, before=mask(c.before), after=mask(c.after))
                for c in changes(before.payload, after.payload)
            )
        )
    return found


def mismatch_document(mismatch: Mismatch) -> dict[str, Json]:
    """What doesn't fit."""
    return {
        "feed": mismatch.feed, "source_id": mismatch.source_id, "version": mismatch.version,
        "what": mismatch.what, "stored": mismatch.stored, "computed": mismatch.computed,
    }  # fmt: skip
