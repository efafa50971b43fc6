"""Lost answers, other people's edits, a refused key, 429s, a cancel, repeated messages."""

import random
from dataclasses import replace

import pytest

from shared.domain.action import ActionStatus, Kind
from shared.domain.errors import Conflict
from shared.domain.run import RunState
from shared.pipeline.carry_out import cancel
from tests.fakes.dying import WatchedTarget
from tests.fakes.installation import OPERATOR, Installation, lms_of
from tests.fakes.simulator_thread import KEY_ID
from tests.integration.pipeline.done_once import require_done_once


@pytest.mark.parametrize("duplicates", ["refused", "accepted"])
def test_an_answer_lost_after_a_create_is_one_person(engine: Installation, duplicates: str) -> None:
    """Also where the target would make the same person twice: we look before we send again."""
    engine.simulator.settings(duplicates=duplicates)
    extract = engine.extract()
    extract.add(3)
    run = engine.approve(engine.plan(extract))
    engine.simulator.faults(
        {"fault": "answer_lost", "method": "POST", "path": "/people$", "request": 2}
    )
    run = engine.apply(run)
    assert run.state is RunState.APPLIED
    assert engine.simulator.fired() == 1
    assert not engine.simulator.people_twice()
    adds = engine.actions(run, kinds=[Kind.ADD])
    assert sorted(stored.settled for stored in adds) == [False, False, True]
    assert all(stored.ascip_id for stored in adds)


@pytest.mark.slow
def test_a_fifth_of_all_answers_lost_over_300_actions_loses_and_doubles_nothing(
    engine: Installation,
) -> None:
    """Takes about 3 s: every lost answer is looked for."""
    engine.simulator.reset(300, 6)
    extract = engine.extract()
    extract.rename(extract.ids[:160])
    extract.move(extract.ids[160:190])
    extract.add(30)
    extract.remove(*extract.ids[200:209])
    run = engine.approve(engine.plan(extract))
    assert sum(engine.statuses(run).values()) > 300
    engine.simulator.settings(duplicates="accepted")
    engine.simulator.faults({"fault": "answer_lost", "probability": 0.2}, seed=3)
    run = engine.apply(run)
    assert run.state is RunState.APPLIED
    assert engine.simulator.fired() > 30
    assert not engine.simulator.people_twice()
    assert not engine.simulator.done_twice()
    assert any(stored.settled for stored in engine.actions(run))
    engine.simulator.faults()
    assert engine.plan(extract, force=True).state is RunState.NO_CHANGES


def test_somebody_else_s_edit_is_a_conflict_and_the_others_go_on(engine: Installation) -> None:
    extract = engine.extract()
    touched, *others = extract.ids[:5]
    extract.rename([touched, *others])
    run = engine.approve(engine.plan(extract))
    engine.simulator.edit(touched, lastName="Changed Meanwhile")
    run = engine.apply(run)
    assert run.state is RunState.APPLIED_WITH_ERRORS
    assert engine.statuses(run) == {ActionStatus.CONFLICT: 1, ActionStatus.SUCCEEDED: 4}
    assert engine.simulator.person(touched)["lastName"] == "Changed Meanwhile"
    assert run.books
    assert run.books["rows"]["conflict"] == 1  # type: ignore[call-overload, index]  # its own form
    again = engine.sync(extract)
    assert again.state is RunState.APPLIED, "the next run overwrites it"
    assert engine.simulator.person(touched)["lastName"] == extract.row(touched)["last_name"]


def test_a_key_refused_in_mid_apply_pauses_and_marks_nothing_failed(engine: Installation) -> None:
    extract = engine.extract()
    extract.rename(extract.ids[:30])
    run = engine.approve(engine.plan(extract))
    engine.simulator.faults({"fault": "key_revoked", "method": "PUT", "request": 12})
    run = engine.apply(run)
    for _ in range(6):
        assert (run.state, run.reason) == (RunState.PAUSED, "auth")
        assert set(engine.statuses(run)) <= {
            ActionStatus.SUCCEEDED, ActionStatus.PLANNED, ActionStatus.UNKNOWN,
        }  # fmt: skip
        run = engine.apply(run)
    engine.simulator.faults()
    run = engine.apply(run)
    assert run.state is RunState.APPLIED
    assert engine.statuses(run) == {ActionStatus.SUCCEEDED: 30}
    assert not engine.simulator.done_twice()


