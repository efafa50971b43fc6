"""When nobody asks an LMS any more, who asks first again, and who waits how long."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from shared.adapters.lms.breaker import FAILURES, Breaker
from shared.domain.errors import KeyRefused, OutcomeUnknown, Permanent, TargetError, Transient
from tests.unit.adapters.lms.fake_time import PassingTime

NO_ANSWER = Transient("no answer", code="no_answer")


class Lms:
    """Calls made through a breaker: each hangs for ``takes_s``, then ends as ``error`` says."""

    def __init__(self, breaker: Breaker, time: PassingTime) -> None:
        self.breaker, self.time = breaker, time
        self.error: TargetError | None = None
        self.takes_s = 0.0
        self.called_at: list[float] = []

    async def call(self) -> str:
        probe = await self.breaker.admit()
        with self.breaker.watched(probe):
            self.called_at.append(self.time.now_s - 1000)
            if self.takes_s:
                await self.time.sleep(self.takes_s)
            if self.error:
                raise self.error
            return "ok"

    async def fail(self, times: int, error: TargetError = NO_ANSWER) -> None:
        self.error = error
        for _ in range(times):
            with pytest.raises(TargetError):
                await self.call()

    async def opened(self) -> None:
        await self.fail(FAILURES)
        assert self.breaker.open
        self.called_at.clear()

    def calls(self, count: int) -> list[asyncio.Task[str]]:
        return [asyncio.create_task(self.call()) for _ in range(count)]


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)


@pytest.fixture
def lms() -> Lms:
    time = PassingTime()
    return Lms(Breaker(sleep=time.sleep, clock=time.clock), time)


@pytest.mark.parametrize(("failures", "is_open"), [(9, False), (10, True)])
@pytest.mark.parametrize(
    "error",
    [
        NO_ANSWER,
        OutcomeUnknown("no answer to a write", code="no_answer"),
        Transient("refused", code="unreachable"),
        Transient("cut", code="garbled_answer"),
        Transient("busy", code="unavailable", status=503),
        OutcomeUnknown("broken", code="internal", status=500),
    ],
)
def test_ten_failures_in_a_row_open_it(
    lms: Lms, error: TargetError, failures: int, is_open: bool
) -> None:
    run(lms.fail(failures, error))
    assert lms.breaker.open is is_open


@pytest.mark.parametrize(
    "answer",
    [None, Permanent("no", code="not_found", status=404), Transient("?", code="odd", status=303)],
)
def test_any_other_answer_begins_the_count_anew(lms: Lms, answer: TargetError | None) -> None:
    async def test() -> None:
        await lms.fail(FAILURES - 1)
        if answer:
            await lms.fail(1, answer)
        else:
            lms.error = None
            await lms.call()
        await lms.fail(FAILURES - 1)
        assert not lms.breaker.open

    run(test())


@pytest.mark.parametrize(
    "answer",
    [
        KeyRefused("no", code="unknown_key", status=401),
        KeyRefused("no", code="insufficient_scope", status=403),
        Transient("slow", code="rate_limited", status=429),
    ],
)
def test_a_refusal_counts_neither_way(lms: Lms, answer: TargetError) -> None:
    async def test() -> None:
        await lms.fail(FAILURES - 1)
        await lms.fail(50, answer)
        assert not lms.breaker.open
        await lms.fail(1)
        assert lms.breaker.open

    run(test())


def test_after_a_second_one_goes_and_its_answer_lets_the_others_go(lms: Lms) -> None:
    async def test() -> None:
        await lms.opened()
        lms.error, lms.takes_s = None, 2.0
        calls = lms.calls(20)
        await lms.time.pass_by(0.9)
        assert lms.called_at == []
        await lms.time.pass_by(1.9)
        assert lms.called_at == [1.0]
        await lms.time.pass_by(5)
        assert lms.called_at == [1.0] + [3.0] * 19
        assert await asyncio.gather(*calls) == ["ok"] * 20
        assert not lms.breaker.open

    run(test())


def test_each_probe_that_fails_doubles_the_pause_up_to_half_a_minute(lms: Lms) -> None:
    async def test() -> None:
        await lms.opened()
        (call,) = lms.calls(1)
        for _tenth in range(1000):
            await lms.time.pass_by(0.1)
            if call.done():
                assert isinstance(call.exception(), Transient)
                (call,) = lms.calls(1)
        call.cancel()
        waits = [b - a for a, b in zip(lms.called_at, lms.called_at[1:], strict=False)]
        assert lms.called_at[0] == pytest.approx(1, abs=0.11)
        assert waits == pytest.approx([2, 4, 8, 16, 30, 30], abs=0.11)

    run(test())


@pytest.mark.parametrize(("after_s", "waits"), [(29.9, True), (30.1, False)])
def test_once_it_has_been_open_for_half_a_minute_nobody_waits(
    lms: Lms, after_s: float, waits: bool
) -> None:
    async def test() -> None:
        await lms.opened()
        calls = lms.calls(1)
        for pause_s in (1.0, 2.0, 4.0, 8.0):  # probes at 1, 3, 7 and 15 s; the next at 31 s
            await lms.time.pass_by(pause_s)
            await asyncio.wait(calls)
            calls = lms.calls(1)
        await lms.time.pass_by(after_s - 15)
        assert calls[0].done() is not waits
        if not waits:
            (error,) = await asyncio.gather(*calls, return_exceptions=True)
            assert isinstance(error, Transient)
            assert error.code == "breaker_open"
            assert error.retry_after_s == pytest.approx(1)
        await lms.time.pass_by(31 - after_s)
        lms.error = None
        assert await lms.call() == "ok"
        assert not lms.breaker.open
        await asyncio.gather(*calls, return_exceptions=True)

    run(test())


def test_callers_wait_for_a_probe_that_is_under_way_however_late_it_is(lms: Lms) -> None:
    """Failing at once would cancel the probe where calls of one read end together."""

    async def test() -> None:
        await lms.opened()
        await lms.time.pass_by(60)
        lms.error, lms.takes_s = None, 3.0
        calls = lms.calls(5)
        await lms.time.pass_by(1)
        assert len(lms.called_at) == 1
        assert not any(call.done() for call in calls)
        await lms.time.pass_by(10)
        assert await asyncio.gather(*calls) == ["ok"] * 5

    run(test())


def test_when_the_probe_is_canceled_another_caller_is_the_probe(lms: Lms) -> None:
    async def test() -> None:
        await lms.opened()
        lms.error, lms.takes_s = None, 5.0
        calls = lms.calls(5)
        await lms.time.pass_by(2)
        assert lms.called_at == [1.0]
        calls[0].cancel()
        await lms.time.pass_by(1)
        assert lms.called_at == [1.0, 2.0]
        await lms.time.pass_by(20)
        assert await asyncio.gather(*calls[1:]) == ["ok"] * 4

    run(test())


def test_a_waiting_caller_that_is_canceled_takes_nobody_with_it(lms: Lms) -> None:
    async def test() -> None:
        await lms.opened()
        lms.error = None
        calls = lms.calls(3)
        await lms.time.pass_by(0.5)
        calls[0].cancel()
        await lms.time.pass_by(1)
        assert await asyncio.gather(*calls[1:]) == ["ok"] * 2

    run(test())


def test_a_probe_that_is_let_go_before_its_call_leaves_the_turn_to_the_next(lms: Lms) -> None:
    async def test() -> None:
        await lms.opened()
        await lms.time.pass_by(1)
        probe = await lms.breaker.admit()
        assert probe is not None
        lms.error = None
        (waiting,) = lms.calls(1)
        await lms.time.pass_by(1)
        assert not waiting.done()
        lms.breaker.let_go(probe)
        assert await waiting == "ok"

    run(test())


def test_an_answer_to_an_earlier_call_closes_it_too(lms: Lms) -> None:
    async def test() -> None:
        lms.takes_s = 1.5
        (slow,) = lms.calls(1)
        await lms.time.pass_by(0.1)
        lms.takes_s = 0.0
        await lms.fail(FAILURES)
        lms.error = None
        waiting = lms.calls(3)
        await lms.time.pass_by(1.4)
        assert await asyncio.gather(slow, *waiting) == ["ok"] * 4

    run(test())


def test_a_call_that_fails_after_it_opened_does_not_lengthen_the_pause(lms: Lms) -> None:
    async def test() -> None:
        lms.error, lms.takes_s = NO_ANSWER, 0.5
        late = lms.calls(30)
        await lms.time.pass_by(0.6)
        await asyncio.gather(*late, return_exceptions=True)
        assert lms.breaker.open
        lms.error, lms.takes_s = None, 0.0
        (next_call,) = lms.calls(1)
        await lms.time.pass_by(1)
        assert await next_call == "ok"

    run(test())


def test_who_waits_sleeps_once_for_each_thing_that_can_happen(lms: Lms) -> None:
    async def test() -> None:
        await lms.opened()
        calls = lms.calls(10)
        await lms.time.pass_by(29)
        # Each of ten callers, for each of the probes at 1, 3, 7 and 15 s and the end at 30 s.
        assert lms.time.slept <= 10 * 5
        await lms.time.pass_by(5)
        await asyncio.gather(*calls, return_exceptions=True)

    run(test())
