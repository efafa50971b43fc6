"""One run looked at closely: how far it is, and at its end the account of it. Writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shared.domain.action import ActionStatus, HeldReason, Kind
from shared.domain.books import Books
from shared.domain.run import Phase, RunState, TargetName
from shared.domain.work import GivenUp
from shared.pipeline.look import Progress, Timeline, progress_in
from shared.pipeline.report import books_of
from shared.pipeline.tools import Tools
from shared.ports.comments import Comment
from shared.ports.plans import ActionFilter, StoredAction, StoredPlan, StoredReview, Verification
from shared.ports.reversals import LeftOutFor, TakenBack
from shared.ports.trends import ReasonCount
from shared.ports.unit_of_work import UnitOfWork
from shared.ports.views import ActionSort, Facet, FacetCount, PageOf, PhaseSpan

#: Held actions that an account names; the plan lists all of them.
MOST_NAMED = 25
#: States in which a run calls its target.
_CALLING = frozenset({RunState.FETCHING, RunState.APPLYING})
_NOT_OURS = frozenset({ActionStatus.HELD, ActionStatus.NOT_APPROVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLook:
    """How far a run is, kind by kind and phase by phase."""

    now: Progress
    plan: StoredPlan | None
    kinds: Mapping[tuple[Kind, ActionStatus], int]
    spans: Sequence[PhaseSpan]
    #: Whether it has written something, or may have.
    wrote: bool
    #: Runs that take it back.
    reversals: Sequence[TakenBack]
    #: Seconds until a run that waits for its target is tried again; None of one that doesn't.
    wait_s: float | None
    #: Work of it that was given up and that nobody has led on.
    given_up: Sequence[GivenUp] = ()
    #: Seconds for which its target may not be called, while it works.
    held_s: float = 0.0

    @property
    def phase(self) -> Phase | None:
        """What is being done now; None while nothing is."""
        return self.spans[-1].phase if self.spans and not self.spans[-1].ended_at else None

    def count(self, *statuses: ActionStatus) -> int:
        """Actions of the plan that stand so."""
        return sum(self.now.statuses.get(status, 0) for status in statuses)

    @property
    def approved(self) -> int:
        """Actions that are neither held nor left out."""
        return sum(n for status, n in self.now.statuses.items() if status not in _NOT_OURS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What became of a run."""

    look: RunLook
    books: Books | None
    read_again: Verification
    #: Why actions ended otherwise than well.
    reasons: Sequence[ReasonCount]
    #: Why actions are held, and the first of them.
    holds: Sequence[FacetCount]
    held: Sequence[StoredAction]
    #: Rows of the extract that are held, by reason.
    held_rows: Mapping[HeldReason, int]
    review: StoredReview | None
    comments: Sequence[Comment]
    timeline: Timeline
    #: Of a run that takes another one back: of whom it takes nothing back.
    left_out: Sequence[LeftOutFor]


def look_at_run(tools: Tools, run_id: str) -> RunLook:
    """How far it is. Raises `NotFound`."""
    with tools.transactions.begin() as uow:
        look = _look(uow, run_id)
    if look.now.run.state not in _CALLING or look.now.run.target is not TargetName.ASCIP:
        return look
    return replace(look, held_s=tools.target.held_s())


def account_of(tools: Tools, run_id: str, page: PageOf) -> Account:
    """What became of it, with a page of its timeline. Raises `NotFound`."""
    with tools.transactions.begin() as uow:
        look = _look(uow, run_id)
        plan, run = look.plan, look.now.run
        held = ActionFilter(statuses=[ActionStatus.HELD])
        rows = [row.reason for row in uow.extracts.held_rows(run_id)]
        first = PageOf(limit=MOST_NAMED)
        return Account(
            look=look,
            books=books_of(uow, run, plan),
            read_again=uow.plans.verification(plan.id) if plan else Verification(),
            reasons=uow.trends.reasons(plan.id) if plan else (),
            holds=uow.views.facets(plan.id, held)[Facet.HOLD] if plan else (),
            held=uow.views.actions(plan.id, held, first, sort=ActionSort.RISK).items if plan else (),
            held_rows={reason: rows.count(reason) for reason in sorted(set(rows))},
            review=uow.plans.review_of(plan.id) if plan else None,
            comments=uow.comments.of_plan(plan.id) if plan else (),
            timeline=Timeline(
                happenings=uow.views.timeline(run_id, page), phases=look.spans
            ),
            left_out=uow.reversals.left_out_by_reason(run_id) if run.reverts else (),
        )  # fmt: skip


def _look(uow: UnitOfWork, run_id: str) -> RunLook:
    now = progress_in(uow, run_id)
    plan = uow.plans.of_run(run_id)
    return RunLook(
        now=now, plan=plan, kinds=uow.plans.kind_counts(plan.id) if plan else {},
        spans=uow.views.phase_spans(run_id), wrote=uow.reversals.anything_done(run_id),
        reversals=uow.reversals.of(run_id),
        wait_s=uow.runs.wait_left_s(run_id) if now.run.goes_on_at else None,
        given_up=uow.work.given_up(run_id),
    )  # fmt: skip
