"""One process's share of the rate limit, with a limiter that does what it is told."""

import asyncio

import pytest

from shared.adapters.lms.pacing import Pacer
from shared.domain.errors import Transient
from tests.unit.adapters.lms.fake_limiter import FakeLimiter
from tests.unit.adapters.lms.fake_time import FakeTime


def turns(pacer: Pacer, time: FakeTime, count: int) -> list[float]:
    async def run() -> list[float]:
        at = []
        for _turn in range(count):
            await pacer.turn()
            at.append(round(time.now_s - 1000, 6))
        return at

    return asyncio.run(run())


async def at_once(pacer: Pacer, callers: int) -> None:
    await asyncio.gather(*(pacer.turn() for _caller in range(callers)))


@pytest.mark.parametrize(("rate_per_s", "batch"), [(0.5, 1), (10, 1), (39, 1), (40, 2), (400, 20)])
def test_for_who_waits_slots_are_reserved_a_twentieth_of_a_second_at_a_time(
    fake_time: FakeTime, rate_per_s: float, batch: int
) -> None:
    limiter = FakeLimiter(fake_time, rate_per_s)
    pacer = Pacer(limiter, rate_per_s, sleep=fake_time.sleep, clock=fake_time.clock)
    asyncio.run(at_once(pacer, 1 + 2 * batch))
    assert limiter.reserved == [1, batch, batch]


def test_slots_that_nobody_here_would_use_are_left_to_other_processes(fake_time: FakeTime) -> None:
    limiter = FakeLimiter(fake_time, 10_000)
    pacer = Pacer(limiter, 10_000, sleep=fake_time.sleep, clock=fake_time.clock)

    async def run() -> None:
        for _wave in range(20):
            await at_once(pacer, 8)
            fake_time.now_s += 0.1  # until all eight have their answers

    asyncio.run(run())
    assert 160 <= sum(limiter.reserved) < 1.2 * 160


@pytest.mark.parametrize("every_ms", [1, 2, 7])
def test_who_calls_steadily_asks_the_limiter_every_twentieth_of_a_second(
    fake_time: FakeTime, every_ms: int
) -> None:
    limiter = FakeLimiter(fake_time, 10_000)
    pacer = Pacer(limiter, 10_000, sleep=fake_time.sleep, clock=fake_time.clock)

    async def run() -> None:
        for _call in range(2000):
            await pacer.turn()
            fake_time.now_s += every_ms / 1000

    asyncio.run(run())
    spans = 2000 * every_ms / 50
    assert len(limiter.reserved) < 50 / every_ms + 1.2 * spans
    assert sum(limiter.reserved) < 1.2 * 2000


def test_turns_keep_their_distance(fake_time: FakeTime) -> None:
    pacer = Pacer(FakeLimiter(fake_time, 40), 40, sleep=fake_time.sleep, clock=fake_time.clock)
    assert turns(pacer, fake_time, 5) == [0, 0.025, 0.05, 0.075, 0.1]


def test_a_slot_that_was_not_used_in_time_is_thrown_away(fake_time: FakeTime) -> None:
    limiter = FakeLimiter(fake_time, 400)
    pacer = Pacer(limiter, 400, sleep=fake_time.sleep, clock=fake_time.clock)

    async def run() -> None:
        for pause_s in [0.004] * 13 + [0, 1, 0]:
            await pacer.turn()
            fake_time.now_s += pause_s

    asyncio.run(run())
    assert limiter.reserved == [1] * 13 + [12, 1]


def test_a_caller_that_gives_up_leaves_its_slot_to_the_next(fake_time: FakeTime) -> None:
    limiter = FakeLimiter(fake_time, 2)
    pacer = Pacer(limiter, 2, sleep=fake_time.sleep, clock=fake_time.clock)
    limiter.next_s += 0.5

    async def run() -> None:
        hasty = asyncio.create_task(pacer.turn())
        await asyncio.sleep(0)  # it asks the limiter
        await asyncio.sleep(0)  # it sleeps
        hasty.cancel()
        await asyncio.wait([hasty])
        await pacer.turn()

    asyncio.run(run())
    assert limiter.reserved == [1]


