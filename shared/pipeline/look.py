"""Read what is stored, for people and programs: the same documents on every surface. Writes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.domain.action import ActionStatus, Kind
from shared.domain.audit import ExportedEntry
from shared.domain.canonical import Json
from shared.domain.errors import NotFound
from shared.domain.plan import HeldRow
from shared.domain.run import Run, RunState
from shared.pipeline.tools import Tools
from shared.ports.extracts import QuarantineEntry
from shared.ports.plans import ActionFilter, StoredAction, StoredPlan, StoredReview
from shared.ports.unit_of_work import UnitOfWork

_DONE = frozenset(
    {ActionStatus.SUCCEEDED, ActionStatus.CONFLICT, ActionStatus.FAILED, ActionStatus.NOT_ATTEMPTED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is: people read while fetching, actions done while applying."""

    run: Run
    done: int
    total: int
    statuses: dict[ActionStatus, int]
    reported: bool


def progress(tools: Tools, run_id: str) -> Progress:
    """Where a run stands now."""
    with tools.transactions.begin() as uow:
        run = uow.runs.get(run_id)
        statuses: dict[ActionStatus, int] = {}
        done = total = 0
        if run.state is RunState.FETCHING:
            done, total = uow.snapshots.progress(run_id)
        elif plan := uow.plans.of_run(run_id):
            statuses = uow.plans.status_counts(plan.id)
            done = sum(statuses.get(status, 0) for status in _DONE)
            left = (ActionStatus.PLANNED, ActionStatus.ATTEMPTING, ActionStatus.UNKNOWN)
            total = done + sum(statuses.get(status, 0) for status in left)
        return Progress(
            run=run, done=done, total=total, statuses=statuses, reported=run.archive is not None
        )


