"""End a run: books, final state, reports in its archive."""

from collections.abc import Iterator

from shared.domain.action import RELEASABLE_BY_NAME, ActionStatus, Kind
from shared.domain.audit import SYSTEM, AuditVerb
from shared.domain.books import Books, RowsAlike, keep_books
from shared.domain.errors import BooksUnbalanced
from shared.domain.held_rows import HeldRow
from shared.domain.run import Run, RunMode, RunState, TargetName
from shared.domain.work import WorkItem
from shared.pipeline.finish import fail_unbalanced
from shared.pipeline.set_aside import settle_quarantine
from shared.pipeline.tools import Tools, audit, move
from shared.ports.plans import ActionFilter, StoredAction, StoredPlan, Verification
from shared.ports.records import WarnedRow
from shared.ports.reports import RunReport
from shared.ports.shelf import AUDIT, Filed, Shelf
from shared.ports.unit_of_work import UnitOfWork

_ERRORS = frozenset(
    {ActionStatus.CONFLICT, ActionStatus.FAILED, ActionStatus.UNKNOWN, ActionStatus.NOT_ATTEMPTED}
)


def report(tools: Tools, item: WorkItem) -> None:
    """Close the books of a run and write its reports; may be repeated."""
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        run = uow.runs.get(item.run_id, lock=True)
        _close(tools, uow, run)
        if run.target is TargetName.RECORDS and run.mode is not RunMode.REVERT:
            settle_quarantine(tools, uow, run.id)
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        run = uow.runs.get(item.run_id, lock=True)
        written = write_reports(tools, uow, run, tools.vault.archive(run.id))
        uow.runs.set_archive(run.id, run.id)
        # Who changes a file and the list alike has the audit against them.
        audit(
            tools, uow, SYSTEM, AuditVerb.RUN_ARCHIVED, of=("run", run.id), run_id=run.id,
            detail={"manifest_sha256": written[-1].sha256, "files": len(written)},
        )  # fmt: skip
        uow.work.finish(item)


def _close(tools: Tools, uow: UnitOfWork, run: Run) -> None:
    plan = uow.plans.of_run(run.id)
    counts = uow.plans.status_counts(plan.id) if plan else {}
    books = books_of(uow, run, plan)
    read_again = uow.plans.verification(plan.id) if plan else Verification()
    clean = _is_clean(uow, run, counts) and not read_again.mismatches
    kept = {**books.to_json(), **read_again.to_json()} if books else None
    uow.runs.set_result(run.id, books=kept, clean=clean)
    if run.state is RunState.APPLYING:
        audit(
            tools, uow, SYSTEM, AuditVerb.RUN_VERIFIED, of=("run", run.id), run_id=run.id,
            detail=read_again.to_json(),
        )  # fmt: skip
    try:
        if books is not None:
            books.require_balance()
    except BooksUnbalanced as error:
        fail_unbalanced(tools, uow, run, error)
        return
    if run.state is RunState.APPLYING:
        state = RunState.APPLIED_WITH_ERRORS if _ERRORS & counts.keys() else RunState.APPLIED
        move(tools, uow, run, state, actor=SYSTEM)
    done = run.state in (RunState.APPLYING, RunState.NO_CHANGES) and run.mode is not RunMode.DRIFT
    if done and run.target is TargetName.ASCIP:
        uow.extracts.remember_links(run.id, run.target)


def require_every_row(uow: UnitOfWork, run: Run) -> None:
    """Before anybody is asked to approve: every row and action of the plan is there.

    Raises:
        BooksUnbalanced: see `Books`.
    """
    books = books_of(uow, run, uow.plans.of_run(run.id))
    if books is not None:
        books.require_balance(open_actions=True)


def books_of(uow: UnitOfWork, run: Run, plan: StoredPlan | None) -> Books | None:
    """The books of a run as it stands; None as long as its rows were not counted.

    A skipped run has read what the last success read: its rows are unchanged, whether or not it has
    looked at them itself.
    """
    if "rows_in" not in run.counts:
        return None
    read = {name: n for name, n in run.counts.items() if isinstance(n, int)}
    if run.state is RunState.SKIPPED_UNCHANGED:
        unchanged = RowsAlike("unchanged", (), read["accepted"])
        return keep_books(read=read, rows=[unchanged], statuses={}, planned=0)
    return keep_books(
        read=read,
        rows=uow.extracts.row_outcomes(run.id, plan.id if plan else None),
        statuses=uow.plans.status_counts(plan.id) if plan else {},
        planned=sum(int(str(plan.summary.get(k, 0))) for k in Kind) if plan else 0,
    )


