"""The picture of the school year: each window on its days, cut where a row ends."""

import re
from datetime import date

from services.console.pictures.school_year import school_year, year_of
from shared.domain.school_calendar import Window, WindowPolicy

_RECT = re.compile(r'<rect class="([\w-]+)" x="(\d+)" y="(\d+)" width="(\d+)"')


def days(picture: str, kind: str) -> list[tuple[int, int, int]]:
    """Row, first day of it and number of days, two units a day."""
    return [
        (0 if int(y) < 64 else 1, int(x) // 2, int(width) // 2)
        for found, x, y, width in _RECT.findall(picture)
        if found == kind
    ]


def test_a_year_begins_in_july() -> None:
    assert year_of(date(2027, 6, 30)) == (date(2026, 7, 1), date(2027, 6, 30))
    assert year_of(date(2027, 7, 1))[0] == date(2027, 7, 1)


def test_windows_lie_on_their_days_and_those_of_other_years_are_left_out() -> None:
    winter = Window(first=date(2026, 12, 21), last=date(2027, 1, 3), policy=WindowPolicy.PAUSE)
    june = Window(first=date(2027, 6, 29), last=date(2027, 8, 1), policy=WindowPolicy.ADDS_ONLY)
    past = Window(first=date(2026, 6, 1), last=date(2026, 6, 30), policy=WindowPolicy.PAUSE)
    picture = str(school_year((winter, june, past), date(2026, 11, 22)))
    assert days(picture, "paused") == [(0, 173, 11), (1, 0, 3)]
    assert days(picture, "adds-only") == [(1, 179, 2)]
    assert len(days(picture, "month")) == 12, "no month is cut in two"
    assert picture.count(">today<") == 1