def test_a_hold_throws_away_reserved_slots_and_reaches_the_others(fake_time: FakeTime) -> None:
    limiter = FakeLimiter(fake_time, 40)
    pacer = Pacer(limiter, 40, sleep=fake_time.sleep, clock=fake_time.clock)
    turns(pacer, fake_time, 1)
    asyncio.run(pacer.hold(5, refused=True))
    assert limiter.holds == [(5, True)]
    assert turns(pacer, fake_time, 1) == [5]


def test_a_hold_that_comes_while_a_caller_waits_for_its_slot_counts_too(
    fake_time: FakeTime,
) -> None:
    limiter = FakeLimiter(fake_time, 1)
    pacer = Pacer(limiter, 1, sleep=fake_time.sleep, clock=fake_time.clock)

    async def run() -> float:
        await pacer.turn()
        waiting = asyncio.create_task(pacer.turn())
        await asyncio.sleep(0)
        await pacer.hold(5, refused=True)
        await waiting
        return fake_time.now_s - 1000

    assert asyncio.run(run()) >= 5


def test_a_long_hold_is_an_error_that_says_how_long_and_wastes_no_slots(
    fake_time: FakeTime,
) -> None:
    limiter = FakeLimiter(fake_time, 10)
    pacer = Pacer(limiter, 10, sleep=fake_time.sleep, clock=fake_time.clock)
    limiter.next_s = fake_time.now_s + 600
    for _call in range(5):
        with pytest.raises(Transient) as caught:
            turns(pacer, fake_time, 1)
        assert caught.value.code == "throttled"
        assert caught.value.retry_after_s == pytest.approx(600)
    assert limiter.reserved == [1]


@pytest.mark.parametrize(("hold_s", "waits"), [(30, True), (30.1, False)])
def test_half_a_minute_is_waited_for_and_not_more(
    fake_time: FakeTime, hold_s: float, waits: bool
) -> None:
    limiter = FakeLimiter(fake_time, 10)
    pacer = Pacer(limiter, 10, sleep=fake_time.sleep, clock=fake_time.clock)
    asyncio.run(pacer.hold(hold_s, refused=True))
    if waits:
        assert turns(pacer, fake_time, 1) == [30]
    else:
        with pytest.raises(Transient, match="30 s"):
            turns(pacer, fake_time, 1)


def test_a_hold_of_another_process_is_met_by_who_waits_for_a_slot(fake_time: FakeTime) -> None:
    limiter = FakeLimiter(fake_time, 10)
    pacer = Pacer(limiter, 10, sleep=fake_time.sleep, clock=fake_time.clock)
    turns(pacer, fake_time, 1)
    limiter.held_until_s = limiter.next_s = fake_time.now_s + 3
    limiter.next_s = fake_time.now_s + 0.1
    first_s = turns(pacer, fake_time, 1)[0]
    assert first_s >= 3


def test_who_need_not_wait_asks_the_limiter_nothing_more(fake_time: FakeTime) -> None:
    limiter = FakeLimiter(fake_time, 400)
    pacer = Pacer(limiter, 400, sleep=fake_time.sleep, clock=fake_time.clock)

    async def run() -> tuple[int, int]:
        await at_once(pacer, 1)
        fake_time.now_s += 1
        asked = limiter.asked
        await at_once(pacer, 21)
        return asked, limiter.asked

    assert asyncio.run(run()) == (0, 1)


def test_how_long_to_wait_after_a_refusal_is_up_to_the_limiter_where_nobody_says(
    fake_time: FakeTime,
) -> None:
    pacer = Pacer(FakeLimiter(fake_time, 10), 10, sleep=fake_time.sleep, clock=fake_time.clock)
    assert asyncio.run(pacer.hold(None, refused=True)) == 2
    assert turns(pacer, fake_time, 1) == [2]


@pytest.mark.parametrize(("seconds", "held_s"), [(5, 5), (None, 1)])
def test_a_hold_is_kept_here_when_the_limiter_is_out_of_reach(
    fake_time: FakeTime, seconds: float | None, held_s: float
) -> None:
    limiter = FakeLimiter(fake_time, 10)
    limiter.gone = True
    pacer = Pacer(limiter, 10, sleep=fake_time.sleep, clock=fake_time.clock)
    assert asyncio.run(pacer.hold(seconds, refused=True)) == held_s
    assert turns(pacer, fake_time, 1)[0] >= held_s
