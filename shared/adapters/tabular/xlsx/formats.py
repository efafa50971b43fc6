"""Number formats: what of a number its cell shows."""

import re
from dataclasses import dataclass
from enum import Enum, auto


class Shows(Enum):
    """What a person sees of a number under a format."""

    #: Its digits.
    NUMBER = auto()
    #: Its digits with zeros before them.
    PADDED = auto()
    DATE = auto()
    TIME = auto()
    DATE_AND_TIME = auto()
    #: Anything else: rounded, in groups, as a percentage or a power, with a currency.
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A number format, and how many digits a padded one has."""

    shows: Shows
    digits: int = 0


GENERAL = NumberFormat(Shows.NUMBER)

#: Formats that files name by number alone (ECMA-376 part 1, 18.8.30; 27 to 36 and 50 to 58 are
#: dates in East Asian programs). Those not listed are of the kind OTHER.
_BUILT_IN: dict[int, NumberFormat] = (
    dict.fromkeys((0, 1, 49), GENERAL)
    | dict.fromkeys((*range(14, 18), *range(27, 37), *range(50, 59)), NumberFormat(Shows.DATE))
    | dict.fromkeys((*range(18, 22), 45, 47), NumberFormat(Shows.TIME))
    | {22: NumberFormat(Shows.DATE_AND_TIME)}
)
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_SPACING = re.compile(r"_.|\\ |\s")


def built_in(number: int) -> NumberFormat:
    """The format of this number."""
    return _BUILT_IN.get(number, NumberFormat(Shows.OTHER))


def parsed(code: str) -> NumberFormat:
    """What the first section of a format code shows (later ones are for negative numbers and text)."""
    first = re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', code, maxsplit=1)[0]
    plain = _SPACING.sub("", first)
    if plain.lower() in ("general", "0", "#", "@"):
        return GENERAL
    if re.fullmatch("0+", plain):
        return NumberFormat(Shows.PADDED, len(plain))
    letters = _LITERAL.sub("", first).lower()
    if _ELAPSED.search(letters) or "general" in letters or not re.search("[dmyhs]", letters):
        return NumberFormat(Shows.OTHER)
    time = re.search("[hs]", letters) is not None
    if re.search("[dy]", letters):
        return NumberFormat(Shows.DATE_AND_TIME if time else Shows.DATE)
    return NumberFormat(Shows.TIME if time else Shows.DATE)
