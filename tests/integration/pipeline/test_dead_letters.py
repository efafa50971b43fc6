"""Nothing that was given up is forgotten: the run says so, and somebody can lead it on."""

import pytest

from shared.domain.action import ActionStatus
from shared.domain.errors import Transient
from shared.domain.run import PausedReason, Run, RunState
from shared.domain.work import WorkKind
from shared.pipeline.carry_out import cancel
from shared.pipeline.health import state_probe
from shared.pipeline.look import view_run
from shared.pipeline.redrive import report_again
from tests.fakes.full_disk import room_for
from tests.fakes.installation import OPERATOR, Installation
from tests.integration.pipeline.done_once import require_done_once


@pytest.fixture
def approved(engine: Installation) -> Run:
    """Six updates, approved, in waves of two."""
    engine.configure(concurrency=2, rate_per_s=2)
    extract = engine.extract()
    extract.rename(extract.ids[:6])
    return engine.approve(engine.plan(extract))


def canceled_in_mid_call(engine: Installation, run: Run) -> None:
    engine.begin(run)
    engine.target.before = lambda: cancel(engine.tools, run.id, OPERATOR)


def test_a_run_canceled_while_its_last_calls_found_nobody_is_closed(
    engine: Installation, approved: Run
) -> None:
    canceled_in_mid_call(engine, approved)
    engine.target.trouble = Transient("nobody answers", code="unreachable")
    engine.workers.until_quiet()
    require_closed(engine, approved)


def test_a_run_canceled_while_its_work_kills_its_workers_is_closed(
    engine: Installation, approved: Run
) -> None:
    """The last of them was lost a moment before."""
    engine.begin(approved)
    engine.database.change(
        "UPDATE work_item SET state = 'leased', attempt = 5 WHERE ended_at IS NULL"
    )
    cancel(engine.tools, approved.id, OPERATOR)
    engine.workers.expire_leases()
    engine.workers.until_quiet()
    assert "worker_lost" in {worked.code for worked in engine.workers.worked}
    require_closed(engine, approved)


def test_reports_that_found_no_room_are_told_and_made_again_by_a_retry(
    engine: Installation, approved: Run
) -> None:
    """The disk is full while an apply runs: every call is made, recorded and audited all the same."""
    engine.begin(approved)
    with room_for(200):
        work_on_regardless(engine)
    run = engine.run(approved.id)
    assert run.state is RunState.APPLIED
    assert run.archive is None
    require_done_once(engine, run)
    (lost,) = view_run(engine.tools, run.id).given_up
    assert (lost.kind, lost.code, lost.attempts) == (WorkKind.REPORT, "storage_full", 5)
    assert f"1 item given up within a day, of {run.id}" in {
        finding.detail for finding in state_probe(engine.tools).look()
    }
    writes = len(engine.simulator.writes())
    assert report_again(engine.tools, run.id, OPERATOR)
    engine.workers.until_quiet()
    assert engine.run(run.id).archive
    assert not view_run(engine.tools, run.id).given_up
    assert not report_again(engine.tools, run.id, OPERATOR), "once is enough"
    assert len(engine.simulator.writes()) == writes


def test_books_that_could_not_be_closed_make_no_failure_of_what_was_applied(
    engine: Installation, approved: Run
) -> None:
    engine.begin(approved)
    engine.database.change("ALTER TABLE run ADD CONSTRAINT broken CHECK (books IS NULL) NOT VALID")
    work_on_regardless(engine)
    engine.workers.errors.clear()
    run = engine.run(approved.id)
    assert (run.state, run.reason) == (RunState.PAUSED, PausedReason.BREAKER)
    (lost,) = view_run(engine.tools, run.id).given_up
    assert (lost.kind, lost.code) == (WorkKind.REPORT, "unexpected")
    engine.database.change("ALTER TABLE run DROP CONSTRAINT broken")
    engine.apply(run)
    require_done_once(engine, run)


def work_on_regardless(engine: Installation) -> None:
    """More rounds than an item has attempts."""
    for _ in range(9):
        engine.workers.round()
        engine.database.change("UPDATE work_item SET not_before = now() WHERE ended_at IS NULL")


def require_closed(engine: Installation, run: Run) -> None:
    """What was not begun is `not_attempted`, the books are kept, and a retry does the rest."""
    run = engine.run(run.id)
    assert run.state is RunState.CANCELED
    assert run.archive, "its report is written"
    left = engine.statuses(run)
    assert not left.keys() & {ActionStatus.PLANNED, ActionStatus.ATTEMPTING}, left
    engine.target.trouble = engine.target.before = None
    engine.apply(run)
    require_done_once(engine, run)
