"""The quick way for ordinary rows: one regular expression over the whole row.

What it accepts is a part of what the careful check (staff_values.py) accepts unchanged, and a test
holds the two against each other; a row it doesn't accept is not wrong, only looked at with care.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter

from shared.domain.staff_rules import StaffRules

#: Between the cells; none of the patterns below can match it.
_BETWEEN = "\x1f"
#: Letters with a mark that are one code point in NFC.
_LETTERS = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u0148\u014a-\u017f"
_TEXT = r" -~\u00a1-\u00ac\u00ae-\u0148\u014a-\u017f"
_END = r"!-~\u00a1-\u00ac\u00ae-\u0148\u014a-\u017f"
_ID = "(?:[0-9]{1,30}|[A-Za-z][0-9A-Za-z_]{0,60}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})"
_NAME = f"[{_LETTERS}](?:[{_TEXT}]{{0,98}}[{_END}])?"
_EMAIL = (
    r"[0-9A-Za-z_+-]{1,20}(?:\.[0-9A-Za-z_+-]{1,20}){0,2}"
    r"@(?:[0-9A-Za-z]{1,20}(?:-[0-9A-Za-z]{1,20})?\.){1,4}[A-Za-z]{2,20}"
)
_DAY = "(?:19|2[01])[0-9]{2}-[01][0-9]-[0-3][0-9]"
_PATTERNS = {
    "employee_id": _ID,
    "first_name": _NAME,
    "last_name": _NAME,
    "work_email": _EMAIL,
    "username": r"(?:[A-Za-z][0-9A-Za-z_.@+]{0,98})?",
    "personal_email": f"(?:{_EMAIL})?",
    "site_code": _ID,
    "role": f"(?:{_NAME})?",
    "timezone": f"(?:{_NAME})?",
    "hire_date": f"(?:{_DAY})?",
    "end_date": f"(?:{_DAY})?",
}
_ATTRIBUTE = f"(?:[{_LETTERS}0-9](?:[{_TEXT}]{{0,998}}[{_END}])?)?"


class FastRow:
    """The expression for one set of columns."""

    def __init__(self, columns: tuple[str, ...], core: int) -> None:
        """Compile for rows of these columns, in this order; ``core`` of them are no attributes."""
        self._attributes = columns[core:]
        self._core = core
        self._match = re.compile(
            _BETWEEN.join(_PATTERNS.get(column, _ATTRIBUTE) for column in columns)
        ).fullmatch
        self._cells: Callable[[Mapping[str, str]], Sequence[str]] = itemgetter(*columns)

    def attributes(self, values: Mapping[str, str]) -> dict[str, str] | None:
        """The row's attributes if each of its values is tidy and beyond any complaint, else None.

        (The calendar of dates aside: 30 February passes here.)
        """
        cells = self._cells(values)
        if self._match(_BETWEEN.join(cells)) is None:
            return None
        return dict(zip(self._attributes, cells[self._core :], strict=True))


@lru_cache(maxsize=64)
def _fast_row(columns: tuple[str, ...], core: int) -> FastRow:
    return FastRow(columns, core)


def fast_row(rules: StaffRules) -> FastRow | None:
    """The quick check; None where dates are not ISO, values are derived or a column is missing."""
    columns = (*rules.core, *rules.attributes)
    if rules.date_format is not None or not rules.columns.issuperset(columns):
        return None
    return _fast_row(columns, len(rules.core))
