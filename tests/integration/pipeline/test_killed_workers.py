"""A worker killed at any point: another takes over, and everything is done once."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.domain.action import ActionStatus, Kind
from shared.domain.run import Run, RunState
from shared.domain.work import LEASE_S
from shared.pipeline.carry_out import cancel
from tests.fakes.dying import CutTransactions, Moment, die
from tests.fakes.installation import OPERATOR, Installation
from tests.integration.pipeline.done_once import require_done_once

Arm = Callable[[Installation], None]


@pytest.fixture
def approved(engine: Installation) -> Run:
    """Adds, updates, joins, leaves and deactivations, approved.

    The target would make the same person twice: it is the engine that must not.
    """
    engine.simulator.settings(duplicates="accepted")
    extract = engine.extract()
    extract.story()
    return engine.approve(engine.plan(extract))


def after_the_claim(engine: Installation) -> None:
    engine.transactions.arm(2, Moment.BEFORE)


def before_the_intent_is_committed(engine: Installation) -> None:
    engine.transactions.arm(2, Moment.INSIDE)


def between_intent_and_call(engine: Installation) -> None:
    engine.target.before = die


def between_call_and_outcome(engine: Installation) -> None:
    engine.target.after = die


def before_the_outcome_is_committed(engine: Installation) -> None:
    engine.transactions.arm(3, Moment.INSIDE)


def after_the_outcome(engine: Installation) -> None:
    engine.transactions.arm(3, Moment.AFTER)


def after_the_item_is_finished(engine: Installation) -> None:
    engine.transactions.arm(4, Moment.AFTER)


@pytest.mark.parametrize(
    ("arm", "settled"),
    [
        (after_the_claim, False),
        (before_the_intent_is_committed, False),
        (between_intent_and_call, False),
        (between_call_and_outcome, True),
        (before_the_outcome_is_committed, True),
        (after_the_outcome, False),
        (after_the_item_is_finished, False),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_what_a_killed_worker_left_is_taken_over_and_done_once(
    engine: Installation, approved: Run, arm: Arm, settled: bool
) -> None:
    engine.begin(approved)
    arm(engine)
    engine.workers.until_quiet()
    assert engine.workers.deaths == 1
    actions = require_done_once(engine, approved)
    adds = [stored for stored in actions if stored.action.kind is Kind.ADD]
    assert {stored.settled for stored in adds} == {settled}
    assert not any(stored.settled for stored in actions if stored not in adds)


@pytest.mark.parametrize("seed", range(6))
def test_workers_killed_again_and_again_leave_nothing_undone_or_done_twice(
    engine: Installation, approved: Run, seed: int
) -> None:
    """Work that has killed five workers asks for a person, who looks at the machine and goes on."""
    engine.begin(approved)
    engine.transactions.arm_at_random(seed, 0.12)
    engine.workers.until_quiet()
    while engine.run(approved.id).state is RunState.PAUSED:
        engine.transactions.arm_at_random(seed, 0)
        engine.apply(approved)
    assert engine.workers.deaths
    require_done_once(engine, approved)


@pytest.mark.parametrize("seed", range(3))
def test_workers_killed_while_planning_give_the_plan_nobody_disturbed_gives(
    engine: Installation, seed: int
) -> None:
    """Somebody can't be read: there is a second look, and newcomers are looked up."""
    extract = engine.extract()
    extract.story()
    unread = engine.simulator.person(extract.ids[9])["id"]
    engine.simulator.faults({"fault": "server_error", "path": f"/people/{unread}$"})
    undisturbed = engine.plan_of(engine.plan(extract)).digest
    engine.configure(rate_per_s=0.5)
    run_id = engine.land(extract, force=True)
    engine.transactions.arm_at_random(seed, 0.15)
    engine.workers.until_quiet()
    assert engine.workers.deaths
    assert engine.plan_of(engine.run(run_id)).digest == undisturbed