def find_run(tools: Tools, run_id: str | None) -> Run:
    """A run by its id, or the newest. Raises `NotFound`."""
    with tools.transactions.begin() as uow:
        if run_id is not None:
            return uow.runs.get(run_id)
        newest = uow.runs.newest(limit=1)
    if not newest:
        raise NotFound("There are no runs yet. Begin with `ascip-sync plan --csv FILE`.")
    return newest[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run with what people look it up by."""

    run: Run
    file_name: str | None
    plan_id: str | None
    phases: list[tuple[str, float]]


def view_run(tools: Tools, run_id: str | None) -> RunView:
    """A run by its id, or the newest. Raises `NotFound`."""
    run = find_run(tools, run_id)
    with tools.transactions.begin() as uow:
        return _run_view(uow, run)


def newest_runs(tools: Tools, limit: int) -> list[RunView]:
    """Runs, newest first."""
    with tools.transactions.begin() as uow:
        return [_run_view(uow, run) for run in uow.runs.newest(limit=limit)]


def _run_view(uow: UnitOfWork, run: Run) -> RunView:
    plan = uow.plans.of_run(run.id)
    return RunView(
        run=run, file_name=run.file_name,
        plan_id=plan.id if plan else None, phases=uow.runs.phases(run.id),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """A plan with what stands around it."""

    plan: StoredPlan
    run: Run
    review: StoredReview | None
    file_name: str
    file_sha256: str
    kind_counts: dict[tuple[Kind, ActionStatus], int]
    phases: list[tuple[str, float]]
    held_rows: list[HeldRow]
    #: Held rows that have something to apply all the same (one change of several is held).
    pending_rows: frozenset[int]


def view_plan(tools: Tools, plan_or_run_id: str) -> PlanView:
    """A plan by its id or its run's. Raises `NotFound`."""
    with tools.transactions.begin() as uow:
        plan = uow.plans.of_run(plan_or_run_id) if plan_or_run_id.startswith("run_") else None
        plan = plan or uow.plans.get(plan_or_run_id)
        run = uow.runs.get(plan.run_id)
        upload = uow.runs.upload(run.upload_id or "")
        return PlanView(
            plan=plan, run=run, review=uow.plans.review_of(plan.id), file_name=run.file_name or "",
            file_sha256=upload.sha256, kind_counts=uow.plans.kind_counts(plan.id),
            phases=uow.runs.phases(run.id), held_rows=uow.extracts.held_rows(run.id),
            pending_rows=uow.extracts.pending_rows(run.id),
        )  # fmt: skip


def plan_actions(
    tools: Tools, plan_id: str, wanted: ActionFilter | None = None
) -> Iterator[StoredAction]:
    """Actions of a plan, in its order."""
    with tools.transactions.begin() as uow:
        yield from uow.plans.actions(plan_id, wanted or ActionFilter())


def quarantined(tools: Tools, run_id: str) -> list[QuarantineEntry]:
    """Rows that were not taken."""
    with tools.transactions.begin() as uow:
        return uow.extracts.quarantine(run_id)


def audit_entries(tools: Tools, run_id: str | None, limit: int | None) -> Iterator[ExportedEntry]:
    """The audit, in order."""
    with tools.transactions.begin() as uow:
        yield from uow.audit.entries(run_id=run_id, limit=limit)


def plan_document(view: PlanView, actions: Iterator[StoredAction]) -> dict[str, Json]:
    """The plan as one document (docs/reference/plan.md); emails are masked, digested values are not."""
    plan, run = view.plan, view.run
    return {
        **{k: v for k, v in plan.header.items() if k != "gates"},
        "id": plan.id,
        "run_id": run.id,
        "digest": f"sha256:{plan.digest}",
        "state": run.state.value,
        "applyable": plan.applyable,
        "held_classes": list(plan.held_classes),
        "inputs": {
            "csv": {
                "name": view.file_name, "sha256": view.file_sha256,
                "rows": run.counts.get("rows_in", 0), "valid": run.counts.get("accepted", 0),
                "quarantined": run.counts.get("quarantined", 0),
            }
        },
        "summary": plan.summary,
        "facts": plan.facts,
        "gates": plan.header["gates"],
        "created_at": plan.created_at.isoformat(),
        "expires_at": plan.expires_at.isoformat() if plan.expires_at else None,
        "next_actor": run.next.actor,
        "next_step": run.next.step,
        "actions": [action_document(stored) for stored in actions],
    }  # fmt: skip


def action_document(stored: StoredAction) -> dict[str, Json]:
    """One action as programs read it."""
    action = stored.action
    return {
        "id": action.id,
        "kind": action.kind.value,
        "class": action.action_class.value,
        "person": {
            "key": action.person_key, "ascip_id": stored.ascip_id,
            "email_masked": action.email_masked,
        },
        "group": {"id": action.group_id, "name": action.group_name} if action.group_id else None,
        "source": {"row": action.source_row},
        "match": {"by": action.match_rule},
        "marks": [mark.value for mark in action.marks],
        "changes": [
            {
                "path": c.path, "before": c.before, "after": c.after,
                "before_name": c.before_name, "after_name": c.after_name,
                "hold": c.hold.value if c.hold else None,
            }
            for c in action.changes
        ],
        "depends_on": list(action.depends_on),
        "status": stored.status.value,
        "hold": action.hold.value if action.hold else None,
        "reason": action.reason,
        "outcome": stored.outcome_code,
    }  # fmt: skip


def run_document(view: RunView) -> dict[str, Json]:
    """A run as programs read it."""
    run = view.run
    return {
        "id": run.id,
        "plan_id": view.plan_id,
        "file": view.file_name,
        "feed": run.feed,
        "state": run.state.value,
        "reason": run.reason,
        "detail": run.detail,
        "trigger": run.trigger,
        "actor": run.actor,
        "mode": run.mode.value,
        "as_of": run.as_of.isoformat() if run.as_of else None,
        "counts": {k: v for k, v in run.counts.items() if isinstance(v, int)},
        "books": run.books,
        "clean": run.clean,
        "superseded_by": run.superseded_by,
        "archive": run.archive,
        "created_at": run.created_at.isoformat() if run.created_at else None,
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
        "next_actor": run.next.actor,
        "next_step": run.next.step,
        "phases": {name: str(round(seconds, 3)) for name, seconds in view.phases},
    }
