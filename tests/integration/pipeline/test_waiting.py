"""A target that doesn't answer, or asks to wait: the run says so and until when, and goes on by itself."""

import pytest

from shared.domain.action import ActionStatus
from shared.domain.errors import Transient
from shared.domain.run import Run, RunState
from shared.pipeline.carry_out import cancel
from shared.pipeline.follow import at_rest
from shared.pipeline.look import progress
from tests.fakes.installation import OPERATOR, Installation

THROTTLED = Transient("wait", code="throttled", retry_after_s=840.0)
OPEN = Transient("too many failures", code="breaker_open", retry_after_s=20.0)
GONE = Transient(
    "ASCIP can't be reached (its certificate has expired): check network", code="unreachable"
)

UNPACED = Transient("the shared rate limit can't be reached", code="limiter_unavailable")


@pytest.fixture
def approved(engine: Installation) -> Run:
    """Every kind of action, approved."""
    extract = engine.extract()
    extract.story()
    return engine.approve(engine.plan(extract))


def left_s(engine: Installation, run: Run) -> float:
    """Seconds until it goes on by itself."""
    query = "SELECT extract(epoch FROM goes_on_at - now()) FROM run WHERE id = :run"
    return float(engine.database.value(query, run=run.id))


@pytest.mark.parametrize(
    ("trouble", "reason", "detail", "wait_s"),
    [
        (THROTTLED, "throttled", "ASCIP asked us to wait; it goes on by itself, next try at", 840),
        (OPEN, "breaker", "ASCIP can't be reached; it goes on by itself, next try at", 30),
        (GONE, "breaker", "ASCIP can't be reached; it goes on by itself, next try at", 30),
        (UNPACED, "breaker", "Redis can't be reached, by which calls to ASCIP are paced; it", 30),
    ],
)
def test_a_target_in_trouble_parks_the_run_visibly_and_fails_nothing(
    engine: Installation, approved: Run, trouble: Transient, reason: str, detail: str, wait_s: float
) -> None:
    engine.target.trouble = trouble
    run = engine.apply(approved)
    assert (run.state, run.reason) == (RunState.PAUSED, reason)
    assert (run.detail or "").startswith(detail)
    assert (run.next.actor, run.next.step) == ("system", "resume")
    assert left_s(engine, run) == pytest.approx(wait_s, abs=20)
    assert engine.statuses(run).keys() == {ActionStatus.PLANNED}
    attempts = "SELECT max(attempts) FROM action"
    assert engine.database.value(attempts) == 0, "waiting costs no attempt"


@pytest.mark.parametrize("trouble", [THROTTLED, OPEN, GONE])
def test_it_goes_on_by_itself_when_the_target_answers_again(
    engine: Installation, approved: Run, trouble: Transient
) -> None:
    engine.target.trouble = trouble
    run = engine.apply(approved)
    for _ in range(12):  # much more often than an action may be attempted
        engine.workers.time_passes()
        engine.workers.until_quiet()
        assert engine.run(run.id).state is RunState.PAUSED
        assert left_s(engine, run) > 0
    assert not at_rest(progress(engine.tools, run.id))
    engine.target.trouble = None
    engine.workers.time_passes()
    engine.workers.until_quiet()
    assert engine.run(run.id).state is RunState.APPLIED
    assert engine.run(run.id).goes_on_at is None
    assert not engine.simulator.done_twice()
    told = engine.database.rows(
        "SELECT CAST(entry AS jsonb)->'detail'->>'to' AS state, actor FROM audit_entry"
        " WHERE verb = 'run.state_changed' AND run_id = :run ORDER BY sequence DESC LIMIT 3",
        run=run.id,
    )
    assert [(row.state, row.actor) for row in told] == [
        ("applied", "system"), ("applying", "system"), ("paused", "system"),
    ]  # fmt: skip


def test_nothing_is_sent_before_the_time_has_come(engine: Installation, approved: Run) -> None:
    engine.target.trouble = THROTTLED
    engine.apply(approved)
    sent = len(engine.simulator.journal())
    engine.target.trouble = None
    engine.workers.until_quiet()
    assert len(engine.simulator.journal()) == sent


def test_each_look_says_why_there_was_no_connection(engine: Installation, approved: Run) -> None:
    engine.target.trouble = GONE
    run = engine.apply(approved)
    engine.workers.time_passes()
    engine.workers.until_quiet()
    detail = engine.run(run.id).detail or ""
    assert detail.startswith("ASCIP can't be reached (its certificate has expired); it goes on by")
    assert not engine.simulator.writes()


def test_a_person_can_go_on_sooner_and_the_waiting_ends(
    engine: Installation, approved: Run
) -> None:
    engine.target.trouble = THROTTLED
    engine.apply(approved)
    engine.target.trouble = None
    run = engine.apply(approved)
    assert run.state is RunState.APPLIED
    engine.workers.time_passes()
    engine.workers.until_quiet()
    open_items = "SELECT count(*) FROM work_item WHERE ended_at IS NULL"
    assert engine.database.value(open_items) == 0


def test_a_run_that_was_canceled_does_not_come_back(engine: Installation, approved: Run) -> None:
    engine.target.trouble = GONE
    run = engine.apply(approved)
    cancel(engine.tools, run.id, OPERATOR)
    engine.target.trouble = None
    engine.workers.time_passes()
    engine.workers.until_quiet()
    assert engine.run(run.id).state is RunState.CANCELED
    assert not engine.simulator.writes()


