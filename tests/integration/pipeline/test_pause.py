"""Paused, resumed, canceled and retried, also while calls are in flight: everything is done once."""

import random
from collections.abc import Callable

import pytest

from shared.domain.action import ActionStatus
from shared.domain.errors import Conflict
from shared.domain.run import PausedReason, Run, RunState
from shared.pipeline.carry_out import RESUMABLE, RETRIABLE, cancel, go_on_with, pause_by
from shared.pipeline.follow import at_rest
from shared.pipeline.look import progress
from tests.fakes.installation import OPERATOR, Installation
from tests.integration.pipeline.done_once import require_done_once

Verb = Callable[[Installation, Run], None]


@pytest.fixture
def approved(engine: Installation) -> Run:
    """Adds, updates, joins, leaves and deactivations, approved; calls in waves of two.

    The target would make the same person twice: it is the engine that must not.
    """
    engine.configure(concurrency=2, rate_per_s=2)
    engine.simulator.settings(duplicates="accepted")
    extract = engine.extract()
    extract.story()
    return engine.approve(engine.plan(extract))


def pause(engine: Installation, run: Run) -> None:
    pause_by(engine.tools, run.id, OPERATOR)


def resume(engine: Installation, run: Run) -> None:
    sha = run.mapping_sha256
    go_on_with(engine.tools, run.id, OPERATOR, states=RESUMABLE, mapping=lambda: sha)


def end(engine: Installation, run: Run) -> None:
    cancel(engine.tools, run.id, OPERATOR)


def retry(engine: Installation, run: Run) -> None:
    sha = run.mapping_sha256
    go_on_with(engine.tools, run.id, OPERATOR, states=RETRIABLE, mapping=lambda: sha)


def in_the_next_call(engine: Installation, run: Run, *verbs: Verb, after: bool) -> None:
    """Have people act while a call is in flight: before ASCIP sees it, or before we see the answer.

    Other workers take up at once what there is to do then.
    """

    def act() -> None:
        for verb in verbs:
            verb(engine, run)
        engine.workers.round()

    if after:
        engine.target.after = act
    else:
        engine.target.before = act


STOPS = [(pause, resume, RunState.PAUSED), (end, retry, RunState.CANCELED)]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("stop", "go_on", "state"), STOPS)
def test_the_call_in_flight_is_finished_and_the_rest_waits_until_the_run_goes_on(
    engine: Installation, approved: Run, stop: Verb, go_on: Verb, state: RunState, *, after: bool
) -> None:
    engine.begin(approved)
    in_the_next_call(engine, approved, stop, after=after)
    engine.workers.until_quiet()
    assert engine.run(approved.id).state is state
    statuses = engine.statuses(approved)
    left = ActionStatus.PLANNED if state is RunState.PAUSED else ActionStatus.NOT_ATTEMPTED
    assert set(statuses) == {ActionStatus.SUCCEEDED, left}
    # The second wave of two has begun by then, or not.
    assert statuses[ActionStatus.SUCCEEDED] in (1, 2), "the waves that were under way"
    go_on(engine, approved)
    engine.workers.until_quiet()
    require_done_once(engine, approved)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("stop", "go_on", "state"), STOPS)
def test_who_stops_and_goes_on_within_one_call_does_nothing_twice(
    engine: Installation, approved: Run, stop: Verb, go_on: Verb, state: RunState, *, after: bool
) -> None:
    assert state in RESUMABLE | RETRIABLE
    engine.begin(approved)
    in_the_next_call(engine, approved, stop, go_on, stop, go_on, after=after)
    engine.workers.until_quiet()
    require_done_once(engine, approved)


@pytest.mark.parametrize("seed", range(6))
def test_people_who_stop_and_go_on_at_any_time_do_nothing_twice(
    engine: Installation, approved: Run, seed: int
) -> None:
    """Three workers, and before or after each call somebody may press any of the four buttons."""
    chance = random.Random(seed)
    verbs = [pause, resume, end, retry]
    pressed = 0

    def press() -> None:
        nonlocal pressed
        engine.target.before, engine.target.after = (
            (press, None) if chance.random() < 0.5 else (None, press)
        )
        try:
            chance.choice(verbs)(engine, approved)
            pressed += 1
        except Conflict:
            pass

    engine.workers.threads = 3
    engine.workers.random = random.Random(seed)
    engine.begin(approved)
    engine.target.before = press
    for _ in range(50):
        engine.workers.until_quiet()
        state = engine.run(approved.id).state
        if state not in RESUMABLE | RETRIABLE:
            break
        (resume if state in RESUMABLE else retry)(engine, approved)
    assert pressed
    require_done_once(engine, approved)


def test_a_pause_is_audited_under_who_made_it_and_repeating_it_changes_nothing(
    engine: Installation, approved: Run
) -> None:
    engine.begin(approved)
    pause(engine, approved)
    pause(engine, approved)
    run = engine.run(approved.id)
    assert (run.reason, run.detail) == (PausedReason.OPERATOR, "paused by user:olga")
    assert (run.next.actor, run.next.step) == ("operator", "resume_or_cancel")
    paused = engine.database.rows(
        "SELECT actor FROM audit_entry WHERE run_id = :run AND verb = 'run.state_changed'"
        " AND CAST(entry AS jsonb)->'detail'->>'to' = 'paused'", run=run.id,
    )  # fmt: skip
    assert [row.actor for row in paused] == ["user:olga"]


def test_only_a_run_that_applies_can_be_paused(engine: Installation, approved: Run) -> None:
    with pytest.raises(Conflict, match="only a run that is applying can be paused"):
        pause(engine, approved)
    assert engine.run(approved.id).state is RunState.APPROVED


def test_a_canceled_run_is_at_rest_when_the_last_call_has_come_back(
    engine: Installation, approved: Run
) -> None:
    resting: list[bool] = []

    def look(engine: Installation, run: Run) -> None:
        resting.append(at_rest(progress(engine.tools, run.id)))

    engine.begin(approved)
    in_the_next_call(engine, approved, end, look, after=True)
    engine.workers.until_quiet()
    look(engine, approved)
    assert resting == [False, True]
