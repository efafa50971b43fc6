"""Governed records: what one sound row says, the versions a store keeps of it, and their keys."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.canonical import Json, canonical, fingerprint, sha256
from shared.domain.feeds.feed import Feed, Payload
from shared.domain.violation import Violation


class RecordStatus(StrEnum):
    """Whether a record is in use."""

    ACTIVE = "active"
    RETIRED = "retired"


class ManifestStatus(StrEnum):
    """Whether a person has looked at a version of a manifest."""

    PENDING_REVIEW = "PENDING_REVIEW"
    REVIEWED = "REVIEWED"


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernedRecord:
    """A row that was taken."""

    row: int
    line: int
    source_id: str
    payload: Payload
    #: What rules of severity `warn` say of it.
    warnings: tuple[Violation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordVersion:
    """A version as stored; ``superseded_at`` is None for the current one."""

    feed: str
    source_id: str
    #: From 1.
    version: int
    idempotency_key: str
    #: Key of the version before; None for the first.
    follows: str | None
    classification: str
    payload: Payload
    payload_hash: str
    status: RecordStatus
    #: Columns of state: `hazcom_verified`, `manifest_status`; None where the feed has no such column.
    hazcom_verified: bool | None
    manifest_status: str | None
    run_id: str
    row: int
    recorded_at: datetime
    superseded_at: datetime | None
    #: Who confirmed the state of this very version, and when.
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None
    review_reason: str | None = None


def payload_hash(payload: Payload) -> str:
    """SHA-256 of the RFC 8785 form."""
    return fingerprint(payload)


def idempotency_key(feed: str, source_id: str, follows: str | None, payload: Payload) -> str:
    """The key of the version that ``payload`` makes after the version with key ``follows``.

    SHA-256 over the RFC 8785 form of [feed, source id, key of the version before or null, payload]:
    the same change twice has one key, and A → B → A has three.
    """
    return key_over(feed, source_id, follows, canonical(payload))


def key_over(feed: str, source_id: str, follows: str | None, body: bytes) -> str:
    """The same, where the payload's canonical bytes are at hand."""
    return sha256(canonical([feed, source_id, follows])[:-1] + b"," + body + b"]")


def mask(value: Json) -> str | None:
    """What is shown of a value that speaks of a person."""
    if value is None:
        return None
    return f"{value[:1]}***" if isinstance(value, str) else "***"


def masked(payload: Payload, feed: Feed) -> dict[str, Json]:
    """A payload for people to see; fields the feed doesn't know (any more) count as personal."""
    return {name: v if name in feed.plain else mask(v) for name, v in payload.items()}


def status_of(payload: Payload) -> RecordStatus:
    """What the record says of itself."""
    return RecordStatus(str(payload.get("record_status", RecordStatus.ACTIVE.value)))