def test_a_plan_that_has_run_out_meanwhile_is_not_gone_on_with(
    engine: Installation, approved: Run
) -> None:
    engine.target.trouble = GONE
    run = engine.apply(approved)
    engine.target.trouble = None
    engine.database.change("UPDATE plan SET expires_at = now() - interval '1 hour'")
    engine.workers.time_passes()
    engine.workers.until_quiet()
    run = engine.run(run.id)
    assert (run.state, run.reason, run.goes_on_at) == (RunState.PAUSED, "breaker", None)
    assert "plan again" in (run.detail or "").lower()
    assert (run.next.actor, run.next.step) == ("operator", "resume_or_cancel")
    assert not engine.simulator.writes()


def test_a_key_refused_while_waiting_pauses_for_that_and_waits_for_a_person(
    engine: Installation, approved: Run
) -> None:
    engine.target.trouble = GONE
    run = engine.apply(approved)
    engine.target.trouble = None
    engine.simulator.settings(keys={"another": {"secret": "x"}})
    engine.workers.time_passes()
    engine.workers.until_quiet()
    run = engine.run(run.id)
    assert (run.state, run.reason, run.goes_on_at) == (RunState.PAUSED, "auth", None)


def test_a_target_that_fails_while_it_is_verified_pauses_and_ends_well(
    engine: Installation, approved: Run
) -> None:
    def fall() -> None:
        engine.target.trouble = OPEN if all_done(engine, approved) else None
        engine.target.after = fall

    engine.target.after = fall
    run = engine.apply(approved)
    assert (run.state, run.reason) == (RunState.PAUSED, "breaker")
    assert engine.statuses(run).keys() == {ActionStatus.SUCCEEDED}
    engine.target.trouble = engine.target.after = None
    engine.workers.time_passes()
    engine.workers.until_quiet()
    assert engine.run(run.id).state is RunState.APPLIED


def all_done(engine: Installation, run: Run) -> bool:
    """Whether every action was carried out, though the last outcomes are not recorded yet."""
    kinds = len([a for a in engine.actions(run) if a.status is ActionStatus.PLANNED])
    return kinds == 0


@pytest.mark.parametrize("trouble", [THROTTLED, OPEN, GONE])
def test_reading_waits_and_says_so_and_goes_on_where_it_stopped(
    engine: Installation, trouble: Transient
) -> None:
    extract = engine.extract()
    extract.story()
    engine.target.trouble = trouble
    run_id = engine.land(extract)
    for _ in range(4):
        engine.workers.round()
    run = engine.run(run_id)
    assert run.state is RunState.FETCHING
    assert run.reason == ("throttled" if trouble is THROTTLED else "breaker")
    assert "it goes on by itself, next try at" in (run.detail or "")
    assert left_s(engine, run) > 0
    engine.target.trouble = None
    engine.workers.until_quiet()
    run = engine.run(run_id)
    assert (run.state, run.reason, run.detail) == (RunState.AWAITING_APPROVAL, None, None)


def test_looking_newcomers_up_waits_and_says_so_and_goes_on(engine: Installation) -> None:
    extract = engine.extract()
    extract.add(1)
    unread = engine.simulator.person(extract.ids[0])["id"]
    engine.simulator.faults({"fault": "server_error", "path": f"/people/{unread}$"})
    run_id = engine.land(extract)
    while not engine.database.rows("SELECT 1 FROM work_item WHERE kind = 'look_up'"):
        engine.workers.round()
    engine.target.trouble = THROTTLED
    engine.workers.round()
    run = engine.run(run_id)
    assert (run.state, run.reason) == (RunState.PLANNING, "throttled")
    assert left_s(engine, run) > 0
    engine.target.trouble = None
    engine.workers.until_quiet()
    run = engine.run(run_id)
    assert (run.reason, run.detail) == (None, None)
    assert engine.plan_of(run).facts["details_missing"] == 1


def test_reading_waits_as_often_as_it_is_asked_to(engine: Installation) -> None:
    engine.target.trouble = THROTTLED
    run_id = engine.land(engine.extract())
    for _ in range(20):
        engine.workers.round()
        engine.database.change("UPDATE work_item SET not_before = now() WHERE state = 'ready'")
    assert engine.run(run_id).state is RunState.FETCHING


def test_reading_is_never_idle_for_longer_than_a_minute(engine: Installation) -> None:
    """Whatever ASCIP doesn't ask to wait for: it may answer again at once."""
    engine.target.trouble = OPEN
    run_id = engine.land(engine.extract())
    while not engine.run(run_id).goes_on_at:
        engine.workers.round()
    waits = []
    for _look in range(4):
        waits.append(round(left_s(engine, engine.run(run_id)), -1))
        engine.database.change("UPDATE work_item SET not_before = now() WHERE state = 'ready'")
        engine.workers.round()
    assert waits == [30, 60, 60, 60]


def test_reading_gives_up_a_target_that_stays_away_and_nothing_is_planned(
    engine: Installation,
) -> None:
    engine.target.trouble = OPEN
    run = engine.plan(engine.extract())
    assert (run.state, run.reason) == (RunState.FAILED, "target_breaker_open")
    assert not engine.database.rows("SELECT * FROM plan")


def test_two_workers_that_meet_a_refused_key_at_once_don_t_block_each_other(
    engine: Installation,
) -> None:
    engine.configure(concurrency=2, rate_per_s=2)
    extract = engine.extract()
    extract.rename(extract.ids[:40])
    run = engine.approve(engine.plan(extract))
    engine.workers.threads = 4
    engine.simulator.faults({"fault": "key_revoked", "method": "PUT", "request": 1})
    engine.begin(run)
    engine.workers.until_quiet()
    assert (engine.run(run.id).state, engine.run(run.id).reason) == (RunState.PAUSED, "auth")