def test_a_run_goes_on_with_the_key_that_took_the_old_one_s_place(engine: Installation) -> None:
    """Changed in ASCIP while calls are in flight; the workers are told of it later."""
    extract = engine.extract()
    extract.rename(extract.ids[:30])
    run = engine.approve(engine.plan(extract))
    engine.target.after = lambda: engine.simulator.settings(keys={KEY_ID: {"secret": "rotated"}})
    run = engine.apply(run)
    assert (run.state, run.reason) == (RunState.PAUSED, "auth")
    assert engine.statuses(run).keys() <= {ActionStatus.SUCCEEDED, ActionStatus.PLANNED}
    assert 0 < engine.statuses(run)[ActionStatus.SUCCEEDED] < 30
    engine.target.close()
    engine.target = WatchedTarget(lms_of(engine.simulator, secret="rotated"))
    engine.configure(target=engine.target)
    assert engine.apply(run).state is RunState.APPLIED
    require_done_once(engine, run)


def test_a_key_refused_while_reading_fails_the_run_and_nothing_is_planned(
    engine: Installation,
) -> None:
    extract = engine.extract()
    engine.simulator.faults({"fault": "key_revoked", "request": 40})
    run = engine.plan(extract)
    assert run.state is RunState.FAILED
    assert not engine.database.rows("SELECT * FROM plan")


@pytest.mark.slow
def test_calls_turned_away_are_made_later(engine: Installation) -> None:
    """Takes about 3 s: every 429 is waited out."""
    extract = engine.extract()
    extract.story()
    rule = {"fault": "rate_limited", "retry_after": 0}
    engine.simulator.faults(
        {**rule, "method": "GET", "request": [30]},
        {**rule, "method": "PUT", "request": [2]},
        {**rule, "method": "POST", "request": [5]},
    )
    run = engine.sync(extract)
    assert run.state is RunState.APPLIED
    assert engine.simulator.fired() == 3
    assert not engine.simulator.done_twice()


def test_a_target_that_is_down_for_a_while_loses_nothing(engine: Installation) -> None:
    extract = engine.extract()
    extract.rename(extract.ids[:20])
    run = engine.approve(engine.plan(extract))
    engine.simulator.faults({"fault": "server_error", "status": 503, "request": 1, "for_s": 1})
    run = engine.apply(run)
    assert (run.state, run.reason) == (RunState.PAUSED, "breaker")
    for _ in range(60):
        engine.workers.time_passes()
        engine.workers.until_quiet()
        if engine.run(run.id).state is RunState.APPLIED:
            break
    assert engine.run(run.id).state is RunState.APPLIED
    assert engine.statuses(run) == {ActionStatus.SUCCEEDED: 20}


def test_a_cancel_in_mid_apply_leaves_the_rest_and_a_retry_finishes_it(
    engine: Installation,
) -> None:
    extract = engine.extract()
    extract.story()
    run = engine.approve(engine.plan(extract))
    engine.target.after = lambda: cancel(engine.tools, run.id, OPERATOR)
    run = engine.apply(run)
    assert run.state is RunState.CANCELED
    statuses = engine.statuses(run)
    assert statuses.keys() == {ActionStatus.SUCCEEDED, ActionStatus.NOT_ATTEMPTED}
    assert statuses[ActionStatus.SUCCEEDED] == 3, "the calls in flight were finished"
    run = engine.apply(run)
    assert run.state is RunState.APPLIED
    assert set(engine.statuses(run)) == {ActionStatus.SUCCEEDED}
    assert not engine.simulator.done_twice()


def test_a_cancelled_run_makes_room_for_another_at_once(engine: Installation) -> None:
    extract = engine.extract()
    extract.story()
    run_id = engine.land(extract)
    engine.workers.round()
    cancel(engine.tools, run_id, OPERATOR)
    engine.workers.until_quiet()
    assert engine.run(run_id).state is RunState.CANCELED
    assert engine.plan(extract).state is RunState.AWAITING_APPROVAL


