"""Bodies that are sent and answered: the edge where JSON becomes the engine's own words."""

from typing import Annotated, Any, Literal, Self

from fastapi import Path
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)

from shared.domain.access import KeyKind, Role, Scope
from shared.domain.action import ActionClass
from shared.domain.review import Decision, Release, Review, Select
from shared.domain.run import RunMode, RunState
from shared.domain.work import WorkKind

#: Text that PostgreSQL can hold: no NUL.
Words = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00]+$")]
#: Any id of ours, in an address.
Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_]{1,64}$")]
UploadId = Annotated[str, StringConstraints(pattern=r"^upl_[0-9A-Z]{1,32}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^(sha256:)?[0-9a-fA-F]{1,64}$")]

DIGEST_EXAMPLE = "sha256:" + "9f3c" * 16


class Sent(BaseModel):
    """A body that is sent: what isn't known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answered(BaseModel):
    """A body that is answered; minor versions add to it."""

    model_config = ConfigDict(extra="allow")


class NewRun(Sent):
    """What is wanted of an upload; `drift` compares with what was applied last, and takes no upload."""

    upload_id: UploadId | None = Field(None, examples=["upl_7QK2M0XW3F9A"])
    mode: Literal[RunMode.PLAN, RunMode.PLAN_AND_APPLY, RunMode.DRIFT] = RunMode.PLAN
    force: bool = Field(default=False, description="Plan even if nothing has changed.")

    @model_validator(mode="after")
    def _of_what(self) -> Self:
        if (self.upload_id is None) != (self.mode is RunMode.DRIFT):
            raise ValueError(
                "upload_id goes with the modes plan and plan_and_apply, and with no other"
            )
        return self


class SentSelect(Sent):
    """Which actions an approval takes; an empty list doesn't narrow."""

    classes: list[ActionClass] = []
    sites: list[Name] = []
    people: list[Name] = []
    exclude: list[Name] = []


class SentRelease(Sent):
    """Lifts what is held of a class; `count` is the number it lifts."""

    action_class: ActionClass = Field(alias="class")
    count: Annotated[int, Field(ge=0, le=10_000_000)]
    reason: Words
    people: list[Name] = []


_REVIEWS: list[JsonValue] = [
    {"decision": "approve", "plan_digest": DIGEST_EXAMPLE},
    {
        "decision": "approve",
        "plan_digest": DIGEST_EXAMPLE,
        "select": {"classes": ["adds", "updates"]},
        "releases": [{"class": "removals", "count": 62, "reason": "school closed in June"}],
        "comment": "checked with HR",
    },
]


class NewReview(Sent):
    """A decision about a plan; it names the digest it was made for."""

    model_config = ConfigDict(json_schema_extra={"examples": _REVIEWS})

    decision: Decision
    plan_digest: Digest
    select: SentSelect = SentSelect()
    releases: list[SentRelease] = []
    comment: Words = ""

    def to_review(self) -> Review:
        """In the engine's words."""
        return Review(
            decision=self.decision,
            plan_digest=self.plan_digest.removeprefix("sha256:").lower(),
            select=Select(
                classes=tuple(self.select.classes), sites=tuple(self.select.sites),
                people=tuple(self.select.people), exclude=tuple(self.select.exclude),
            ),
            releases=tuple(
                Release(
                    action_class=r.action_class, count=r.count, reason=r.reason, people=tuple(r.people)
                )
                for r in self.releases
            ),
            comment=self.comment,
        )  # fmt: skip


class NewComment(Sent):
    """Something worth keeping; it may be read by whoever sees what it is about."""

    text: Words = Field(min_length=1, examples=["HR confirms that the annex closes on Friday."])


class ApplyOrder(Sent):
    """Names the plan that was approved, so that no other is applied."""

    plan_digest: Digest = Field(examples=[DIGEST_EXAMPLE])


class NewApiKey(Sent):
    """A user's key, or a program's with scopes of its own."""

    name: Name = Field(examples=["HR upload"])
    user: Name | None = Field(None, examples=["kim"])
    scopes: list[Scope] = Field(default=[], examples=[["runs:read", "runs:write"]])
    expires_at: AwareDatetime | None = None


