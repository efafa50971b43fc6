"""The quick way for ordinary rows: one regular expression over the whole row.

What it accepts is a part of what the careful check (staff_values.py) accepts unchanged, and a test
holds the two against each other; a row it doesn't accept is not wrong, only looked at with care.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter

from shared.domain.cells import parsed_date
from shared.domain.staff import StaffRecord
from shared.domain.staff_rules import StaffRules, listed

#: Between the cells; none of the patterns below can match it.
_BETWEEN = "\x1f"
#: In the order of a record's fields.
_CORE = (
    "employee_id", "first_name", "last_name", "work_email", "site_code", "username",
    "personal_email", "role", "timezone", "hire_date", "end_date",
)  # fmt: skip
#: Letters with a mark that are one code point in NFC.
_LETTERS = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u0148\u014a-\u017f"
_TEXT = r" -~\u00a1-\u00ac\u00ae-\u0148\u014a-\u017f"
# Repetitions are possessive (`++`): nothing they take could be given back to what follows.
_ID = "(?:[0-9]{1,30}+|[A-Za-z][0-9A-Za-z_]{0,60}+|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})"
_NAME = f"[{_LETTERS}][{_TEXT}]{{0,99}}+(?<! )"
_EMAIL = (
    r"[0-9A-Za-z_+-]{1,20}+(?:\.[0-9A-Za-z_+-]{1,20}+){0,2}+"
    r"@(?:[0-9A-Za-z]{1,20}+(?:-[0-9A-Za-z]{1,20}+)?+\.){1,4}+[A-Za-z]{2,20}+"
)
_DAY = "(?:19|2[01])[0-9]{2}-[01][0-9]-[0-3][0-9]"
_PATTERNS = {
    "employee_id": _ID,
    "first_name": _NAME,
    "last_name": _NAME,
    "work_email": _EMAIL,
    "username": r"(?:[A-Za-z][0-9A-Za-z_.@+]{0,98}+)?+",
    "personal_email": f"(?:{_EMAIL})?+",
    "site_code": _ID,
    "role": f"(?:{_NAME})?+",
    "timezone": f"(?:{_NAME})?+",
    "hire_date": f"(?:{_DAY})?+",
    "end_date": f"(?:{_DAY})?+",
}
_ATTRIBUTE = f"(?:[{_LETTERS}0-9][{_TEXT}]{{0,499}}+(?<! ))?+"


class FastRow:
    """The expression for one set of columns."""

    def __init__(self, rules: StaffRules) -> None:
        """Compile."""
        columns = (*rules.core, *rules.attributes)
        self._match = re.compile(
            _BETWEEN.join(_PATTERNS.get(column, _ATTRIBUTE) for column in columns)
        ).fullmatch
        self._cells: Callable[[Mapping[str, str]], tuple[str, ...]] = itemgetter(*columns)
        # One cell more, an empty one, stands for the feed's columns that the file lacks.
        self._core: Callable[[tuple[str, ...]], Sequence[str]] = itemgetter(
            *(columns.index(name) if name in columns else -1 for name in _CORE)
        )
        self._attributes = rules.attributes
        self._attributes_at = len(rules.core)
        self._excluding, self._leaving = rules.excluding, rules.leaving
        self._leading = rules.leading

    def record(self, row: int, line: int, values: Mapping[str, str]) -> StaffRecord | None:
        """The record if each value is tidy and beyond any complaint and no rule excludes the row."""
        cells = self._cells(values)
        if self._match(_BETWEEN.join(cells)) is None:
            return None
        if self._excluding and listed(values, self._excluding):
            return None
        number, first, last, email, site, user, home, role, zone, hired, ended = self._core(
            (*cells, "")
        )
        hire_date = parsed_date(hired, None) if hired else None
        end_date = parsed_date(ended, None) if ended else None
        if (hired and hire_date is None) or (ended and end_date is None):
            return None  # such as 30 February
        attributes = dict(zip(self._attributes, cells[self._attributes_at :], strict=True))
        inactive = bool(self._leaving) and listed(values, self._leaving) is not None
        primary = bool(self._leading) and listed(values, self._leading) is not None
        return StaffRecord(
            row, line, number, first, last, email, (site,), user or None, home or None, role or None,
            zone or None, hire_date, end_date, attributes, inactive, primary,
        )  # fmt: skip


def fast_row(rules: StaffRules) -> FastRow | None:
    """The quick check; None where dates are not ISO, values are derived or a column is missing."""
    columns = {*rules.core, *rules.attributes}
    if rules.date_format is not None or not rules.columns.issuperset(columns):
        return None
    return FastRow(rules)
