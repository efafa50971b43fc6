"""Read what is stored, for people and programs. Writes nothing; `documents` says it in JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from shared.domain.action import ActionStatus, Kind
from shared.domain.audit import ExportedEntry
from shared.domain.errors import NotFound
from shared.domain.held_rows import HeldRow
from shared.domain.run import Run, RunState
from shared.domain.work import AT_ACTIONS, WorkKind
from shared.pipeline.carry_out import MAX_ATTEMPTS
from shared.pipeline.tools import Tools
from shared.ports.comments import Comment
from shared.ports.extracts import QuarantineEntry
from shared.ports.plans import ActionFilter, StoredAction, StoredPlan, StoredReview
from shared.ports.reversals import LeftOutFor
from shared.ports.unit_of_work import UnitOfWork
from shared.ports.views import (
    ActionError,
    ActionGroup,
    ActionSort,
    Facet,
    FacetCount,
    GroupBy,
    Happening,
    Page,
    PageOf,
    PhaseSpan,
    RunFilter,
    RunView,
)

_DONE = frozenset(
    {ActionStatus.SUCCEEDED, ActionStatus.CONFLICT, ActionStatus.FAILED, ActionStatus.NOT_ATTEMPTED}
)
_LEFT = frozenset({ActionStatus.PLANNED, ActionStatus.ATTEMPTING, ActionStatus.UNKNOWN})
_ERRORS = frozenset({ActionStatus.FAILED, ActionStatus.CONFLICT, ActionStatus.UNKNOWN})
#: Errors that progress tells of; the plan's actions have all of them.
MOST_ERRORS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is: people read while fetching, actions done while applying."""

    run: Run
    done: int
    total: int
    statuses: dict[ActionStatus, int]
    reported: bool
    #: The newest of the actions that ended otherwise than well, oldest first.
    errors: Sequence[ActionError] = ()


def progress(tools: Tools, run_id: str) -> Progress:
    """Where a run stands now."""
    with tools.transactions.begin() as uow:
        return progress_in(uow, run_id)


def progress_in(uow: UnitOfWork, run_id: str) -> Progress:
    """`progress` in a transaction that is under way."""
    run = uow.runs.get(run_id)
    if run.state is RunState.FETCHING:
        done, total = uow.snapshots.progress(run_id)
        return Progress(run=run, done=done, total=total, statuses={}, reported=False)
    plan = uow.plans.of_run(run_id)
    statuses = uow.plans.status_counts(plan.id) if plan else {}
    done = sum(statuses.get(status, 0) for status in _DONE)
    return Progress(
        run=run, done=done, total=done + sum(statuses.get(status, 0) for status in _LEFT),
        statuses=statuses, reported=_reported(uow, run),
        errors=_errors(uow, plan.id, run.state) if plan and _ERRORS & statuses.keys() else (),
    )  # fmt: skip


def _reported(uow: UnitOfWork, run: Run) -> bool:
    """Whether its reports are written, or nobody will write them any more.

    Of a canceled run they are ordered when the last call in flight has come back.
    """
    return run.archive is not None or not uow.work.open_count(run.id, WorkKind.REPORT, *AT_ACTIONS)


def _errors(uow: UnitOfWork, plan_id: str, state: RunState) -> list[ActionError]:
    """While the run goes on, an unknown action is settled by its next attempt: it has not ended."""
    goes_on = state in (RunState.APPLYING, RunState.PAUSED)
    return uow.views.errors(plan_id, unknown_from=MAX_ATTEMPTS if goes_on else 0, limit=MOST_ERRORS)


