"""Bodies of `/quarantine`, sent and answered."""

from typing import Annotated

from pydantic import Field, StringConstraints

from services.ingest.schemas import Answered, Listed, Name, RunDocument, Sent, Words
from shared.domain.access import USER_NAME
from shared.domain.remediation import QuarantineState, ResubmissionOutcome

RecordId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,64}$")]
Also = Annotated[list[RecordId], Field(max_length=500)]
_ALSO = (
    "Further records, to which the same is done; if it can't be done to one, it is done to none."
)


class Assignment(Sent):
    """Who deals with a record from now on."""

    owner: Annotated[str, StringConstraints(pattern=f"^{USER_NAME.pattern}$")] = Field(
        examples=["kim"]
    )
    also: Also = Field([], description=_ALSO)


class Notification(Sent):
    """Whom to tell; without an address, the owner of each record."""

    to: Annotated[str, StringConstraints(max_length=254)] | None = Field(
        None, examples=["lab.manager@lincoln.example"]
    )
    also: Also = Field([], description=_ALSO)


class NewAttestation(Sent):
    """A person confirms that a record may say exactly this, against one rule."""

    code: Name = Field(examples=["OSHA-SIGNAL-WORD"])
    reason: Words = Field(min_length=1, examples=["The supplier's sheet of this mixture says so."])


class Closing(Sent):
    """Why nobody will mend a record."""

    reason: Words = Field(min_length=1, examples=["The shipment was refused."])


class QuarantineDocument(Answered):
    """A quarantined record of a governed feed; never what stands in it."""

    id: str = Field(examples=["qua_7QK2M0XW3F9A"])
    feed: str
    run_id: str
    source_id: str | None
    state: QuarantineState
    owner: str | None
    due_on: str
    overdue: bool
    codes: list[str]
    idempotency_key: str
    supersedes: str | None
    superseded_by: str | None


class QuarantineList(Listed):
    """Records in pages: regressed ones first, then new ones, then by due date."""

    data: list[QuarantineDocument]


class ValueDocument(Answered):
    """A field as it is written in the file; masked where it speaks of a person."""

    field: str
    value: str
    failed: bool


class EventDocument(Answered):
    """Something that happened to a record, or to one whose place it took."""

    at: str
    record_id: str
    actor: str
    event: str
    detail: str


class QuarantineView(QuarantineDocument):
    """A record with everything beside it."""

    values: list[ValueDocument] | None
    timeline: list[EventDocument]


class ToldDocument(Answered):
    """A mail: to whom (masked), of which records, and why it was not sent."""

    to: str
    ids: list[str]
    sent: bool
    failure: str | None


class NotifiedDocument(QuarantineDocument):
    """The record as it is now, and what came of the mails."""

    mail: list[ToldDocument]


class ResubmissionDocument(Answered):
    """A record that a run is meant to mend, and what came of it."""

    id: str
    outcome: ResubmissionOutcome | None
    superseded_by: str | None


class ResubmissionRun(RunDocument):
    """The run of a resubmission."""

    records: list[ResubmissionDocument]


class CodeDocument(Answered):
    """A code with its rule, and how many open records have it."""

    code: str
    title: str
    authority: str | None
    citation: str | None
    severity: str
    remedy: str
    feed: str | None
    open: int


class CodeList(Answered):
    """Every code."""

    data: list[CodeDocument]
