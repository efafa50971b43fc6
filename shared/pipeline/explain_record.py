"""Explain one governed record in the same six steps. Values that may speak of a person are masked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.domain.action import Action
from shared.domain.canonical import Json
from shared.domain.explanation import Step, StepName, StepStatus
from shared.domain.feeds.feed import Feed
from shared.domain.record import RecordVersion, mask
from shared.pipeline.explain_ground import ExplainedRun, Ground, step, told_runs
from shared.pipeline.explain_plan import action_step, diff_step
from shared.pipeline.explain_row import faults
from shared.pipeline.tools import Tools
from shared.ports.people import Trace
from shared.ports.plans import ActionFilter, StoredAction
from shared.ports.unit_of_work import UnitOfWork
from shared.ports.views import Page, PageOf, RowFilter, RowView, RunView

_S = StepStatus
#: Rows of one source id that are told of.
_MOST_ROWS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordExplanation:
    """A governed record, and what became of it in the newest runs of its feed."""

    feed: str
    source_id: str
    #: The version in force; None where none is.
    current: RecordVersion | None
    runs: Page[ExplainedRun]


def explain_record(
    tools: Tools, named: tuple[str, str], page: PageOf, *, run_id: str | None = None
) -> RecordExplanation:
    """Explain a record; ``named`` is (feed, source id).

    Raises:
        NotFound: there is no such governed feed, no such run of it, or none yet.
    """
    feed, source_id = tools.governed(named[0]), named[1].strip()
    with tools.transactions.begin() as uow:
        runs = told_runs(uow, feed.name, page, run_id)
        versions = uow.records.versions(feed.name, source_id)
        explained = [_explained(uow, view, feed, source_id, versions) for view in runs.items]
    current = [version for version in versions if version.superseded_at is None]
    return RecordExplanation(
        feed=feed.name, source_id=source_id, current=current[0] if current else None,
        runs=Page(items=explained, has_more=runs.has_more, total=runs.total),
    )  # fmt: skip


def _explained(
    uow: UnitOfWork, view: RunView, feed: Feed, source_id: str, versions: Sequence[RecordVersion]
) -> ExplainedRun:
    run, plan = view.run, uow.plans.of_run(view.run.id)
    wanted = RowFilter(people=[source_id])
    rows = [
        row
        for row in uow.views.rows(run.id, wanted, PageOf(limit=_MOST_ROWS)).items
        if row.employee_id == source_id
    ]
    found = uow.plans.actions(plan.id, ActionFilter(people=[source_id])) if plan else ()
    actions = [_masked(stored, feed) for stored in found]
    ground = Ground(
        run=run, plan=plan, trace=Trace(actions=actions),
        review=uow.plans.review_of(plan.id) if plan else None,
    )  # fmt: skip
    mapping = step(StepName.MAPPING, _S.SKIPPED, ["Governed feeds have no mapping."])
    steps = (
        _import(rows, ground), _scoping(rows, feed), _matching(rows, actions, versions), mapping,
        _diff(rows, ground), action_step(ground),
    )  # fmt: skip
    return ExplainedRun(run=run, plan_id=plan.id if plan else None, steps=steps)


def _masked(stored: StoredAction, feed: Feed) -> StoredAction:
    changes = tuple(
        change
        if change.path in feed.plain
        else replace(change, before=mask(change.before), after=mask(change.after))
        for change in stored.action.changes
    )
    action: Action = replace(stored.action, changes=changes)
    return replace(stored, action=action)


def _import(rows: Sequence[RowView], ground: Ground) -> Step:
    file = ground.run.file_name
    if back := ground.run.reverts:
        words = [f"Reads no file: it takes {back} back."]
        return step(StepName.IMPORT, _S.SKIPPED, words, {"file": None, "rows": []})
    if not rows:
        words = [f"No row of {file} has this source id, as far as its rows are still kept."]
        return step(StepName.IMPORT, _S.WARNING, words, {"file": file, "rows": []})
    words = [
        f"Row {row.row} (line {row.line}) of {file} was not taken: {faults(row.violations)}."
        if row.violations
        else f"Row {row.row} (line {row.line}) of {file} was taken."
        for row in rows
    ]
    refused = [row for row in rows if row.violations]
    status = _S.SUCCESS if not refused else _S.FAILURE if len(refused) == len(rows) else _S.WARNING
    told: Json = [{"row": row.row, "line": row.line, "outcome": row.outcome} for row in rows]
    return step(StepName.IMPORT, status, words, {"file": file, "rows": told})


def _scoping(rows: Sequence[RowView], feed: Feed) -> Step:
    if rows:
        words = [f"Every record of {feed.name} that is taken goes into the store."]
        return step(StepName.SCOPING, _S.SUCCESS, words)
    words = ["What a file doesn't mention stays as it is: only a status retires a record."]
    return step(StepName.SCOPING, _S.SKIPPED, words)


def _matching(
    rows: Sequence[RowView], actions: Sequence[StoredAction], versions: Sequence[RecordVersion]
) -> Step:
    """Which version a row was held against."""
    pinned = next((s.action.version for s in actions if s.action.version), None)
    if pinned is None:
        words = ["There is no action, so no version was followed."]
        return step(StepName.MATCHING, _S.SUCCESS if rows else _S.SKIPPED, words)
    before = {version.idempotency_key: version.version for version in versions}
    told = before.get(pinned.follows or "")
    words = [
        "The first version of this source id."
        if pinned.follows is None
        else f"Follows version {told or 'that is no longer kept'}."
    ]
    return step(StepName.MATCHING, _S.SUCCESS, words, {"follows": pinned.follows})


def _diff(rows: Sequence[RowView], ground: Ground) -> Step:
    taken = [row for row in rows if not row.violations]
    if ground.trace.actions or not (taken and ground.plan):
        return diff_step(ground)
    return step(StepName.DIFF, _S.SUCCESS, ["Nothing differs: the store has what the row says."])
