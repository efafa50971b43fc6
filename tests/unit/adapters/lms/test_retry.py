"""The one retry: who is asked again, how often, and how long it may take."""

import asyncio
from collections.abc import Callable

import pytest

from shared.adapters.lms.retry import Budget, Retry, piece, time_left_s
from shared.domain.errors import KeyRefused, OutcomeUnknown, Permanent, TargetError, Transient
from tests.unit.adapters.lms.fake_time import FakeTime


class Script:
    """Raises the given errors one after another, then returns `done`."""

    def __init__(self, *errors: TargetError) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def busy() -> Transient:
    return Transient("busy", code="unavailable", status=503)


def throttled(wait_s: float) -> Transient:
    return Transient("slow", code="rate_limited", status=429, retry_after_s=wait_s)


def retry(time: FakeTime, jitter: Callable[[], float] = lambda: 0.5, attempts: int = 4) -> Retry:
    return Retry(attempts=attempts, time_s=60, sleep=time.sleep, clock=time.clock, jitter=jitter)


def test_a_transient_failure_is_repeated_until_it_works(fake_time: FakeTime) -> None:
    script = Script(busy(), busy(), busy())
    assert asyncio.run(retry(fake_time)(script)) == "done"
    assert script.calls == 4


def test_the_last_error_comes_out_when_the_attempts_are_spent(fake_time: FakeTime) -> None:
    last = busy()
    script = Script(busy(), busy(), busy(), last)
    with pytest.raises(Transient) as caught:
        asyncio.run(retry(fake_time)(script))
    assert caught.value is last
    assert script.calls == 4


def test_a_call_may_have_its_own_number_of_attempts(fake_time: FakeTime) -> None:
    script = Script(busy(), busy())
    with pytest.raises(Transient):
        asyncio.run(retry(fake_time)(script, 2))
    assert script.calls == 2


@pytest.mark.parametrize(
    "error",
    [
        OutcomeUnknown("lost", code="no_answer"),
        Permanent("no", code="too_long"),
        KeyRefused("no", code="unknown_key"),
    ],
)
def test_what_may_have_happened_or_can_not_help_is_never_repeated(
    fake_time: FakeTime, error: TargetError
) -> None:
    script = Script(error)
    with pytest.raises(type(error)):
        asyncio.run(retry(fake_time)(script))
    assert script.calls == 1


def test_a_write_that_turns_unknown_on_its_second_attempt_stops_there(fake_time: FakeTime) -> None:
    script = Script(busy(), OutcomeUnknown("lost", code="no_answer"))
    with pytest.raises(OutcomeUnknown):
        asyncio.run(retry(fake_time)(script))
    assert script.calls == 2


def test_waits_grow_and_are_jittered_in_full(fake_time: FakeTime) -> None:
    asyncio.run(retry(fake_time, jitter=lambda: 1.0)(Script(busy(), busy(), busy())))
    asyncio.run(retry(fake_time, jitter=lambda: 0.0)(Script(busy())))
    assert fake_time.slept == [0.25, 0.5, 1.0, 0.0]


def test_the_wait_the_lms_asks_for_is_a_floor(fake_time: FakeTime) -> None:
    asked = Transient("busy", code="unavailable", status=503, retry_after_s=7)
    asyncio.run(retry(fake_time)(Script(asked)))
    assert fake_time.slept == [7.125]


def test_a_429_burns_no_attempt_and_is_bounded_by_time(fake_time: FakeTime) -> None:
    script = Script(*(throttled(5) for _ in range(7)), busy(), busy())
    assert asyncio.run(retry(fake_time, jitter=lambda: 0.0)(script)) == "done"
    endless = Script(*(throttled(5) for _ in range(100)))
    with pytest.raises(Transient):
        asyncio.run(retry(fake_time, jitter=lambda: 0.0)(endless))
    assert endless.calls == 13


def test_many_429s_do_not_lengthen_the_waits_of_other_failures(fake_time: FakeTime) -> None:
    script = Script(*(throttled(2) for _ in range(5)), busy())
    asyncio.run(retry(fake_time, jitter=lambda: 1.0)(script))
    assert fake_time.slept == [2.25] * 5 + [0.25]


def test_a_429_that_asks_for_half_a_minute_is_waited_for(fake_time: FakeTime) -> None:
    assert asyncio.run(retry(fake_time, jitter=lambda: 0.0)(Script(throttled(30)))) == "done"
    assert fake_time.slept == [30]


def test_a_429_that_asks_for_more_ends_the_call_at_once_as_throttled(fake_time: FakeTime) -> None:
    with pytest.raises(Transient) as caught:
        asyncio.run(retry(fake_time)(Script(throttled(30.1))))
    assert (caught.value.code, caught.value.retry_after_s) == ("throttled", 30.1)
    assert fake_time.slept == []


def test_another_failure_that_asks_for_a_long_wait_ends_with_its_own_code(
    fake_time: FakeTime,
) -> None:
    asked = Transient("busy", code="unavailable", status=503, retry_after_s=31)
    with pytest.raises(Transient) as caught:
        asyncio.run(retry(fake_time)(Script(asked)))
    assert caught.value is asked
    assert fake_time.slept == []


@pytest.mark.parametrize("code", ["throttled", "breaker_open"])
def test_who_is_told_to_come_back_later_does_not_wait_here(fake_time: FakeTime, code: str) -> None:
    script = Script(Transient("later", code=code, retry_after_s=2))
    with pytest.raises(Transient) as caught:
        asyncio.run(retry(fake_time)(script))
    assert caught.value.code == code
    assert (script.calls, fake_time.slept) == (1, [])


def test_a_piece_of_work_bounds_the_retries_of_all_its_calls(fake_time: FakeTime) -> None:
    async def run() -> None:
        with piece(10, fake_time.clock):
            with pytest.raises(Transient):
                await retry(fake_time, jitter=lambda: 0.0)(Script(*(throttled(4) for _ in "abc")))
            assert time_left_s() == 2
        assert time_left_s() == float("inf")

    asyncio.run(run())
    assert fake_time.slept == [4, 4]


def test_retries_stay_a_fraction_of_the_calls_when_every_call_fails(fake_time: FakeTime) -> None:
    one = retry(fake_time)
    scripts = [Script(*(busy() for _ in range(10))) for _ in range(1000)]

    async def run() -> None:
        for script in scripts:
            with pytest.raises(Transient):
                await one(script)

    asyncio.run(run())
    assert sum(script.calls for script in scripts) <= 1000 * 1.4 + 30


def test_the_budget_is_spent_to_the_last_whole_token() -> None:
    budget = Budget(share=0.5, tokens=1.0, most=1.0)
    assert budget.spend()
    budget.earn()
    assert not budget.spend()
    budget.earn()
    assert budget.spend()
