"""Bodies of `/explain`, `/people` and `/reference`."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from services.ingest.schemas import Answered, Listed, Name, Sent
from shared.domain.explanation import StepName, StepStatus
from shared.domain.run import RunMode, RunState
from shared.ports.people import KeyKind

RunId = Annotated[str, StringConstraints(pattern=r"^run_[A-Za-z0-9_]{1,60}$")]


class Asked(Sent):
    """Who is to be explained, and in which runs."""

    key: Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00]+$")] = (
        Field(
            description="An employee id, `ascip:` and an id, or an email address.",
            examples=["E10877"],
        )
    )
    feed: Name = Field("staff", description="With a governed feed the key is a source id.")
    run_id: RunId | None = Field(None, description="That run alone; left out: the newest.")
    limit: Annotated[int, Field(ge=1, le=50)] = 5
    starting_after: RunId | None = Field(None, description="The `next` of the page before.")


class StepDocument(Answered):
    """One step of six."""

    step: StepName
    status: StepStatus
    description: str
    detail: dict[str, Any] = Field(description="The same as data; addresses are masked.")


class ExplainedRun(Answered):
    """What became of somebody in a run."""

    run_id: str
    plan_id: str | None
    file: str | None
    as_of: str | None
    state: RunState
    mode: RunMode
    created_at: str | None
    steps: list[StepDocument]


class ExplainedRuns(Listed):
    """Runs, newest first."""

    data: list[ExplainedRun]


class KnownPerson(Answered):
    """Somebody, with what is remembered of them from run to run."""

    employee_id: str | None
    ascip_id: int | None
    name: str | None
    email_masked: str | None
    link: dict[str, Any] | None
    last_seen: dict[str, Any] | None
    absent_since: str | None


class ExplanationDocument(Answered):
    """Somebody explained; `person` is null for a key that nothing here goes with.

    Of a governed feed there is `record` instead, with its version in force, and `by` is `source_id`.
    """

    by: KeyKind | Literal["source_id"]
    person: KnownPerson | None = None
    also: list[str] = Field([], description="Keys of others whom the same key means too.")
    record: dict[str, Any] | None = None
    runs: ExplainedRuns


class PersonDocument(KnownPerson):
    """Somebody as the newest file and the newest reading of ASCIP have them."""

    run_id: str = Field(description="The run that read both.")
    file: str | None
    rows: list[dict[str, Any]] = Field(description="As they are compared; addresses are masked.")
    ascip: dict[str, Any] | None
    actions: list[dict[str, Any]] = Field(description="Of the newest runs, the newest first.")


class ReferenceItem(Answered):
    """A group, bucket, role or time zone of ASCIP."""

    id: int
    name: str


class ReferenceDocument(Listed):
    """One list of reference data, as ASCIP had it at `read_at`."""

    data: list[ReferenceItem]
    read_at: str
