"""The check stays below the rate that the LMS names."""

import pytest

from shared.adapters.lms.conformance.pace import DEFAULT_PER_S, Pace


class Sleeper:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def clock(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


@pytest.fixture
def pace(sleeper: Sleeper) -> Pace:
    return Pace(sleeper.clock, sleeper.sleep)


def test_without_a_limit_it_is_a_little_less_than_ten_a_second(
    pace: Pace, sleeper: Sleeper
) -> None:
    for _ in range(19):
        pace.turn()
    assert sleeper.now_s == pytest.approx(102.0)


def test_the_limit_of_the_lms_is_taken_over(pace: Pace, sleeper: Sleeper) -> None:
    pace.note({"x-ratelimit-limit": "2"})
    for _ in range(10):
        pace.turn()
    assert sleeper.now_s == pytest.approx(105.0)


@pytest.mark.parametrize("said", ["", "many", "0", "-1", "nan", "inf"])
def test_a_limit_that_can_t_be_meant_changes_nothing(pace: Pace, said: str) -> None:
    pace.note({"x-ratelimit-limit": said})
    assert pace.per_s == DEFAULT_PER_S


def test_nothing_leaves_while_it_is_held(pace: Pace, sleeper: Sleeper) -> None:
    pace.turn()
    pace.hold(7)
    pace.turn()
    assert sleeper.now_s == pytest.approx(107.0)


def test_a_pause_is_not_made_up_for(pace: Pace, sleeper: Sleeper) -> None:
    pace.turn()
    sleeper.now_s += 60
    pace.turn()
    pace.turn()
    assert sleeper.now_s == pytest.approx(160 + 1 / 9)
