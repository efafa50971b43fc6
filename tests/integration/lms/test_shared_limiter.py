"""The script in a real Valkey: spacing, bursts, holds, and several processes under one limit."""

import asyncio
import subprocess
import sys
import time

import pytest
from redis import Redis

from shared.adapters.lms.limiter import ValkeyLimiter
from shared.domain.errors import Transient

RATE, BURST = 50, 10

# What a worker process does: it paces calls for a while and prints when each could go.
WORKER = """
import asyncio, sys, time
from shared.adapters.lms.limiter import ValkeyLimiter
from shared.adapters.lms.pacing import Pacer

async def main(url, seconds):
    limiter = ValkeyLimiter(url, "lms", 50, 10)
    pacer = Pacer(limiter, 50)
    end = time.time() + seconds
    while time.time() < end:
        await pacer.turn()
        print(time.time())
    await limiter.close()

asyncio.run(main(sys.argv[1], float(sys.argv[2])))
"""


def waits(url: str, *slots: int, rate_per_s: float = RATE, burst: int = BURST) -> list[float]:
    async def run() -> list[float]:
        limiter = ValkeyLimiter(url, "lms", rate_per_s, burst)
        found = [await limiter.reserve(count) for count in slots]
        await limiter.close()
        return found

    return asyncio.run(run())


def hold(url: str, seconds: float) -> None:
    async def run() -> None:
        limiter = ValkeyLimiter(url, "lms", RATE, BURST)
        await limiter.hold(seconds)
        await limiter.close()

    asyncio.run(run())


def test_a_burst_goes_at_once_and_the_rest_is_spaced(valkey: str) -> None:
    found = waits(valkey, *[1] * (BURST + 20), rate_per_s=10)
    assert found[:BURST] == [0] * BURST
    for place, wait_s in enumerate(found[BURST:], start=1):
        assert wait_s == pytest.approx(place / 10, abs=0.09)


def test_several_slots_are_reserved_in_one_step(valkey: str) -> None:
    assert waits(valkey, 5, 1, rate_per_s=10, burst=1)[1] == pytest.approx(0.5, abs=0.05)


def test_a_hold_pushes_everyone_back_and_leaves_no_burst(valkey: str) -> None:
    hold(valkey, 30)
    first, second, third = waits(valkey, 1, 1, 1, rate_per_s=10)
    assert first == pytest.approx(30, abs=0.2)
    assert second - first == pytest.approx(0.1, abs=0.05)
    assert third - second == pytest.approx(0.1, abs=0.05)


def test_a_shorter_hold_does_not_lift_a_longer_one(valkey: str) -> None:
    hold(valkey, 30)
    hold(valkey, 1)
    assert waits(valkey, 1)[0] == pytest.approx(30, abs=0.2)


@pytest.mark.parametrize("seconds", [1e9, float("inf"), float("nan")])
def test_a_hold_is_never_longer_than_a_quarter_of_an_hour(valkey: str, seconds: float) -> None:
    hold(valkey, seconds)
    assert waits(valkey, 1)[0] == pytest.approx(900, abs=0.5)


def test_a_negative_hold_holds_nobody(valkey: str) -> None:
    hold(valkey, -5)
    assert waits(valkey, 1) == [0]


def test_a_clock_set_back_by_an_hour_stops_nobody_for_an_hour(valkey: str) -> None:
    with Redis.from_url(valkey) as client:
        client.set("{lms}:tat", int((time.time() + 3600) * 1e6))
    assert waits(valkey, 1) == [0]


def test_an_emptied_valkey_only_forgets_the_past(valkey: str) -> None:
    async def run() -> float:
        limiter = ValkeyLimiter(valkey, "lms", RATE, BURST)
        await limiter.reserve(BURST)
        with Redis.from_url(valkey) as client:
            client.flushall()
            client.script_flush()
        wait_s = await limiter.reserve()
        await limiter.close()
        return wait_s

    assert asyncio.run(run()) == 0


def test_a_valkey_out_of_reach_is_transient_and_named(tmp_path: object) -> None:
    with pytest.raises(Transient) as caught:
        waits(f"unix://{tmp_path}/none", 1)
    assert caught.value.code == "limiter_unavailable"


@pytest.mark.slow
def test_two_processes_share_one_limit(valkey: str) -> None:
    """Takes 4 s: the rate can only be seen over a while."""
    command = [sys.executable, "-c", WORKER, valkey, "3"]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [worker.communicate(timeout=30)[0].split() for worker in workers]
    assert all(len(output) > 30 for output in outputs)
    times = sorted(float(line) for output in outputs for line in output)
    most = max(
        sum(1 for other in times[place:] if other < start + 1) for place, start in enumerate(times)
    )
    assert most <= RATE + BURST
    spread_s = times[-1] - times[0]
    assert len(times) >= 0.95 * RATE * spread_s
