"""When things are due: cron slots through the year and the clock's jumps, and files that did not come."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.domain.policy import ExpectedPolicy
from shared.domain.schedule import (
    cron_fault,
    due_slot,
    expected_faults,
    latest_slot,
    missed_due,
    time_of_day,
    week_days,
)

ZONE = ZoneInfo("America/Los_Angeles")
SPRING, AUTUMN = "2026-03-08", "2026-11-01"


def at(text: str) -> datetime:
    """A moment in the district, or with an offset of its own."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZONE)


def rung(cron: str, day: str, *, hours: int) -> list[str]:
    """The slots that a metronome finds from midnight on, looking every minute."""
    now = since = at(f"{day} 00:00").astimezone(UTC) - timedelta(seconds=1)
    end = now + timedelta(hours=hours)
    found = []
    while now <= end:
        now += timedelta(seconds=60)
        if slot := due_slot(cron, ZONE, since=since, now=now):
            since = slot
            found.append(slot.astimezone(ZONE).strftime("%H:%M%z"))
    return found


# Slots


@pytest.mark.parametrize(
    ("cron", "now", "slot"),
    [
        ("0 4 * * *", "2026-11-20 03:59:59", "2026-11-19 04:00"),
        ("0 4 * * *", "2026-11-20 04:00:00", "2026-11-20 04:00"),
        ("0 4 * * *", "2026-11-20 04:00:00.5", "2026-11-20 04:00"),
        ("0 3 * * 0", "2026-11-20 12:00", "2026-11-15 03:00"),
        ("0 4 * * mon-fri", "2026-11-22 12:00", "2026-11-20 04:00"),
        ("59 23 31 12 *", "2026-12-31 23:58", "2025-12-31 23:59"),
        ("59 23 31 12 *", "2027-01-01 00:00", "2026-12-31 23:59"),
        ("0 0 1 1 *", "2027-01-01 00:00", "2027-01-01 00:00"),
        ("0 0 29 2 *", "2026-11-20 12:00", "2024-02-29 00:00"),
        ("0 4 L * *", "2026-03-01 00:00", "2026-02-28 04:00"),
        ("14 19 18 1 *", "2039-01-01 00:00", "2038-01-18 19:14"),  # the last minute of 32 bits
        ("15 3 19 1 *", "2039-01-01 00:00", "2038-01-19 03:15"),
    ],
)
def test_a_slot_is_the_newest_one_that_has_begun(cron: str, now: str, slot: str) -> None:
    assert latest_slot(cron, ZONE, at(now)) == at(slot)


@pytest.mark.parametrize(
    ("cron", "day", "hours", "slots"),
    [
        ("30 1 * * *", SPRING, 6, ["01:30-0800"]),
        ("30 2 * * *", SPRING, 6, ["03:00-0700"]),  # jumped over: at the end of the gap
        ("0 3 * * *", SPRING, 6, ["03:00-0700"]),
        ("30 1 * * *", AUTUMN, 6, ["01:30-0700"]),  # passed twice: the first time
        ("15,45 1 * * *", AUTUMN, 6, ["01:15-0700", "01:45-0700"]),
        ("0 2 * * *", AUTUMN, 6, ["02:00-0800"]),
        ("0 * * * *", SPRING, 3, ["00:00-0800", "01:00-0800", "03:00-0700", "04:00-0700"]),
        ("0 * * * *", AUTUMN, 3, ["00:00-0700", "01:00-0700", "01:00-0800", "02:00-0800"]),
    ],
)
def test_a_slot_comes_once_on_the_days_the_clocks_change(
    cron: str, day: str, hours: int, slots: list[str]
) -> None:
    assert rung(cron, day, hours=hours) == slots


