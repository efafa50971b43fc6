"""When things are due: cron slots in the district's time zone, and files that should have come.

A slot is the moment a job was meant for, so that whoever looks, and however late, finds the same one.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from shared.domain.policy import ExpectedPolicy

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FIELDS = 5


def cron_fault(expression: str) -> str | None:
    """What is wrong with a cron expression, None if it can be used; an empty one means never."""
    if not expression:
        return None
    if len(expression.split()) != _FIELDS:
        return f"has {len(expression.split())} fields, not minute, hour, day, month and week day"
    try:
        CronSim(expression, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        return f"is not a cron expression: {str(error).lower()}"
    return None


def latest_slot(expression: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The newest slot that is not after ``now``, None if there is none in fifty years.

    As Debian's cron does: a time of day that the clocks jump over comes with the end of the gap, one
    they pass twice comes the first time; slots of every hour follow the hours that really pass.
    """
    # Backwards from a second later, so that a slot of this very second counts.
    later = now.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
    slot = next(CronSim(expression, later.astimezone(zone), reverse=True), None)
    return slot.astimezone(UTC) if slot else None


def due_slot(expression: str, zone: ZoneInfo, *, since: datetime, now: datetime) -> datetime | None:
    """The one slot to catch up on: the newest after ``since``, however many were missed."""
    slot = latest_slot(expression, zone, now)
    return slot if slot and slot > since else None


def missed_due(
    expected: ExpectedPolicy, zone: ZoneInfo, *, arrived: datetime | None, now: datetime
) -> datetime | None:
    """The time by which a file should have come and did not, its grace over; None if all is well.

    Counting begins with the first file: nobody is late for an installation that is still being set
    up. A file counts for the due time it is nearest to, and for the earlier one while its grace lasts.
    """
    if arrived is None:
        return None
    grace = timedelta(hours=expected.grace_h)
    if expected.every_days is not None:
        day = arrived.astimezone(zone).date() + timedelta(days=expected.every_days)
        due = _at(day, expected.by, zone)
        return due if due + grace <= now else None
    if expected.days is None:
        return None
    due, before = _last_two(expected, zone, now - grace)
    return due if arrived <= max(before + (due - before) / 2, before + grace) else None


def _last_two(
    expected: ExpectedPolicy, zone: ZoneInfo, until: datetime
) -> tuple[datetime, datetime]:
    """The newest due time up to ``until``, and the one before it."""
    days = week_days(expected.days or "")
    today = until.astimezone(zone).date()
    # Two weeks hold any week day twice, and one day more: today's time may be still to come.
    dates = (today - timedelta(days=back) for back in range(15))
    dues = [_at(day, expected.by, zone) for day in dates if day.weekday() in days]
    newest, before, *_ = (due for due in dues if due <= until)
    return newest, before


def _at(day: date, by: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time_of_day(by), tzinfo=zone).astimezone(UTC)


def week_days(text: str) -> frozenset[int]:
    """`mon-fri` or `mon,wed` as numbers, Monday 0.

    Raises:
        ValueError: it names no day, or something else.
    """
    days: set[int] = set()
    for part in text.lower().split(","):
        first, _, last = (word.strip() for word in part.partition("-"))
        start, end = _WEEK.index(first), _WEEK.index(last or first)
        if end < start:
            raise ValueError(f"{part} runs backwards")
        days.update(range(start, end + 1))
    return frozenset(days)


def time_of_day(text: str) -> time:
    """`04:00` as a time.

    Raises:
        ValueError: it is none.
    """
    return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007  # the zone comes with the date


def expected_faults(expected: ExpectedPolicy) -> Iterator[tuple[str, str]]:
    """Keys of `[staff.expected]` that can't be used, each with what is wrong."""
    if expected.days is not None:
        try:
            week_days(expected.days)
        except ValueError:
            yield "days", 'names no week days; write "mon-fri" or "mon,wed"'
    if expected.every_days is not None:
        if expected.days is not None:
            yield "every_days", "stands beside days; keep one of them"
        if expected.every_days < 1:
            yield "every_days", "must be 1 or more"
    try:
        time_of_day(expected.by)
    except ValueError:
        yield "by", 'is no time of day; write "04:00"'
    if not expected.grace_h >= 0:  # also for nan
        yield "grace_h", "must be 0 or more"