def _is_clean(uow: UnitOfWork, run: Run, counts: dict[ActionStatus, int]) -> bool:
    """Success for *skip*: nothing held, failed, conflicting, left out, quarantined or unidentified."""
    took_all = not run.counts.get("quarantined") and not run.counts.get("unidentified")
    only_done = set(counts) <= {ActionStatus.SUCCEEDED}
    return took_all and only_done and not uow.extracts.held_rows(run.id)


def _still_held(uow: UnitOfWork, run: Run, plan: StoredPlan | None) -> list[HeldRow]:
    """Rows that are held, without those of people whom the review released by name."""
    rows = list(uow.extracts.held_rows(run.id))
    if plan is None or not any(row.reason in RELEASABLE_BY_NAME for row in rows):
        return rows
    named = uow.plans.actions(plan.id, ActionFilter(holds=sorted(RELEASABLE_BY_NAME)))
    released = {
        (stored.action.person_key, stored.action.hold)
        for stored in named
        if stored.status not in (ActionStatus.HELD, ActionStatus.NOT_APPROVED)
    }
    return [row for row in rows if (row.person_key, row.reason) not in released]


def _lines(uow: UnitOfWork, run: Run) -> dict[int, int]:
    if run.target is TargetName.RECORDS:
        return uow.records.lines_to_tell(run.id)
    return uow.extracts.lines(run.id)


def _warned(uow: UnitOfWork, run: Run) -> Iterator[WarnedRow]:
    return uow.records.warned(run.id) if run.target is TargetName.RECORDS else iter(())


def _sources(tools: Tools, uow: UnitOfWork, run: Run, shelf: Shelf) -> list[Filed]:
    """What audit and log say of the run so far, and the mapping it was planned with."""
    entries = (entry.line() for entry in uow.audit.entries(run_id=run.id))
    written = [tools.reports.write_text(shelf, AUDIT, entries)]
    lines = (f"{line}\n" for line in uow.run_log.lines(run.id))
    written.append(tools.reports.write_text(shelf, "log.ndjson", lines))
    if run.target is TargetName.ASCIP:
        mapping = uow.mappings.body(run.mapping_sha256)
        written.append(tools.reports.write_text(shelf, "inputs/mapping.json", [mapping]))
    return written


def write_reports(tools: Tools, uow: UnitOfWork, run: Run, shelf: Shelf) -> list[Filed]:
    """All reports of a run as it stands, with a manifest of their hashes written last."""
    plan = uow.plans.of_run(run.id)
    upload = uow.runs.upload(run.upload_id) if run.upload_id else None

    def actions() -> Iterator[StoredAction]:
        return uow.plans.actions(plan.id, ActionFilter()) if plan else iter(())

    report_ = RunReport(
        run=run, upload=upload, plan=plan,
        review=uow.plans.review_of(plan.id) if plan else None,
        comments=uow.comments.of_plan(plan.id) if plan else (),
        books=books_of(uow, run, plan),
        phases=uow.runs.phases(run.id),
        kind_counts=uow.plans.kind_counts(plan.id) if plan else {},
        quarantine=uow.extracts.quarantine(run.id),
        held_rows=_still_held(uow, run, plan), lines=_lines(uow, run), warned=_warned(uow, run),
        absentees=uow.presence.absentees(plan.id) if plan else (),
        left_out=uow.reversals.left_out(run.id) if run.reverts else (),
        district=tools.district, environment=tools.environment, generated_at=tools.clock.now(),
    )  # fmt: skip
    written = tools.reports.write_run(shelf, report_, actions)
    if plan and run.target is TargetName.ASCIP:
        snapshot, reference = uow.snapshots.load(plan.snapshot_id)
        written += tools.reports.write_reference(
            shelf, reference, snapshot.groups.values(), snapshot.people.values(),
            under="reference/",
        )  # fmt: skip
    written += _sources(tools, uow, run, shelf)
    inputs = {run.file_name or upload.name: upload.sha256} if upload else {}
    return [*written, tools.reports.write_manifest(shelf, written, inputs)]
