"""Nothing that was given up is forgotten: the run says so, and somebody can lead it on."""

import pytest

from shared.domain.action import ActionStatus
from shared.domain.errors import Transient
from shared.domain.run import Run, RunState
from shared.pipeline.carry_out import cancel
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
    engine.database.change("UPDATE work_item SET state = 'leased', attempt = 5 WHERE ended_at IS NULL")
    cancel(engine.tools, approved.id, OPERATOR)
    engine.workers.expire_leases()
    engine.workers.until_quiet()
    assert "worker_lost" in {worked.code for worked in engine.workers.worked}
    require_closed(engine, approved)


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