def view_run(tools: Tools, run_id: str | None) -> RunView:
    """A run by its id, or the newest. Raises `NotFound`."""
    with tools.transactions.begin() as uow:
        if run_id is not None:
            return uow.views.run(run_id)
        newest = uow.views.runs(RunFilter(), PageOf(limit=1)).items
    if not newest:
        raise NotFound("There are no runs yet. Begin with `ascip-sync plan --csv FILE`.")
    return newest[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What happened to a run."""

    happenings: Page[Happening]
    phases: Sequence[PhaseSpan]


def timeline(tools: Tools, run_id: str, page: PageOf) -> Timeline:
    """A page of what happened to a run, oldest first, and its phases. Raises `NotFound`."""
    with tools.transactions.begin() as uow:
        uow.runs.get(run_id)
        found = uow.views.timeline(run_id, page)
        return Timeline(happenings=found, phases=uow.views.phase_spans(run_id))


def list_runs(tools: Tools, wanted: RunFilter, page: PageOf) -> Page[RunView]:
    """Runs, newest first. Raises `NotFound` for an ``after`` that isn't a run."""
    with tools.transactions.begin() as uow:
        return uow.views.runs(wanted, page)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """A plan with what stands around it."""

    plan: StoredPlan
    run: Run
    review: StoredReview | None
    comments: Sequence[Comment]
    file_name: str
    #: None of a run that reads no file: one that takes another back.
    file_sha256: str | None
    kind_counts: dict[tuple[Kind, ActionStatus], int]
    phases: list[tuple[str, float]]
    held_rows: list[HeldRow]
    #: Held rows that have something to apply all the same (one change of several is held).
    pending_rows: frozenset[int]
    #: Of a run that takes another one back: of whom it takes nothing back.
    left_out: Sequence[LeftOutFor] = ()


def view_plan(tools: Tools, plan_or_run_id: str) -> PlanView:
    """A plan by its id or its run's. Raises `NotFound`."""
    with tools.transactions.begin() as uow:
        plan = plan_of(uow, plan_or_run_id)
        run = uow.runs.get(plan.run_id)
        upload = uow.runs.upload(run.upload_id) if run.upload_id else None
        return PlanView(
            plan=plan, run=run, review=uow.plans.review_of(plan.id),
            comments=uow.comments.of_plan(plan.id), file_name=run.file_name or "",
            file_sha256=upload.sha256 if upload else None, kind_counts=uow.plans.kind_counts(plan.id),
            phases=uow.runs.phases(run.id), held_rows=uow.extracts.held_rows(run.id),
            pending_rows=uow.extracts.pending_rows(run.id),
            left_out=uow.reversals.left_out_by_reason(run.id) if run.reverts else (),
        )  # fmt: skip


def plan_of(uow: UnitOfWork, plan_or_run_id: str) -> StoredPlan:
    """A plan by its id or its run's. Raises `NotFound`."""
    if not plan_or_run_id.startswith("run_"):
        return uow.plans.get(plan_or_run_id)
    run, plan = uow.runs.get(plan_or_run_id), uow.plans.of_run(plan_or_run_id)
    if plan is None:
        raise NotFound(
            f"Run {run.id} has no plan: it is {run.state_and_reason}."
            f" ascip-sync status {run.id} says why."
        )
    return plan


def plan_actions(
    tools: Tools, plan_id: str, wanted: ActionFilter | None = None
) -> Iterator[StoredAction]:
    """Actions of a plan, in its order."""
    with tools.transactions.begin() as uow:
        yield from uow.plans.actions(plan_id, wanted or ActionFilter())


def searched(wanted: ActionFilter, text: str) -> ActionFilter:
    """Narrow a filter by what somebody typed.

    `row:N` names a row of the extract. Anything else is part of an employee id, of a masked email or
    of a name, or a whole email address; capitals make no difference.
    """
    word, _, number = text.strip().partition(":")
    if word.casefold() == "row" and number.isascii() and number.isdigit():
        return replace(wanted, rows=(*wanted.rows, int(number[:18])))
    return replace(wanted, text=text.strip())


def page_actions(
    tools: Tools,
    plan_id: str,
    wanted: ActionFilter,
    page: PageOf,
    *,
    sort: ActionSort = ActionSort.POSITION,
) -> Page[StoredAction]:
    """A page of a plan's actions. Raises `NotFound` for the plan and for what is not its action."""
    with tools.transactions.begin() as uow:
        uow.plans.get(plan_id)
        return uow.views.actions(plan_id, wanted, page, sort=sort)


def count_actions(
    tools: Tools, plan_id: str, wanted: ActionFilter
) -> Mapping[Facet, Sequence[FacetCount]]:
    """A plan's actions, counted by each facet. Raises `NotFound`."""
    with tools.transactions.begin() as uow:
        uow.plans.get(plan_id)
        return uow.views.facets(plan_id, wanted)


def group_actions(
    tools: Tools, plan_id: str, by: GroupBy, wanted: ActionFilter, page: PageOf
) -> Page[ActionGroup]:
    """A plan's actions in groups, largest first. Raises `NotFound`."""
    with tools.transactions.begin() as uow:
        uow.plans.get(plan_id)
        return uow.views.groups(plan_id, by, wanted, page)


def quarantined(tools: Tools, plan_or_run_id: str) -> tuple[Run, list[QuarantineEntry]]:
    """A run, by its id or its plan's, with its rows that were not taken; it need not have a plan.

    Raises `NotFound`.
    """
    with tools.transactions.begin() as uow:
        by_run = plan_or_run_id.startswith("run_")
        run = uow.runs.get(plan_or_run_id if by_run else uow.plans.get(plan_or_run_id).run_id)
        return run, uow.extracts.quarantine(run.id)


def audit_entries(tools: Tools, run_id: str | None, limit: int | None) -> Iterator[ExportedEntry]:
    """The audit, in order."""
    with tools.transactions.begin() as uow:
        yield from uow.audit.entries(run_id=run_id, limit=limit)