@pytest.mark.parametrize("cron", ["0 4 * * *", "30 2 * * *", "*/15 * * * *", "0 */6 * * *"])
def test_a_year_of_looking_finds_slots_that_only_rise(cron: str) -> None:
    since = at("2026-01-01 00:00").astimezone(UTC)
    now, days = since, set()
    while (now := now + timedelta(minutes=47)) < at("2027-01-01 00:00"):
        slot = due_slot(cron, ZONE, since=since, now=now)
        if slot is not None:
            assert since < slot <= now
            since = slot
            days.add(slot.astimezone(ZONE).date())
    assert len(days) == 365


def test_however_many_slots_were_slept_over_one_is_caught_up() -> None:
    since, now = at("2026-11-01 04:00"), at("2026-11-20 12:00")
    slot = due_slot("0 4 * * *", ZONE, since=since, now=now)
    assert slot == at("2026-11-20 04:00")
    assert due_slot("0 4 * * *", ZONE, since=slot, now=now) is None


def test_a_clock_that_is_set_back_repeats_nothing() -> None:
    taken = at("2026-11-20 04:00")
    for now in ("2026-11-20 03:59", "2026-11-19 04:00", "2025-01-01 00:00"):
        assert due_slot("0 4 * * *", ZONE, since=taken, now=at(now)) is None
    assert due_slot("0 4 * * *", ZONE, since=taken, now=at("2026-11-21 04:00"))


def test_a_day_that_never_comes_gives_no_slot() -> None:
    assert latest_slot("0 0 */31 2 mon#5", ZONE, at("2026-11-20 12:00")) is None


@pytest.mark.parametrize("cron", ["", "0 3 * * 0", "*/5 4-6 1,15 * mon-fri", "0 4 L * *"])
def test_an_expression_that_can_be_used_has_no_fault(cron: str) -> None:
    assert cron_fault(cron) is None


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("@daily", "has 1 fields"),
        ("0 0 4 * * *", "has 6 fields"),
        ("60 4 * * *", "bad minute"),
        ("0 24 * * *", "bad hour"),
        ("0 0 30 2 *", "bad day-of-month"),
        ("0 0 31 2,4 *", "bad day-of-month"),
        ("0 4 * * funday", "bad day-of-week"),
    ],
)
def test_a_fault_of_an_expression_is_named(cron: str, words: str) -> None:
    assert words in str(cron_fault(cron))


# Expected files

DAILY = ExpectedPolicy(days="mon-sun", by="04:00", grace_h=2)
WORKDAYS = ExpectedPolicy(days="mon-fri", by="04:00", grace_h=2)
FORTNIGHT = ExpectedPolicy(every_days=14, by="04:00", grace_h=2)


