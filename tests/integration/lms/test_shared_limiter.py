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


def hold(url: str, seconds: float | None, *, refused: bool = False) -> float:
    async def run() -> float:
        limiter = ValkeyLimiter(url, "lms", RATE, BURST)
        held_s = await limiter.hold(seconds, refused=refused)
        assert await limiter.held_s() == pytest.approx(held_s, abs=0.1)
        await limiter.close()
        return held_s

    return asyncio.run(run())


def struck(url: str, times: int) -> list[float]:
    """Refusals that don't say how long to wait, each after the hold of the one before."""
    found = []
    for _ in range(times):
        found.append(hold(url, None, refused=True))
        no_hold_stands(url)
    return found


def no_hold_stands(url: str) -> None:
    with Redis.from_url(url) as client:
        client.delete("{lms}:hold", "{lms}:tat")
        client.hset("{lms}:strikes", "till", "0")


def aged(url: str, seconds: float) -> None:
    """As if the last strike were so much longer ago."""
    with Redis.from_url(url) as client:
        (at,) = client.hmget("{lms}:strikes", "at")
        assert isinstance(at, bytes)
        client.hset("{lms}:strikes", "at", str(int(at) - int(seconds * 1e6)))


def spacing_s(url: str) -> float:
    """The time between two slots, where the limit asks for 0.1 s."""
    first, second = waits(url, 1, 1, rate_per_s=10, burst=1)
    no_hold_stands(url)
    return second - first


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


def test_a_hold_says_how_long_the_one_lasts_that_stands_then(valkey: str) -> None:
    assert hold(valkey, 3) == pytest.approx(3, abs=0.1)
    assert hold(valkey, 1) == pytest.approx(3, abs=0.2)
    assert hold(valkey, 9) == pytest.approx(9, abs=0.1)


@pytest.mark.parametrize("key", ["tat", "hold"])
def test_a_clock_set_back_by_an_hour_stops_nobody_for_an_hour(valkey: str, key: str) -> None:
    with Redis.from_url(valkey) as client:
        client.set(f"{{lms}}:{key}", int((time.time() + 3600) * 1e6))
    assert waits(valkey, 1) == [0]


def test_strikes_from_before_the_clock_was_set_back_are_forgotten(valkey: str) -> None:
    struck(valkey, 5)
    aged(valkey, -3600)
    assert spacing_s(valkey) == pytest.approx(0.1, abs=0.02)
    assert hold(valkey, None, refused=True) == pytest.approx(1, abs=0.05)


def test_without_a_word_from_the_lms_the_wait_doubles_up_to_half_a_minute(valkey: str) -> None:
    assert struck(valkey, 7) == pytest.approx([1, 2, 4, 8, 16, 30, 30], rel=0.05)


def test_a_minute_later_a_strike_counts_half(valkey: str) -> None:
    struck(valkey, 4)
    aged(valkey, 60)
    assert struck(valkey, 1)[0] == pytest.approx(4, rel=0.05)  # 4 / 2 + 1 strikes


def test_refusals_within_a_penalty_are_one_strike(valkey: str) -> None:
    for _ in range(50):
        hold(valkey, 5, refused=True)
    no_hold_stands(valkey)
    assert spacing_s(valkey) == pytest.approx(0.1, abs=0.02)


def test_a_refusal_that_names_no_time_does_not_lengthen_a_penalty_that_stands(valkey: str) -> None:
    hold(valkey, 3, refused=True)
    assert hold(valkey, None, refused=True) == pytest.approx(3, abs=0.2)


def test_refusals_a_moment_apart_are_one_strike_however_short_the_penalty(valkey: str) -> None:
    for _ in range(20):
        hold(valkey, 0.001, refused=True)
    with Redis.from_url(valkey) as client:
        client.hset("{lms}:strikes", "till", "0")
    assert spacing_s(valkey) == pytest.approx(0.1, abs=0.02)


def test_each_further_strike_slows_everybody_by_half_up_to_eight_times(valkey: str) -> None:
    found = []
    for _ in range(9):
        struck(valkey, 1)
        found.append(spacing_s(valkey) / 0.1)
    expected = [1, 1.5, 1.5**2, 1.5**3, 1.5**4, 1.5**5, 8, 8, 8]
    assert found == pytest.approx(expected, rel=0.05, abs=0.1)


def test_it_recovers_from_the_longest_storm_within_three_minutes(valkey: str) -> None:
    struck(valkey, 30)
    assert spacing_s(valkey) == pytest.approx(0.8, abs=0.05)
    aged(valkey, 60)
    assert spacing_s(valkey) == pytest.approx(0.1 * 1.5**2.5, rel=0.05)
    aged(valkey, 120)
    assert spacing_s(valkey) == pytest.approx(0.1, abs=0.01)


def test_a_shortage_holds_and_is_no_strike(valkey: str) -> None:
    for _ in range(5):
        assert hold(valkey, 2, refused=False) == pytest.approx(2, abs=0.1)
        no_hold_stands(valkey)
    assert spacing_s(valkey) == pytest.approx(0.1, abs=0.02)
    hold(valkey, 2, refused=False)
    assert hold(valkey, None, refused=True) == pytest.approx(2, abs=0.2)


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
