"""What is news: told when it changes, once a day while it lasts, and not at all where nobody asked."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.access import Role
from shared.domain.notice import (
    Earlier,
    Mailing,
    News,
    SuccessMail,
    Word,
    is_slow,
    reminder,
    retry_after,
    word_of,
)

ALWAYS, CHANGES, DAILY = SuccessMail


def news(word: Word, status: str = "", *, changed: bool = True, wrong: bool = False) -> News:
    return News(
        word=word, series="runs staff", status=status or word.value.lower(), roles=(Role.OPERATOR,),
        changed=changed, wrong=wrong,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("earlier", "told"),
    [
        (Earlier(), True),
        (Earlier(status="failed", told_today=True), False),
        (Earlier(status="failed", told_today=False), True),
        (Earlier(status="ok", told_today=True), True),
    ],
)
def test_a_failure_is_told_when_it_begins_and_once_a_day_while_it_lasts(
    earlier: Earlier, *, told: bool
) -> None:
    assert (word_of(news(Word.FAILED), earlier, CHANGES) is Word.FAILED) is told


@pytest.mark.parametrize("success", SuccessMail)
@pytest.mark.parametrize("status", ["failed", "overdue"])
@pytest.mark.parametrize("word", [Word.OK, Word.APPLIED])
def test_the_first_good_end_after_trouble_is_told_as_recovery_whatever_is_configured(
    word: Word, status: str, success: SuccessMail
) -> None:
    quiet = news(word, changed=False)
    assert word_of(quiet, Earlier(status=status), success) is Word.RECOVERED


@pytest.mark.parametrize(
    ("success", "changed", "wrong", "told"),
    [
        (ALWAYS, False, False, True),
        (CHANGES, False, False, False),
        (CHANGES, True, False, True),
        (DAILY, True, False, False),
        (DAILY, False, True, True),
    ],
)
def test_a_good_end_is_told_as_configured_and_always_if_something_is_wrong(
    success: SuccessMail, *, changed: bool, wrong: bool, told: bool
) -> None:
    said = word_of(news(Word.OK, changed=changed, wrong=wrong), Earlier(status="ok"), success)
    assert (said is Word.OK) is told
    again = Earlier(status="ok", told_today=True)
    said = word_of(news(Word.OK, changed=changed, wrong=wrong), again, success)
    assert (said is Word.OK) is (told and not wrong), "what is wrong with it is told once a day"


@pytest.mark.parametrize(
    ("told_today", "superseded", "told"),
    [(True, False, True), (True, True, False), (False, True, True)],
)
def test_each_plan_that_waits_is_told_of_but_for_one_that_replaces_another_of_today(
    *, told_today: bool, superseded: bool, told: bool
) -> None:
    waits = replace(news(Word.ACTION_NEEDED, "waiting removals"), apart=True)
    earlier = Earlier(status="waiting removals", told_today=told_today, superseded=superseded)
    assert (word_of(waits, earlier, CHANGES) is Word.ACTION_NEEDED) is told


@pytest.mark.parametrize(("hours", "stage"), [(3.99, None), (4, "4h"), (23.99, "4h"), (24, "24h")])
def test_an_approver_is_reminded_after_four_hours_and_after_a_day(
    hours: float, stage: str | None
) -> None:
    assert reminder(hours) == stage


@pytest.mark.parametrize(
    ("seconds", "median_s", "runs", "slow"),
    [
        (41, 20, 10, True), (40, 20, 10, False), (41, 20, 9, False), (41, None, 0, False),
        (11, 1, 10, True), (10.9, 1, 10, False),
    ],
)  # fmt: skip
def test_slow_is_more_than_twice_the_median_of_ten_runs_by_ten_seconds(
    seconds: float, median_s: float | None, runs: int, *, slow: bool
) -> None:
    assert is_slow(seconds, median_s, runs) is slow


def test_a_mail_is_tried_again_soon_and_then_each_hour() -> None:
    waits = [retry_after(attempts) // timedelta(minutes=1) for attempts in (1, 2, 3, 4, 5, 99)]
    assert waits == [1, 5, 15, 60, 60, 60]


def test_a_role_that_names_nobody_is_told_at_the_common_address_and_nobody_twice() -> None:
    mailing = Mailing(
        to=("all@x.example",), of_role={Role.APPROVER: ("ann@x.example", "all@x.example")}
    )
    assert mailing.recipients([Role.APPROVER, Role.OPERATOR]) == ["ann@x.example", "all@x.example"]
    assert mailing.recipients([Role.OPERATOR]) == ["all@x.example"]