@pytest.mark.parametrize("threads", [1, 4])
def test_every_message_five_times_in_any_order_has_one_effect(
    engine: Installation, threads: int
) -> None:
    engine.workers.copies, engine.workers.random = 5, random.Random(4)
    engine.workers.threads = threads
    extract = engine.extract()
    extract.story()
    extract.rename(extract.ids[10:40])
    run = engine.sync(extract)
    assert run.state is RunState.APPLIED
    before = engine.database.dump("action", "audit_entry", "work_item", "run")
    for item_id in engine.workers.bell.messages:
        engine.workers.deliver(item_id)
    assert engine.database.dump("action", "audit_entry", "work_item", "run") == before
    assert not engine.simulator.done_twice()
    assert not engine.simulator.people_twice()
    finished = "SELECT count(*) FROM audit_entry WHERE verb = 'action.finished'"
    assert engine.database.value(finished) == len(engine.actions(run))


def test_a_failed_add_takes_its_memberships_with_it_and_a_retry_brings_them(
    engine: Installation,
) -> None:
    extract = engine.extract()
    extract.add(2)
    run = engine.approve(engine.plan(extract))
    engine.simulator.faults(
        {"fault": "server_error", "status": 422, "method": "POST", "path": "/people$", "max": 1}
    )
    run = engine.apply(run)
    assert run.state is RunState.APPLIED_WITH_ERRORS
    assert engine.statuses(run) == {
        ActionStatus.FAILED: 1, ActionStatus.NOT_ATTEMPTED: 2, ActionStatus.SUCCEEDED: 3,
    }  # fmt: skip
    run = engine.apply(run)
    assert run.state is RunState.APPLIED
    assert engine.statuses(run) == {ActionStatus.SUCCEEDED: 6}


def test_a_run_that_was_applied_cannot_be_applied_again(engine: Installation) -> None:
    extract = engine.extract()
    extract.story()
    run = engine.sync(extract)
    writes = len(engine.simulator.writes())
    with pytest.raises(Conflict):
        engine.apply(run)
    assert len(engine.simulator.writes()) == writes


def test_a_target_that_goes_down_pauses_the_run_and_fails_nothing(engine: Installation) -> None:
    """An outage is not an action's fault, however long it lasts."""
    extract = engine.extract()
    extract.story()
    run = engine.approve(engine.plan(extract))
    engine.target.down = True
    run = engine.apply(run)
    assert (run.state, run.reason) == (RunState.PAUSED, "breaker")
    assert engine.statuses(run).keys() == {ActionStatus.PLANNED}
    engine.target.down = False
    run = engine.apply(run)
    assert run.state is RunState.APPLIED
    assert not engine.simulator.done_twice()


def test_a_worker_that_is_to_end_gives_its_work_back_between_two_waves(
    engine: Installation,
) -> None:
    """^C and SIGTERM: the calls in flight finish, no new ones begin."""
    extract = engine.extract()
    extract.rename(extract.ids[:20])
    run = engine.approve(engine.plan(extract))
    engine.begin(run)
    stopped = replace(engine.tools, stopping=lambda: bool(engine.simulator.writes()))
    engine.workers.tools = stopped
    engine.workers.round()
    done = engine.statuses(run)[ActionStatus.SUCCEEDED]
    # The second wave has begun by then, or not.
    assert done in (engine.tools.concurrency // 2, engine.tools.concurrency)
    assert engine.run(run.id).state is RunState.APPLYING
    engine.workers.tools = engine.tools
    engine.workers.until_quiet()
    assert engine.run(run.id).state is RunState.APPLIED
    assert not engine.simulator.done_twice()


@pytest.mark.parametrize(("seconds", "done"), [(30, (8,)), (31, (2, 4))])
def test_an_item_that_has_taken_long_begins_no_further_wave(
    engine: Installation, seconds: int, done: tuple[int, ...]
) -> None:
    """A task has a time limit; what is left goes on as another task, and that is no attempt."""
    engine.configure(concurrency=2)
    extract = engine.extract()
    extract.rename(extract.ids[:8])
    run = engine.approve(engine.plan(extract))
    engine.begin(run)
    engine.target.after = lambda: engine.clock.go_on(seconds=seconds)
    engine.workers.round()
    # Waves of two; the second has begun by then, or not.
    assert engine.statuses(run)[ActionStatus.SUCCEEDED] in done
    engine.workers.until_quiet()
    assert engine.run(run.id).state is RunState.APPLIED
    assert engine.database.value("SELECT max(attempt) FROM work_item") == 1
