"""What a cell holds, as a person would have typed it."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import inf

from shared.adapters.tabular.xlsx.formats import NumberFormat, Shows

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_MAX_NUMBER_CHARACTERS = 64
#: Digits a spreadsheet keeps of a number.
_DIGITS = 15
_DAY_S = 86_400
#: 9999-12-31, counted from 1900.
_LAST_DAY = 2_958_465
_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  # a cell has no zone
_MIDNIGHT = _DAY_ZERO.time()


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a cell's value can't be taken: a violation code and words without the value."""

    code: str
    detail: str
    #: Whether the value is right for everything but identifiers.
    for_identifiers: bool = False


NO_NUMBER = Doubt("excel_damage", "the cell holds no number a spreadsheet can have")
NO_DATE = Doubt("excel_damage", "the cell's number is no date")
NO_VALUE = Doubt("formula_without_value", "the formula's result was not saved")
ERROR = Doubt("excel_damage", "the cell holds an error")
_PADDED = Doubt("excel_damage", "a number shown with zeros before it", for_identifiers=True)
_DATE = Doubt("excel_damage", "a date or time, not text", for_identifiers=True)
_OTHERWISE = Doubt("excel_damage", "a number shown otherwise than it is", for_identifiers=True)
_TOO_LONG = Doubt("excel_damage", "a number beyond 15 digits", for_identifiers=True)
_FRACTION = Doubt("excel_damage", "a number with decimals", for_identifiers=True)
TRUTH = Doubt("excel_damage", "true or false, not text", for_identifiers=True)


def number(raw: str, shown: NumberFormat, *, from_1904: bool) -> tuple[str, Doubt | None]:
    """The text of a numeric cell, and what speaks against it."""
    if len(raw) > _MAX_NUMBER_CHARACTERS or not _NUMBER.fullmatch(raw):
        return "", NO_NUMBER
    if shown.shows in _DATES:
        text = moment(float(raw), shown.shows, from_1904=from_1904)
        return (text, _DATE) if text else ("", NO_DATE)
    if float(raw) in (inf, -inf):
        return "", NO_NUMBER
    value = Decimal(raw)
    if abs(value) >= 10**_DIGITS:
        return _plain(value), _TOO_LONG
    if value != value.to_integral_value():
        return _plain(value), _FRACTION
    text = str(int(value))
    match shown.shows:
        case Shows.NUMBER:
            return text, None
        case Shows.PADDED:
            padded = text.zfill(shown.digits)
            return (text, None) if padded == text else (padded, _PADDED)
        case _:
            return text, _OTHERWISE


_DATES = frozenset({Shows.DATE, Shows.TIME, Shows.DATE_AND_TIME})


def _plain(value: Decimal) -> str:
    """As many digits as a spreadsheet keeps, never as a power."""
    rounded = Decimal(f"{value:.{_DIGITS}g}")
    return f"{rounded.normalize():f}"


def moment(serial: float, shows: Shows, *, from_1904: bool) -> str | None:
    """A day number in ISO 8601, with its time if the format shows one and there is one.

    None for what is no day: before the calendar's first, 29 February 1900, after the year 9999.
    """
    if from_1904:
        serial += 1462
    elif shows is not Shows.TIME and serial < 61:
        if serial < 1 or serial >= 60:
            return None
        serial += 1  # there was no 29 February 1900 before these days
    seconds = int(serial) * _DAY_S if shows is Shows.DATE else round(serial * _DAY_S)
    if not 0 <= seconds < (_LAST_DAY + 1) * _DAY_S:
        return None
    day = _DAY_ZERO + timedelta(seconds=seconds)
    if shows is Shows.TIME:
        return day.time().isoformat()
    return day.isoformat() if day.time() != _MIDNIGHT else day.date().isoformat()


def iso_moment(raw: str) -> tuple[str, Doubt | None]:
    """The text of a cell that holds a date in ISO 8601."""
    try:
        day = datetime.fromisoformat(raw)
    except ValueError:
        return "", NO_DATE
    return (day.isoformat() if day.time() != _MIDNIGHT else day.date().isoformat()), _DATE
