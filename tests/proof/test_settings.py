"""Each protective setting switched off, under random faults: the ledger holds what is promised all the same.

Two seeds each, with the workers' settings changed as it is said here.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from redis import RedisError

from tests.faults.nemesis import play
from tests.faults.plant import Grounds, Plant

pytestmark = pytest.mark.slow
SEEDS = (11, 12)


@pytest.mark.parametrize("seed", SEEDS)
def test_messages_acknowledged_before_the_work(grounds: Grounds, seed: int) -> None:
    assert held(grounds, seed, task_acks_late=False) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_messages_of_a_killed_pool_acknowledged(grounds: Grounds, seed: int) -> None:
    assert held(grounds, seed, task_reject_on_worker_lost=False) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_messages_hoarded(grounds: Grounds, seed: int) -> None:
    assert held(grounds, seed, worker_prefetch_multiplier=16) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_messages_given_out_again_while_they_are_worked_on(grounds: Grounds, seed: int) -> None:
    flips = {"visibility_timeout": 1, "unacked_restore_interval": 1}
    assert held(grounds, seed, **flips) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_messages_of_the_dead_kept_for_an_hour(grounds: Grounds, seed: int) -> None:
    flips = {"visibility_timeout": 3600, "unacked_restore_throttle": 10}
    assert held(grounds, seed, **flips) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_work_ended_with_its_connection(grounds: Grounds, seed: int) -> None:
    flip = {"worker_cancel_long_running_tasks_on_connection_loss": True}
    assert held(grounds, seed, **flip) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_silence_not_noticed(grounds: Grounds, seed: int) -> None:
    flips: dict[str, Any] = {"socket_timeout": None, "health_check_interval": 0}
    assert held(grounds, seed, **flips) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_redis_that_forgets_when_it_is_full(grounds: Grounds, seed: int) -> None:
    assert list(play(grounds, seed, meanwhile=forgetting)) == []


@contextmanager
def forgetting(plant: Plant) -> Iterator[None]:
    """Little memory, somebody else's keys, and whatever was used least recently is thrown away."""
    over, evicted = threading.Event(), [0]

    def fill() -> None:
        number = 0
        while not over.wait(0.05):
            with suppress(RedisError), plant.servers.redis as client:
                client.config_set("maxmemory-policy", "allkeys-lru")
                client.config_set("maxmemory", "2mb")
                client.set(f"somebody-else:{(number := number + 1)}", b"x" * 20_000)
                evicted[0] = max(evicted[0], client.info()["evicted_keys"])

    filling = threading.Thread(target=fill)
    filling.start()
    try:
        yield
    finally:
        over.set()
        filling.join()
        with suppress(RedisError), plant.servers.redis as client:
            client.config_set("maxmemory", "0")
            client.config_set("maxmemory-policy", "noeviction")
    assert evicted[0], "it forgot nothing"


def held(grounds: Grounds, seed: int, **flips: object) -> list[str]:
    """What doesn't hold, with the workers' settings changed."""
    return list(play(grounds, seed, flips=flips))
