"""What people read, in pages: actions and facets of a plan, rows of a run, runs. Nothing is decided by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from shared.domain.action import Action, ActionStatus, Change, HeldReason, Kind
from shared.domain.audit import AuditVerb
from shared.domain.canonical import Json
from shared.domain.record import RecordStatus, RecordVersion
from shared.domain.run import Phase, Run, RunState
from shared.domain.shadow import ShadowReview
from shared.domain.violation import Violation
from shared.domain.work import GivenUp
from shared.ports.comparison import ActionPair, PlanComparison
from shared.ports.plans import ActionFilter, StoredAction

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """A part of a list, and how long the whole of it is."""

    items: Sequence[T]
    has_more: bool
    #: Of everything the filter lets through, whatever the page.
    total: int


class ActionSort(StrEnum):
    """Orders of a plan's actions; none of them changes when a status does."""

    POSITION = "position"  # the plan's own: kind, person, group
    PERSON = "person"
    #: Held in the plan, removals, changes of identity, weak matches, the rest.
    RISK = "risk"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOf:
    """Which part of a list is wanted; ``after`` is the id of the last item seen."""

    after: str | None = None
    limit: int = 100


class Facet(StrEnum):
    """What actions are counted by; the names of the filters."""

    KIND = "kind"
    CLASS = "class"
    STATUS = "status"
    HOLD = "hold"
    SITE = "site"
    GROUP = "group"
    FIELD = "field"
    MARK = "mark"


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetCount:
    """How many actions have a value; ``name`` is what people call it, where that differs."""

    value: str
    count: int
    name: str | None = None


class GroupBy(StrEnum):
    """What makes one group of a plan's actions."""

    CHANGE = "change"  # the same done to a field, or the same group joined or left
    SITE = "site"
    ACTION = "action"  # the kind
    FIELD = "field"
    MARK = "mark"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionGroup:
    """Actions that have something in common."""

    #: What the filter that opens it takes.
    key: str
    count: int
    held: int
    #: The first of them in the plan's order.
    first: Action
    #: What is identical, in groups of changes of a field.
    change: Change | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFilter:
    """Which rows of an extract to list; empty fields don't narrow."""

    #: Words of `shared.domain.books.ROW_OUTCOMES`.
    outcomes: Sequence[str] = ()
    #: Codes of violations, or reasons for being held.
    codes: Sequence[str] = ()
    #: Employee ids, in any case.
    people: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """What became of a row; never what stands in one that was not taken."""

    row: int
    line: int
    last_line: int
    #: Of a row that was not taken: only where the damage leaves a trustworthy one.
    employee_id: str | None
    #: As the books count it.
    outcome: str
    hold: HeldReason | None = None
    hold_detail: str | None = None
    violations: Sequence[Violation] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyRow:
    """A row that was not taken, and one thing that is wrong with it; never what stands in it."""

    row: int
    line: int
    last_line: int
    #: Only where the damage leaves a trustworthy one.
    source_id: str | None
    column: str | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultCount:
    """How many rows of a run break one rule."""

    code: str
    rows: int
    #: The same by column, most first; None is the row as a whole.
    columns: Sequence[tuple[str | None, int]]
    #: The first of them.
    first: Sequence[FaultyRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFilter:
    """Which governed records to list."""

    feed: str
    #: As they were at that time; None for now.
    at: datetime | None = None
    #: Empty for all.
    statuses: Sequence[RecordStatus] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs to list; empty fields don't narrow."""

    states: Sequence[RunState] = ()
    feeds: Sequence[str] = ()
    triggers: Sequence[str] = ()
    #: Ids of files: runs that read the same bytes.
    uploads: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run with what people look it up by; without the shield's material."""

    run: Run
    plan_id: str | None = None
    #: Phase and seconds, in order.
    phases: Sequence[tuple[str, float]] = ()
    #: Work of it that was given up and that nobody has led on.
    given_up: Sequence[GivenUp] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionError:
    """An action that ended otherwise than well."""

    action_id: str
    kind: Kind
    person_key: str
    status: ActionStatus
    code: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened to a run, as the audit has it."""

    #: Its place in the audit.
    sequence: int
    at: datetime
    actor: str
    verb: AuditVerb
    #: Codes, words of ours and counts; nothing of a person.
    detail: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseSpan:
    """From when to when a run was in a phase; a run that paused was in one more than once."""

    phase: Phase
    started_at: datetime
    ended_at: datetime | None

    def lasted_s(self, now: datetime) -> float:
        """For how long, until now if it goes on."""
        return max(0.0, ((self.ended_at or now) - self.started_at).total_seconds())


class Views(Protocol):
    """Lists for people; each page is one or two statements, however long the list."""

    def actions(
        self, plan_id: str, wanted: ActionFilter, page: PageOf, *, sort: ActionSort
    ) -> Page[StoredAction]:
        """Actions of a plan. Raises `NotFound` for an ``after`` that isn't one of its actions."""
        ...

    def facets(self, plan_id: str, wanted: ActionFilter) -> Mapping[Facet, Sequence[FacetCount]]:
        """Counts of a plan's actions, largest first; values no action has are left out."""
        ...

    def groups(
        self, plan_id: str, by: GroupBy, wanted: ActionFilter, page: PageOf
    ) -> Page[ActionGroup]:
        """Groups of a plan's actions, largest first; ``after`` is a group's key.

        An action may be in several groups, or in none (an action without a site). Raises `NotFound`
        for an ``after`` that isn't the key of one of them.
        """
        ...

    def compare(self, plan_a: str | None, plan_b: str | None) -> PlanComparison:
        """Two plans by their action ids; None is a plan without actions."""
        ...

    def differing(self, plan_a: str | None, plan_b: str | None, page: PageOf) -> Page[ActionPair]:
        """Actions that not both have alike, those only in A first; ``after`` is an action's id.

        Raises `NotFound` for an ``after`` that isn't one of them.
        """
        ...

    def rows(self, run_id: str, wanted: RowFilter, page: PageOf) -> Page[RowView]:
        """Accepted and quarantined rows in their order; ``after`` is a row's number."""
        ...

    def faults(self, run_id: str, *, first: int) -> list[FaultCount]:
        """Rules that rows of a run break, those of most rows first, each with its ``first`` few."""
        ...

    def records(self, wanted: RecordFilter, page: PageOf) -> Page[RecordVersion]:
        """Versions in force, in order of source id; ``after`` is a source id."""
        ...

    def runs(self, wanted: RunFilter, page: PageOf) -> Page[RunView]:
        """Runs, newest first. Raises `NotFound` for an ``after`` that isn't a run."""
        ...

    def run(self, run_id: str) -> RunView:
        """One run. Raises `NotFound`."""
        ...

    def shadow(self, feed: str, *, days: int, most: int) -> ShadowReview:
        """What plans made in shadow mode in the last days would have done; lists ``most`` who would leave."""
        ...

    def errors(self, plan_id: str, *, unknown_from: int, limit: int) -> list[ActionError]:
        """The newest failed or conflicting actions, or unknown after so many attempts; oldest first."""
        ...

    def timeline(self, run_id: str, page: PageOf) -> Page[Happening]:
        """What happened to a run, in order; ``after`` is a sequence number."""
        ...

    def phase_spans(self, run_id: str) -> list[PhaseSpan]:
        """When a run was in which phase, in order."""
        ...
