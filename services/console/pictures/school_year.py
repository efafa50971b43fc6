"""The school year as a strip of twelve months, with the windows of the calendar on it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from shared.domain.school_calendar import Window, WindowPolicy

#: The school year begins with this month.
_FIRST_MONTH = 7
#: Two rows of half a year each; units of the drawing.
_DAY, _ROW, _TOP, _BAR, _HALF = 2, 64, 20, 26, 184
_WIDTH = _HALF * _DAY


@dataclass(frozen=True, slots=True)
class _Piece:
    """Days of one row."""

    row: int
    first: int
    days: int


def year_of(day: date) -> tuple[date, date]:
    """First and last day of the school year that a day lies in."""
    first = date(day.year if day.month >= _FIRST_MONTH else day.year - 1, _FIRST_MONTH, 1)
    return first, date(first.year + 1, _FIRST_MONTH, 1) - timedelta(days=1)


def school_year(calendar: Sequence[Window], today: date) -> Markup:
    """The picture. It has no words of its own for who can't see it: page and table say the same."""
    first, last = year_of(today)
    shapes = [*_months(first), *_windows(calendar, first, last), *_today(first, today)]
    return Markup(
        '<svg viewBox="0 0 {} {}" class="year" aria-hidden="true" focusable="false">'
        '<defs><pattern id="hatched" width="6" height="6" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><rect width="3" height="6"/></pattern></defs>{}</svg>'
    ).format(_WIDTH, 2 * _ROW, Markup("").join(shapes))


def _months(first: date) -> Iterator[Markup]:
    for number in range(12):
        month = first.month + number
        begin = date(first.year + (month > 12), (month - 1) % 12 + 1, 1)  # months
        after = (begin + timedelta(days=32)).replace(day=1)
        piece = _piece(first, begin, after - timedelta(days=1))
        for each in piece:
            yield Markup(
                '<rect class="month" x="{}" y="{}" width="{}" height="{}"/><text x="{}" y="{}">{}</text>'
            ).format(
                each.first * _DAY, each.row * _ROW + _TOP, each.days * _DAY - 1, _BAR,
                each.first * _DAY + 2, each.row * _ROW + _TOP - 6, f"{begin:%b}",
            )  # fmt: skip


def _windows(calendar: Sequence[Window], first: date, last: date) -> Iterator[Markup]:
    for window in calendar:
        if window.first > last or window.last < first:
            continue
        kind = "paused" if window.policy is WindowPolicy.PAUSE else "adds-only"
        for each in _piece(first, max(window.first, first), min(window.last, last)):
            yield Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
                kind, each.first * _DAY, each.row * _ROW + _TOP, each.days * _DAY, _BAR
            )


def _today(first: date, today: date) -> Iterator[Markup]:
    for each in _piece(first, today, today):
        at, top = each.first * _DAY + 1, each.row * _ROW + _TOP
        yield Markup(
            '<path class="today" d="M{0} {1}v{2}"/><text x="{0}" y="{3}">today</text>'
        ).format(at, top - 3, _BAR + 6, top + _BAR + 14)


def _piece(first: date, begin: date, end: date) -> Iterator[_Piece]:
    """The days of a span, cut where the second row begins."""
    a, b = (begin - first).days, (end - first).days
    if a < _HALF:
        yield _Piece(0, a, min(b, _HALF - 1) - a + 1)
    if b >= _HALF:
        start = max(a, _HALF)
        yield _Piece(1, start - _HALF, b - start + 1)
