"""Recognises what a spreadsheet does to values it takes for numbers and dates."""

import re

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*"
_DAMAGE_TO_ID = re.compile(
    rf"""
      [+-]?\d+(?:[.,]\d+)?e[+-]\d+                    # 1.23E+05
    | \d+[.,]0+                                       # 14001.0
    | ="?.*                                           # ="010"
    | \#(?:n/a|ref!|value!|name\?|null!|num!|div/0!|spill!|calc!)
    | {_MONTH}[-/ ]\d{{1,4}}                          # Jul-64
    | \d{{1,2}}[-/ ]{_MONTH}(?:[-/ ]\d{{2,4}})?       # 5-Jan, 5-Jan-26
    | \d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}(?:[t ].*)?  # 2026-01-05
    | \d{{1,2}}[/.-]\d{{1,2}}[/.-](?:\d{{4}}|\d{{2}})(?:[ ].*)?  # 1/5/2026
    """,
    re.VERBOSE | re.IGNORECASE,
)
_TOO_NARROW = re.compile(r"#{3,}")


def damages_id(text: str) -> bool:
    """Whether a value that should name something is a spreadsheet's number, date or error."""
    return _DAMAGE_TO_ID.fullmatch(text) is not None


def is_too_narrow(text: str) -> bool:
    """Whether a column was too narrow to show its number: `########`."""
    return _TOO_NARROW.fullmatch(text) is not None
