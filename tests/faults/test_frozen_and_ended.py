"""A worker that sleeps while another takes over, and one that is asked to end: neither does harm.

Slow: processes start, and a lease runs out.
"""

import time

import pytest

from tests.faults.checker import Checker
from tests.faults.office import until
from tests.faults.story import Build, finish, many_updates, who_is_at, writing

pytestmark = pytest.mark.slow


def test_a_worker_that_sleeps_over_its_lease_writes_nothing_when_it_wakes(build: Build) -> None:
    """It falls asleep among creates that wait for the rate, of an ASCIP that takes each person twice."""
    plant = build(rate_per_s=10)
    plant.simulator.settings(duplicates="accepted")
    checker = Checker(plant)
    plant.extract.add(40)
    run_id = writing(plant, plant.extract.csv())
    sleeper = plant.parts[who_is_at(plant, "apply")]
    sleeper.freeze()
    finish(plant, checker, run_id)
    done = len(plant.simulator.writes())
    sleeper.thaw()
    time.sleep(3)
    assert len(plant.simulator.writes()) == done
    assert checker.broken() == []
    assert sleeper.alive


def test_a_worker_that_is_asked_to_end_finishes_its_calls_and_gives_the_rest_back(
    build: Build,
) -> None:
    """Within the thirty seconds that it is given; nobody waits for a lease."""
    plant = build(workers=1, rate_per_s=20)
    checker = Checker(plant)
    run_id = writing(plant, many_updates(plant, 60))
    worker = plant.parts["worker-1"]
    began = time.monotonic()
    worker.ask_to_end()
    assert worker.ended_within(30), "it didn't end in time"
    took = time.monotonic() - began
    until(lambda: not plant.rows("SELECT id FROM work_item WHERE state = 'leased'"), 1)
    assert not plant.rows("SELECT id FROM action WHERE status = 'attempting'")
    assert plant.office.state(run_id) == "applying"
    worker.bring_back()
    finish(plant, checker, run_id)
    assert took < 30
