"""PostgreSQL killed and started again while a plan is made and applied."""

import time

import pytest

from tests.faults.checker import Checker
from tests.faults.proxy import Mode
from tests.faults.story import Build, finish, many_updates, writes_again, writing

pytestmark = pytest.mark.slow
BACK_S = 30.0


def test_killed_and_recovered_while_applying(build: Build) -> None:
    """Three times; whoever needs it is back within half a minute, and nobody ends again and again."""
    plant = build(people=250, rate_per_s=30)
    checker = Checker(plant)
    run_id = writing(plant, many_updates(plant, 240))
    for _ in range(3):
        plant.servers.kill_postgres()
        time.sleep(2)
        plant.servers.start_postgres()
        print(f"writes again after {writes_again(plant, BACK_S):.1f} s")  # noqa: T201
    starts = {name: part.starts for name, part in plant.parts.running.items()}
    finish(plant, checker, run_id)
    assert max(starts.values()) <= 1 + 3 * 3, starts


def test_answers_to_commits_lost_while_applying(build: Build) -> None:
    """Nobody knows whether a commit took place: it is read again before anything is repeated."""
    plant = build(rate_per_s=30)
    checker = Checker(plant)
    run_id = writing(plant, many_updates(plant, 70))
    for name in ("worker-1", "worker-2"):
        plant.edges[f"{name}.postgres"].mode = Mode.HALF_OPEN
        time.sleep(2)
        plant.edges[f"{name}.postgres"].mode = Mode.OPEN
        time.sleep(1)
    finish(plant, checker, run_id)
