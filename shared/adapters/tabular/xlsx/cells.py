"""What a cell's markup comes to: its text, and what speaks against it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from shared.adapters.tabular.xlsx.formats import GENERAL, NumberFormat
from shared.adapters.tabular.xlsx.limits import damaged
from shared.adapters.tabular.xlsx.markup import Attributes
from shared.adapters.tabular.xlsx.strings import unescaped
from shared.adapters.tabular.xlsx.values import (
    ERROR,
    NO_VALUE,
    TRUTH,
    Doubt,
    iso_moment,
    number,
)

_TRUTH = {"0": ("FALSE", TRUTH), "1": ("TRUE", TRUTH)}
#: By far the most numbers.
_PLAIN = re.compile("[1-9][0-9]{0,14}")


@dataclass(frozen=True, slots=True)
class Cells:
    """What the workbook says about the cells of all sheets."""

    strings: list[str]
    #: By the index that a cell's style is.
    formats: list[NumberFormat]
    from_1904: bool

    def content(
        self, cell: Attributes, text: str | None, *, formula: bool
    ) -> tuple[str, Doubt | None]:
        """Text of a cell whose value reads ``text`` (None: it has none).

        Raises:
            InputInvalid: `damaged_workbook`: it names a text or a style that is not there.
        """
        kind = cell.get("t", "n")
        if kind == "s":
            return (_at(self.strings, text), None) if text else ("", None)
        if kind in ("str", "inlineStr"):
            missing = formula and text is None
            return ("", NO_VALUE) if missing else (unescaped(text or ""), None)
        if not text:
            return ("", NO_VALUE) if formula else ("", None)
        match kind:
            case "n":
                return self._number(cell, text)
            case "b":
                return _TRUTH.get(text, ("", ERROR))
            case "d":
                return iso_moment(text)
            case "e":
                return "", ERROR
        raise damaged("a cell is of no known type")

    def _number(self, cell: Attributes, text: str) -> tuple[str, Doubt | None]:
        style = cell.get("s", "0")
        shown = GENERAL if style == "0" and not self.formats else _at(self.formats, style)
        if shown is GENERAL and _PLAIN.fullmatch(text):
            return text, None
        return number(text, shown, from_1904=self.from_1904)


_Item = TypeVar("_Item")


def _at(items: Sequence[_Item], index: str) -> _Item:
    """What a cell names by its index."""
    # Other digits than ASCII's are none to XML.
    if index.isascii() and index.isdecimal() and len(index) < 10:
        try:
            return items[int(index)]
        except IndexError:
            pass
    raise damaged("a cell names a shared text or a style that is not there")
