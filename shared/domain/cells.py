"""What can be seen of one cell's text, whatever feed it belongs to."""

import re
import unicodedata
from datetime import date, datetime
from functools import lru_cache

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


@lru_cache(maxsize=16384)
def parsed_date(text: str, date_format: str | None) -> date | None:
    """The day that ``text`` means; None if it isn't one of the format between 1900 and 2199."""
    try:
        if date_format is None:
            day = date.fromisoformat(text) if _ISO.fullmatch(text) else None
        else:
            day = datetime.strptime(text, date_format).date()  # noqa: DTZ007  # a day has no zone
    except ValueError:
        return None
    return day if day is not None and 1900 <= day.year < 2200 else None


def has_control(value: str, *, line_ends_too: bool) -> bool:
    """Whether a control character or half a character stands in it."""
    if value.isprintable():
        return False
    allowed = "" if line_ends_too else "\t\r\n"
    return any(unicodedata.category(c) in ("Cc", "Cs") and c not in allowed for c in value)


def has_invisible(value: str) -> bool:
    """Format characters (zero width, bidi, soft hyphen), odd spaces, fillers that print as nothing."""
    if value.isascii():
        return False
    return any(
        unicodedata.category(c) in ("Cf", "Zl", "Zp") or (c != " " and c.isspace()) or c in _FILLERS
        for c in value
    )
