"""Redis emptied, killed, out of reach, silent, repeating and restored from a dump of before."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.faults.checker import Checker
from tests.faults.office import until
from tests.faults.plant import Plant
from tests.faults.proxy import Mode
from tests.faults.story import Build, a_story, finish, many_updates, writes_again, writing, written

pytestmark = pytest.mark.slow
#: How long a part may need to find out, and to go on.
RESUMED_S = 60.0


@contextmanager
def again_and_again(act: Callable[[], object], every_s: float) -> Iterator[None]:
    """Do something every so often while the block runs."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(every_s):
            act()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_emptied_every_ten_seconds_during_two_thousand_actions(build: Build) -> None:
    """With messages that count as lost after half a minute, as users have them: some three minutes."""
    plant = build(people=2100, rate_per_s=40, real_times=True)
    checker = Checker(plant)
    content = many_updates(plant, 2000)
    run_id = plant.office.start(plant.office.send(content))
    with again_and_again(plant.servers.flush_valkey, 10):
        assert plant.office.wait(run_id, seconds=600) == "awaiting_approval"
        plant.office.begin(run_id)
        assert plant.office.wait(run_id, seconds=900) == "applied"
    finish(plant, checker, run_id)
    done = "SELECT count(*) FROM action WHERE status = 'succeeded' AND kind = 'update'"
    assert written(plant) == plant.value(done) >= 2000


def test_killed_without_persistence_and_started_empty(build: Build) -> None:
    plant = build(rate_per_s=20, real_times=True)
    checker = Checker(plant)
    run_id = writing(plant, many_updates(plant, 60))
    plant.servers.kill_valkey()
    time.sleep(5)
    plant.servers.start_valkey()
    print(f"goes on after {writes_again(plant, RESUMED_S):.1f} s")  # noqa: T201
    finish(plant, checker, run_id)


def test_out_of_reach_uploads_are_taken_and_runs_wait_and_say_why(build: Build) -> None:
    """A minute and a half stands for ten: nothing in between is counted in minutes."""
    plant = build(real_times=True)
    checker = Checker(plant)
    edges = [edge for name, edge in plant.edges.items() if name.endswith(".valkey")]
    for edge in edges:
        edge.mode = Mode.DOWN
    time.sleep(5)
    run_id = plant.office.start(plant.office.send(a_story(plant)))
    time.sleep(85)
    waiting = plant.office.run(run_id)
    assert waiting["state"] == "queued"
    health = plant.office.health()
    assert health["status"] != "pass", health
    for edge in edges:
        edge.mode = Mode.OPEN
    assert plant.office.wait(run_id) == "awaiting_approval"
    plant.office.begin(run_id)
    finish(plant, checker, run_id)


@pytest.mark.parametrize("mode", [Mode.SILENT, Mode.HALF_OPEN])
def test_a_worker_that_hears_nothing_notices_within_a_minute(build: Build, mode: Mode) -> None:
    """Its connection stands, and nothing comes; afterwards the same connection is dead."""
    plant = build(workers=1, real_times=True)
    checker = Checker(plant)
    edge = plant.edges["worker-1.valkey"]
    edge.mode = mode
    run_id = plant.office.start(plant.office.send(a_story(plant)))
    time.sleep(20)
    edge.mode = Mode.OPEN
    began = time.monotonic()
    assert plant.office.wait(run_id, seconds=RESUMED_S) == "awaiting_approval"
    print(f"works again after {time.monotonic() - began:.1f} s")  # noqa: T201
    plant.office.begin(run_id)
    finish(plant, checker, run_id)


def repeat(plant: Plant, known: set[bytes], copies: int) -> None:
    """Turn what waits in each queue around; what wasn't seen before comes so many times."""
    with plant.servers.redis as client:
        for key in client.keys("ascip-sync:*"):
            if client.type(key) == b"list":
                waiting = client.lrange(key, 0, -1)
                new = [message for message in waiting if message not in known]
                known.update(new)
                if waiting:
                    client.ltrim(key, len(waiting), -1)
                    client.lpush(key, *reversed(waiting), *new * (copies - 1))


@pytest.mark.parametrize("copies", [1, 100])
def test_messages_many_times_and_in_any_order(build: Build, copies: int) -> None:
    """One is their order alone: what came last is given out first."""
    plant = build(rate_per_s=30)
    checker = Checker(plant)
    known: set[bytes] = set()
    with again_and_again(lambda: repeat(plant, known, copies), 0.1):
        run_id = plant.office.plan(a_story(plant))
        plant.office.begin(run_id)
        assert plant.office.wait(run_id) == "applied"
    finish(plant, checker, run_id)


def test_restored_from_a_dump_of_before(build: Build) -> None:
    """What it brings back names work that is done."""
    plant = build(workers=1, rate_per_s=20)
    checker = Checker(plant)
    plant.parts["worker-1"].kill(stay_dead=True)
    run_id = plant.office.start(plant.office.send(a_story(plant)))
    with plant.servers.redis as client:
        until(lambda: client.llen("ascip-sync:work"))
        dump = {key: client.dump(key) for key in client.keys("ascip-sync:*")}
        assert any(dump.values())
        plant.parts["worker-1"].bring_back()
        assert plant.office.wait(run_id) == "awaiting_approval"
        plant.office.begin(run_id)
        finish(plant, checker, run_id)
        plant.servers.kill_valkey()
        plant.servers.start_valkey()
    before = written(plant)
    with plant.servers.redis as client:
        for key, value in dump.items():
            if value is not None:
                client.restore(key, 0, value, replace=True)
        until(lambda: not client.llen("ascip-sync:work"), RESUMED_S)
    time.sleep(2)
    assert written(plant) == before
    assert checker.broken() == []