class UserRoles(Sent):
    """What a user is."""

    roles: list[Role] = Field(description="From now on; with none, the user's keys open nothing.")


UPLOAD_EXAMPLE: dict[str, JsonValue] = {
    "id": "upl_7QK2M0XW3F9A",
    "feed": "staff",
    "name": "staff_2026-11-20.csv",
    "sha256": "9f3c" * 16,
    "size_bytes": 612345,
}


class UploadDocument(Answered):
    """A landed file."""

    model_config = ConfigDict(json_schema_extra={"examples": [UPLOAD_EXAMPLE]})
    id: str
    feed: str
    name: str
    sha256: str
    size_bytes: int


class GivenUpDocument(Answered):
    """Work of a run that was given up after too many attempts, and that nobody has led on since."""

    work: WorkKind
    code: str = Field(examples=["worker_lost"])
    attempts: int
    at: str


class RunDocument(Answered):
    """A run: where it stands, what it read, who acts next."""

    id: str = Field(examples=["run_7QK2M0XW3F9A"])
    plan_id: str | None
    upload_id: str | None = Field(description="The file it reads.")
    file: str | None
    feed: str
    state: RunState
    reason: str | None
    detail: str | None
    trigger: str
    actor: str
    mode: RunMode
    as_of: str | None
    counts: dict[str, int]
    books: dict[str, Any] | None
    clean: bool | None = Field(description="Whether it left nothing behind; none before its end.")
    superseded_by: str | None
    reverts: str | None = Field(description="The run that it takes back.")
    goes_on_at: str | None
    archive: str | None = Field(description="Its id once its reports are written.")
    created_at: str | None
    ended_at: str | None
    next_actor: str
    next_step: str
    phases: dict[str, str]
    given_up: list[GivenUpDocument]


class PlanDocument(Answered):
    """A plan; its actions are a list of their own."""

    id: str = Field(examples=["pln_7QK2M0XW3F9A"])
    run_id: str
    digest: str = Field(examples=[DIGEST_EXAMPLE])
    state: RunState
    applyable: bool
    held_classes: list[ActionClass]
    feed: str
    as_of: str
    summary: dict[str, int]
    gates: list[dict[str, Any]]
    created_at: str
    expires_at: str | None
    next_actor: str
    next_step: str
    review: dict[str, Any] | None = Field(description="Who decided what, as it was sent.")
    comments: list[dict[str, Any]] = Field(description="What people wrote about it.")


class ReviewDocument(Answered):
    """A decision as it stands."""

    plan_id: str
    run_id: str
    decision: Decision
    actor: str
    state: RunState
    actions: dict[str, int] = Field(description="Actions of the plan by status.")


class KeyDocument(Answered):
    """A key; `key`, its secret, only in the answer that made it."""

    id: str
    kind: KeyKind
    name: str
    user: str | None
    scopes: list[Scope]
    created_by: str
    created_at: str | None
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None


class ProblemPlace(BaseModel):
    """What is wrong at one place of the request."""

    pointer: str
    code: str
    detail: str


class ProblemDocument(BaseModel):
    """A problem (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str
    request_id: str
    retryable: bool
    help_url: str
    errors: list[ProblemPlace]


class Listed(Answered):
    """A page of a list."""

    has_more: bool
    next: str | None = Field(description="`starting_after` of the next page.")
    total: int | None


class RunList(Listed):
    """Runs, newest first."""

    data: list[RunDocument]


class RowError(Answered):
    """What is wrong with a row; never the value."""

    file: str | None
    row: int
    line: int
    column: str | None
    code: str
    error_class: str | None = Field(alias="class")
    severity: str
    detail: str


class RowDocument(Answered):
    """A row of an extract, and what became of it."""

    row: int
    line: int
    employee_id: str | None
    outcome: str
    errors: list[RowError]


class RowList(Listed):
    """Rows of a run, in their order."""

    data: list[RowDocument]


class ReportFile(Answered):
    """A file of a run's archive."""

    name: str = Field(examples=["exceptions/quarantined.csv"])
    size_bytes: int
    sha256: str


class ReportList(Answered):
    """The files of a run's archive; none while the run goes on."""

    data: list[ReportFile]
