"""Bodies about governed records."""

from typing import Annotated, Any

from pydantic import AwareDatetime, Field, StringConstraints

from services.ingest.schemas import Answered, Listed, Sent
from shared.domain.record import RecordStatus

Reason = Annotated[
    str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")
]


class NewRecordReview(Sent):
    """Which version was looked at, and why it may be confirmed."""

    version: Annotated[int, Field(ge=1, lt=2**31)]
    reason: Reason


class RecordDocument(Answered):
    """A version of a record. `hazcom_verified` and `manifest_status` are null where the feed has none."""

    feed: str
    source_id: str
    version: int
    status: RecordStatus
    classification: str
    hazcom_verified: bool | None
    manifest_status: str | None
    reviewed_by: str | None
    reviewed_at: AwareDatetime | None
    payload: dict[str, Any]
    payload_hash: str
    idempotency_key: str
    follows: str | None
    run_id: str
    row: int
    recorded_at: AwareDatetime
    superseded_at: AwareDatetime | None


class FieldChange(Answered):
    """A field that a version changed; null is no value."""

    path: str
    before: str | int | None
    after: str | int | None


class VersionDocument(RecordDocument):
    """A version with what it changed."""

    changes: list[FieldChange]


class HistoryDocument(RecordDocument):
    """The version in force, and all that are kept, newest first."""

    versions: list[VersionDocument]


class RecordList(Listed):
    """Records in pages."""

    data: list[RecordDocument]
