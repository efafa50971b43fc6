"""ASCIP takes requests and says nothing: the run waits, what took effect is found, nothing has failed."""

import time

import pytest

from shared.domain.action import ActionStatus
from shared.domain.run import RunState
from tests.fakes.dying import WatchedTarget
from tests.fakes.installation import Installation, lms_of
from tests.integration.pipeline.done_once import require_done_once

#: The breaker asks by itself, after at most half a minute.
HEALED_WITHIN_S = 40


@pytest.mark.slow
@pytest.mark.parametrize("takes_effect", [True, False], ids=["after the effect", "before it"])
def test_silence_parks_the_run_fails_nothing_and_is_settled_afterwards(
    engine: Installation, takes_effect: bool
) -> None:
    """Takes some seconds each: calls run into their timeout, and the breaker opens and tries."""
    engine.target.close()
    engine.target = WatchedTarget(lms_of(engine.simulator, timeout_s=0.15))
    engine.configure(target=engine.target)
    engine.simulator.settings(duplicates="accepted")
    extract = engine.extract()
    extract.story()
    extract.rename(extract.ids[20:40])
    run = engine.approve(engine.plan(extract))
    silent = {"fault": "black_hole", "probability": 1, "hold_s": 1}
    engine.simulator.faults(
        {**silent, "method": "POST", "takes_effect": takes_effect},
        {**silent, "method": "PUT", "takes_effect": takes_effect},
        {**silent, "method": "GET"},
    )
    run = engine.apply(run)
    assert (run.state, run.reason) == (RunState.PAUSED, "breaker")
    for _ in range(3):
        engine.workers.time_passes()
        engine.workers.until_quiet()
        assert engine.run(run.id).state is RunState.PAUSED
    assert engine.statuses(run).keys() <= {ActionStatus.PLANNED, ActionStatus.UNKNOWN}
    engine.simulator.faults()
    deadline = time.monotonic() + HEALED_WITHIN_S
    while engine.run(run.id).state is RunState.PAUSED:
        assert time.monotonic() < deadline
        engine.workers.time_passes()
        engine.workers.until_quiet()
        time.sleep(0.1)
    actions = require_done_once(engine, run)
    assert any(stored.settled for stored in actions) is takes_effect