@pytest.mark.parametrize(
    ("expected", "arrived", "now", "due"),
    [
        # In time, then the minute at which grace is over: 20 November 2026 is a Friday.
        (DAILY, "2026-11-19 03:50", "2026-11-20 05:59:59", None),
        (DAILY, "2026-11-19 03:50", "2026-11-20 06:00", "2026-11-20 04:00"),
        (DAILY, "2026-11-20 03:50", "2026-11-20 06:00", None),
        (DAILY, "2026-11-20 05:59", "2026-11-20 06:00", None),
        # Late, it ends the alarm, and doesn't count for the next day.
        (DAILY, "2026-11-20 09:00", "2026-11-20 10:00", None),
        (DAILY, "2026-11-20 09:00", "2026-11-21 06:00", "2026-11-21 04:00"),
        # The evening before is early enough; the morning before belongs to that day.
        (DAILY, "2026-11-19 16:00:01", "2026-11-20 06:00", None),
        (DAILY, "2026-11-19 16:00", "2026-11-20 06:00", "2026-11-20 04:00"),
        # Nothing is expected at the weekend; Sunday's file is Monday's.
        (WORKDAYS, "2026-11-20 03:50", "2026-11-22 12:00", None),
        (WORKDAYS, "2026-11-20 03:50", "2026-11-23 06:00", "2026-11-23 04:00"),
        (WORKDAYS, "2026-11-22 23:00", "2026-11-23 06:00", None),
        # Days later the newest due time is named, not the first.
        (WORKDAYS, "2026-11-16 03:50", "2026-11-20 12:00", "2026-11-20 04:00"),
        # One day a week.
        (ExpectedPolicy(days="wed"), "2026-11-11 03:00", "2026-11-18 05:59", None),
        (ExpectedPolicy(days="wed"), "2026-11-11 03:00", "2026-11-18 06:00", "2026-11-18 04:00"),
        # A grace of more than half the time between two files.
        (ExpectedPolicy(days="mon-sun", grace_h=20), "2026-11-19 23:30", "2026-11-20 23:00", None),
        (ExpectedPolicy(days="mon-sun", grace_h=20), "2026-11-19 23:30", "2026-11-21 00:00",
         "2026-11-20 04:00"),
        # Counted from the last file.
        (FORTNIGHT, "2026-11-06 22:00", "2026-11-20 05:59", None),
        (FORTNIGHT, "2026-11-06 22:00", "2026-11-20 06:00", "2026-11-20 04:00"),
        # Over the days the clocks change, the time of day stays.
        (DAILY, "2026-03-07 03:50", "2026-03-08 05:59", None),
        (DAILY, "2026-03-07 03:50", "2026-03-08 06:00", "2026-03-08 04:00"),
        (DAILY, "2026-10-31 03:50", "2026-11-01 05:59", None),
        (DAILY, "2026-10-31 03:50", "2026-11-01 06:00", "2026-11-01 04:00"),
        (FORTNIGHT, "2026-10-25 03:50", "2026-11-08 06:00", "2026-11-08 04:00"),
        # Over the year's end.
        (WORKDAYS, "2026-12-31 03:50", "2027-01-01 06:00", "2027-01-01 04:00"),
        # Nothing declared, or nothing came yet.
        (ExpectedPolicy(), "2020-01-01 00:00", "2026-11-20 12:00", None),
        (DAILY, None, "2026-11-20 12:00", None),
    ],
)  # fmt: skip
def test_a_file_is_missed_when_its_grace_is_over(
    expected: ExpectedPolicy, arrived: str | None, now: str, due: str | None
) -> None:
    came = at(arrived) if arrived else None
    assert missed_due(expected, ZONE, arrived=came, now=at(now)) == (at(due) if due else None)


def test_due_times_are_those_of_the_district_not_of_utc() -> None:
    """04:00 in Los Angeles is noon in UTC; a day later it is still Thursday there."""
    arrived, now = at("2026-11-19T11:00+00:00"), at("2026-11-20T14:00+00:00")
    assert missed_due(DAILY, ZONE, arrived=arrived, now=now) == at("2026-11-20T12:00+00:00")
    assert missed_due(DAILY, ZoneInfo("Asia/Tokyo"), arrived=arrived, now=now) is None


def test_days_are_ranges_and_lists() -> None:
    assert week_days("mon-fri") == {0, 1, 2, 3, 4}
    assert week_days("Mon, Wed") == {0, 2}
    assert week_days("mon-tue,sun") == {0, 1, 6}
    assert time_of_day("23:59").hour == 23


@pytest.mark.parametrize(
    ("policy", "keys"),
    [
        (ExpectedPolicy(), []),
        (ExpectedPolicy(days="mon-fri", by="00:00", grace_h=0), []),
        (ExpectedPolicy(every_days=1), []),
        (ExpectedPolicy(every_days=0), ["every_days"]),
        (ExpectedPolicy(days="mon", every_days=1), ["every_days"]),
        (ExpectedPolicy(days=""), ["days"]),
        (ExpectedPolicy(days="fri-mon"), ["days"]),
        (ExpectedPolicy(days="monday"), ["days"]),
        (ExpectedPolicy(by="24:00"), ["by"]),
        (ExpectedPolicy(by="4 am", grace_h=-0.1), ["by", "grace_h"]),
        (ExpectedPolicy(grace_h=float("nan")), ["grace_h"]),
    ],
)
def test_every_value_that_means_nothing_is_named(policy: ExpectedPolicy, keys: list[str]) -> None:
    assert [key for key, _ in expected_faults(policy)] == keys
