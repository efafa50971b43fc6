"""What one run has of somebody, gathered for an explanation."""

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace
from typing import cast

from shared.domain.canonical import Json
from shared.domain.diff import has_left
from shared.domain.errors import NotFound
from shared.domain.explanation import Step, StepName, StepStatus
from shared.domain.mapping import Mapping, parse_mapping
from shared.domain.mapping_drift import usable
from shared.domain.reversal import LeftOut
from shared.domain.run import Run, RunState
from shared.domain.snapshot import Person, Reference, reference_from_json
from shared.domain.staff import StaffRecord
from shared.domain.staff_merge import merged
from shared.domain.violation import Violation
from shared.ports.people import Known, TakenRow, Trace
from shared.ports.plans import StoredPlan, StoredReview
from shared.ports.unit_of_work import UnitOfWork
from shared.ports.views import Page, PageOf, RunFilter, RunView

#: Columns and fields that an address or a login stands in: nobody is shown more than its first letter.
MASKED = frozenset({"work_email", "email", "username", "personal_email"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Unstored:
    """A row that is stored nowhere but in the file: not ours by a rule, or without a certain id."""

    row: int
    line: int
    #: The column whose value excludes it; None for a row that was not taken, which has faults.
    column: str | None = None
    faults: Sequence[Violation] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Everything that one run has of somebody, and what it was planned with."""

    run: Run
    trace: Trace
    plan: StoredPlan | None
    review: StoredReview | None
    #: As far as it could be used; None where the run has no plan.
    mapping: Mapping | None = None
    reference: Reference | None = None
    #: Whether values of the file mark one of several rows as the primary one.
    marked: bool = False
    unstored: Unstored | None = None
    #: Why a run that takes another one back takes nothing of theirs back.
    left_out: LeftOut | None = None
    #: Column → text as it stands in the file, where tidying changed it.
    written: MappingOf[str, str] = field(default_factory=dict)

    @property
    def record(self) -> StaffRecord | None:
        """What their row says; of several rows what they say together, as the plan took them."""
        records = [row.record for row in self.trace.rows]
        if len(records) < 2 or self.run.as_of is None:  # one speaks for itself
            return records[0] if records else None
        return merged(records, self.run.as_of, primary_only=self.delta and self.marked).records[0]

    @property
    def row(self) -> TakenRow | None:
        """The row of that record, and what became of it."""
        record = self.record
        return next(
            (row for row in self.trace.rows if record and row.record.row == record.row), None
        )

    @property
    def person(self) -> Person | None:
        """As ASCIP had them."""
        return self.trace.reading.person if self.trace.reading else None

    @property
    def delta(self) -> bool:
        """Whether absence from the file means nothing."""
        return bool(self.plan and self.plan.facts.get("mode") == "delta")

    @property
    def left(self) -> bool:
        """Whether their own row says that they have left."""
        day = self.run.as_of
        return bool(self.record and day and has_left(self.record, day))


def ground_of(uow: UnitOfWork, run: Run, who: Known, *, marked: bool) -> Ground:
    """Read it; the mapping as this very run used it."""
    plan = uow.plans.of_run(run.id)
    ground = Ground(
        run=run, trace=uow.people.trace(run.id, who), plan=plan,
        review=uow.plans.review_of(plan.id) if plan else None, marked=marked,
        left_out=_left_out(uow, run, who),
    )  # fmt: skip
    if plan is None:
        return ground
    reference = reference_from_json(uow.snapshots.reference(plan.snapshot_id))
    mapping = parse_mapping(uow.mappings.body(run.mapping_sha256))
    former = cast("dict[str, str]", plan.facts.get("former_groups", {}))
    used = replace(mapping, former_groups={int(id_): name for id_, name in former.items()})
    return replace(ground, reference=reference, mapping=usable(used, reference))


def _left_out(uow: UnitOfWork, run: Run, who: Known) -> LeftOut | None:
    asked = run.reverts is not None and who.ascip_id is not None
    return uow.reversals.left_out_person(run.id, who.ascip_id or 0) if asked else None


def step(
    name: StepName, status: StepStatus, words: Iterable[str], detail: dict[str, Json] | None = None
) -> Step:
    """One step."""
    return Step(name=name, status=status, words=tuple(words), detail=detail or {})


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedRun:
    """The six steps in one run."""

    run: Run
    plan_id: str | None
    steps: tuple[Step, ...]


#: Runs in these states have read nothing, or say what the run before them says.
_SILENT = frozenset(
    {RunState.QUEUED, RunState.VALIDATING, RunState.SKIPPED_UNCHANGED, RunState.REJECTED_INPUT}
)
_TOLD = tuple(state for state in RunState if state not in _SILENT)


def told_runs(uow: UnitOfWork, feed: str, page: PageOf, run_id: str | None) -> Page[RunView]:
    """The runs of a feed in which something is explained: one, or a page of the newest.

    Raises:
        NotFound: there is no such run of this feed, or none at all.
    """
    if run_id is not None:
        view = uow.views.run(run_id)
        if view.run.feed != feed:
            raise NotFound(f"{run_id} is no run of {feed} but of {view.run.feed}.")
        return Page(items=[view], has_more=False, total=1)
    runs = uow.views.runs(RunFilter(feeds=[feed], states=_TOLD), page)
    if not runs.items:
        raise NotFound(
            f"There is no earlier run of {feed} than {page.after}."
            if page.after
            else f"No run has read a file of {feed} yet. Begin with `ascip-sync plan --csv FILE`."
        )
    return runs