def test_an_owner_that_was_asleep_is_fenced_off(engine: Installation, approved: Run) -> None:
    """Stopped in mid-call, taken over, awake again: it records nothing and ends."""
    engine.begin(approved)

    def sleep_and_wake() -> None:
        engine.workers.expire_leases()
        engine.workers.round()

    engine.target.after = sleep_and_wake
    engine.workers.until_quiet()
    codes = [worked.code for worked in engine.workers.worked]
    assert codes.count("fenced") == 1
    require_done_once(engine, approved)


def test_an_owner_that_slept_before_its_calls_makes_none_of_them(
    engine: Installation, approved: Run
) -> None:
    """The target would make each of its people a second time."""
    engine.begin(approved)

    def sleep_and_wake() -> None:
        engine.workers.expire_leases()
        engine.workers.round()

    engine.target.before = sleep_and_wake
    engine.workers.until_quiet()
    codes = [worked.code for worked in engine.workers.worked]
    assert codes.count("fenced") == 1
    actions = require_done_once(engine, approved)
    assert not any(stored.outcome_code for stored in actions)


def test_an_owner_that_slept_while_nobody_took_over_goes_on_at_no_cost(
    engine: Installation, approved: Run
) -> None:
    engine.begin(approved)
    engine.target.before = lambda: engine.clock.sleep(LEASE_S)
    engine.workers.round()
    assert not engine.simulator.writes()
    query = "SELECT outcome_code, attempts FROM action WHERE outcome_code IS NOT NULL"
    assert {(*row,) for row in engine.database.rows(query)} == {("lease_over", 0)}
    engine.workers.until_quiet()
    require_done_once(engine, approved)


def test_who_can_t_record_what_was_done_doesn_t_do_what_is_under_way(
    engine: Installation,
) -> None:
    """The way to the database is cut when the first wave comes back; the second has not been sent yet."""
    extract = engine.extract()
    extract.rename(extract.ids[:8])
    run = engine.approve(engine.plan(extract))
    engine.begin(run)
    transactions = CutTransactions(engine.database.transactions)

    def second() -> None:
        while not transactions.refused:
            assert transactions.cut.wait(5)
        time.sleep(0.05)  # until the other one has been told

    def first() -> None:
        engine.target.before, engine.target.after = second, transactions.cut.set

    engine.target.before = first
    tools, engine.workers.tools = (
        engine.workers.tools,
        replace(engine.tools, transactions=transactions),
    )
    engine.workers.round()
    assert len(engine.simulator.writes()) == 4, "of two waves of four"
    assert [type(error) for error in engine.workers.errors] == [OSError]
    engine.workers.errors.clear()
    engine.workers.tools = tools
    engine.workers.expire_leases()
    engine.workers.until_quiet()
    require_done_once(engine, run)


def test_an_intent_left_open_when_a_run_is_cancelled_is_unknown_until_a_retry_settles_it(
    engine: Installation, approved: Run
) -> None:
    engine.begin(approved)
    engine.target.after = die
    engine.workers.round()
    cancel(engine.tools, approved.id, OPERATOR)
    engine.workers.until_quiet()
    run = engine.run(approved.id)
    assert run.state is RunState.CANCELED
    statuses = engine.statuses(run)
    assert set(statuses) == {ActionStatus.UNKNOWN, ActionStatus.NOT_ATTEMPTED}
    assert statuses[ActionStatus.UNKNOWN] == 3
    engine.apply(run)
    actions = require_done_once(engine, run)
    assert len([stored for stored in actions if stored.settled]) == 3


def test_work_that_kills_every_worker_is_given_up_and_can_be_gone_on_with(
    engine: Installation, approved: Run
) -> None:
    def poison() -> None:
        engine.target.before = poison
        die()

    engine.target.before = poison
    run = engine.apply(approved)
    assert (run.state, run.reason) == (RunState.PAUSED, "breaker")
    assert engine.workers.deaths == 5
    assert not engine.simulator.writes()
    engine.target.before = None
    engine.apply(run)
    require_done_once(engine, run)
