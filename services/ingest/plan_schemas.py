"""What is answered about what is in a plan: actions, groups, two plans side by side, a timeline."""

from typing import Any

from pydantic import Field

from services.ingest.schemas import Answered, Listed
from shared.domain.action import ActionClass, ActionStatus, HeldReason, Kind, Mark
from shared.domain.audit import AuditVerb
from shared.domain.gate_rules import GateName
from shared.domain.gates import Verdict
from shared.ports.target import Mismatch
from shared.ports.views import GroupBy


class ActionDocument(Answered):
    """One change of a plan, and what became of it."""

    id: str = Field(examples=["act_5d1f0c9e7a42b386"])
    kind: Kind
    action_class: ActionClass = Field(alias="class")
    #: Null in a plan of governed records, as `record` is in one of people.
    person: dict[str, Any] | None
    record: dict[str, Any] | None
    group: dict[str, Any] | None
    source: dict[str, Any]
    match: dict[str, Any]
    marks: list[Mark]
    changes: list[dict[str, Any]]
    depends_on: list[str]
    status: ActionStatus
    hold: HeldReason | None
    reason: str
    outcome: str | None
    #: Who has the email or username already that an add or update was refused.
    holder_id: int | None
    verified_at: str | None
    mismatch: Mismatch | None


class ActionList(Listed):
    """Actions of a plan."""

    data: list[ActionDocument]


class GroupDocument(Answered):
    """Actions that have something in common; `key` is what the filter of that name takes."""

    by: GroupBy
    key: str
    count: int
    held: int
    kind: Kind | None = Field(description="Of identical changes, as `group` and `change`.")
    group: dict[str, Any] | None
    change: dict[str, Any] | None


class GroupList(Listed):
    """Groups of a plan's actions, largest first."""

    data: list[GroupDocument]


class ComparisonDocument(Answered):
    """Two runs side by side."""

    a: dict[str, Any]
    b: dict[str, Any]
    same: dict[str, bool | None]
    people: dict[str, Any] | None = Field(
        description="Who came, went and changed from A's reading of ASCIP to B's, and which fields."
    )
    counts: list[dict[str, Any]]
    gates: list[dict[str, Any]]
    actions: dict[str, Any] = Field(description="Those that differ, in pages.")


class CommentDocument(Answered):
    """What somebody wrote about a plan."""

    id: str = Field(examples=["com_7QK2M0XW3F9A"])
    at: str
    actor: str
    text: str


class GateDocument(Answered):
    """A limit with its verdict: it trips when `value` reaches `limit`."""

    gate: GateName
    #: The first of `classes`.
    action_class: ActionClass = Field(alias="class")
    classes: list[ActionClass]
    site: str | None
    limit: int
    value: int
    verdict: Verdict
    population: int | None


class JudgedGates(Answered):
    """Every limit of a plan."""

    plan_id: str
    gates: list[GateDocument]


class FacetCountDocument(Answered):
    """How many actions have a value."""

    value: str
    name: str | None
    count: int


class RehearsalDocument(Answered):
    """What would be otherwise under another mapping: counts today and then, and whose actions differ."""

    file: str
    ascip_read_at: str
    same: bool
    kinds: dict[str, dict[str, int]]
    classes: dict[str, dict[str, int]]
    holds: dict[str, dict[str, int]]
    held_rows: dict[str, dict[str, int]]
    people: list[dict[str, Any]]


class HappeningDocument(Answered):
    """Something that happened to a run."""

    sequence: int = Field(description="Its place in the audit.")
    at: str
    actor: str
    event: AuditVerb
    detail: dict[str, Any]


class TimelineDocument(Listed):
    """What happened to a run, oldest first."""

    data: list[HappeningDocument]
    phases: list[dict[str, str | None]]
