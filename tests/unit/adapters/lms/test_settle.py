"""Looking for a lost effect: at once, ever more rarely, and once more when the time is over."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from shared.adapters.lms.settle import SettlePace, doubted
from shared.domain.errors import KeyRefused, OutcomeUnknown, Permanent, Transient
from tests.unit.adapters.lms.fake_time import FakeTime

GARBLED = Transient("later", code="garbled_answer")
REDIRECTED = Permanent("no", code="redirected", status=302)


def pace(time: FakeTime, window_s: float = 45.0) -> SettlePace:
    return SettlePace(window_s=window_s, sleep=time.sleep, clock=time.clock)


def looks(*seen: str | Exception | None) -> tuple[Callable[[], Awaitable[str | None]], list[int]]:
    """A look that sees these in turn, then always the last; and how often it was asked."""
    asked: list[int] = []

    async def look() -> str | None:
        asked.append(1)
        found = seen[min(len(asked), len(seen)) - 1]
        if isinstance(found, Exception):
            raise found
        return found

    return look, asked


def test_the_first_look_is_at_once(fake_time: FakeTime) -> None:
    look, _ = looks("there")
    assert asyncio.run(pace(fake_time).find(look)) == "there"
    assert fake_time.slept == []


def test_looks_become_rare_and_the_last_comes_when_the_window_is_over(fake_time: FakeTime) -> None:
    look, asked = looks(None)
    assert asyncio.run(pace(fake_time).find(look)) is None
    assert fake_time.slept == [0.25, 0.75, 2.25, 6.75, 20, 15]
    assert len(asked) == 7


def test_a_look_that_fails_is_made_again(fake_time: FakeTime) -> None:
    look, _ = looks(GARBLED, REDIRECTED, "there")
    assert asyncio.run(pace(fake_time).find(look)) == "there"


@pytest.mark.parametrize("error", [GARBLED, REDIRECTED])
def test_a_last_look_that_fails_allows_nothing(fake_time: FakeTime, error: Exception) -> None:
    look, _ = looks(None, error)
    with pytest.raises(type(error)):
        asyncio.run(pace(fake_time).find(look))
    assert sum(fake_time.slept) == pytest.approx(45)


@pytest.mark.parametrize(
    "error",
    [
        KeyRefused("no", code="unknown_key", status=401),
        Transient("wait", code="throttled"),
        Transient("wait", code="breaker_open"),
    ],
)
def test_where_no_look_is_to_be_had_nobody_waits(fake_time: FakeTime, error: Exception) -> None:
    look, asked = looks(error)
    with pytest.raises(type(error)):
        asyncio.run(pace(fake_time).find(look))
    assert (len(asked), fake_time.slept) == (1, [])


@pytest.mark.parametrize(("window_s", "lag_s"), [(45.0, 15.0), (2.0, 2.0)])
def test_what_is_not_right_is_believed_after_the_longest_lag(
    fake_time: FakeTime, window_s: float, lag_s: float
) -> None:
    look, _ = looks("wrong")
    seen = asyncio.run(pace(fake_time, window_s).confirmed(look, lambda found: found == "right"))
    assert seen == "wrong"
    assert sum(fake_time.slept) == pytest.approx(lag_s)


def test_an_error_of_a_first_comparison_is_not_looked_at_again(fake_time: FakeTime) -> None:
    look, asked = looks(GARBLED)
    with pytest.raises(Transient):
        asyncio.run(pace(fake_time).confirmed(look, bool))
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("status", "retry_after_s", "unknown"),
    [(503, None, True), (503, 1.0, False), (429, None, False), (408, None, False)],
)
def test_only_a_503_that_names_no_time_leaves_a_write_in_doubt(
    status: int, retry_after_s: float | None, *, unknown: bool
) -> None:
    error = Transient("…", code="x", status=status, retry_after_s=retry_after_s)
    with pytest.raises(OutcomeUnknown if unknown else Transient), doubted():
        raise error
