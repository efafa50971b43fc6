"""Workers that are killed or frozen, with the leases that users have: a minute, not seconds."""

import time

import pytest

from tests.faults.checker import Checker
from tests.faults.office import until
from tests.faults.story import (
    Build,
    a_story,
    finish,
    many_updates,
    who_is_at,
    writes_again,
    writing,
    written,
)

pytestmark = pytest.mark.slow
#: Lease and sweep.
TAKEN_OVER_S = 90.0
FROZEN_S = 100.0


def test_a_killed_worker_s_work_is_taken_over_within_ninety_seconds(build: Build) -> None:
    """Five times: from the kill to the next write of another worker."""
    plant = build(rate_per_s=20, real_times=True)
    checker = Checker(plant)
    took = []
    for _ in range(5):
        run_id = writing(plant, many_updates(plant, 40))
        plant.parts[who_is_at(plant, "apply")].kill()
        took.append(writes_again(plant, 2 * TAKEN_OVER_S))
        finish(plant, checker, run_id)
    print(f"taken over after {sorted(round(each, 1) for each in took)} s")  # noqa: T201
    assert max(took) <= TAKEN_OVER_S


def test_a_worker_frozen_for_longer_than_its_real_lease_is_fenced(build: Build) -> None:
    plant = build(rate_per_s=20, real_times=True)
    checker = Checker(plant)
    run_id = writing(plant, many_updates(plant, 50))
    sleeper = plant.parts[who_is_at(plant, "apply")]
    sleeper.freeze()
    frozen = time.monotonic()
    finish(plant, checker, run_id)
    time.sleep(max(0.0, FROZEN_S - (time.monotonic() - frozen)))
    done = written(plant)
    sleeper.thaw()
    time.sleep(5)
    assert written(plant) == done
    assert checker.broken() == []


def test_four_workers_share_the_work_and_nothing_is_done_twice(build: Build) -> None:
    """A piece of work is some ten seconds long: at this rate fifty updates."""
    plant = build(people=220, workers=4, rate_per_s=10)
    checker = Checker(plant)
    run_id = writing(plant, many_updates(plant, 200))
    workers: set[str] = set()

    def over() -> bool:
        leased = plant.rows("SELECT leased_by FROM work_item WHERE state = 'leased'")
        workers.update(str(row.leased_by).split(".")[0] for row in leased)
        return plant.office.state(run_id) == "applied"

    until(over, 180)
    assert len(workers) >= 3, workers
    finish(plant, checker, run_id)
    run_id = writing(plant, a_story(plant))
    finish(plant, checker, run_id)
