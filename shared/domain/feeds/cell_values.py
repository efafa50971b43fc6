"""Reads one cell of a governed feed: its value, or everything that is wrong with it. Nothing is guessed."""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from shared.domain.canonical import Json
from shared.domain.cells import has_control, has_invisible, parsed_date
from shared.domain.feeds.feed import Field, FieldKind
from shared.domain.spreadsheet import damages_id, is_too_narrow
from shared.domain.text import tidy

#: Programs that have no whole numbers beside empty cells write 2 as 2.0.
_INTEGER = re.compile(r"([+-]?[0-9]{1,15})(?:\.0{1,9})?")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{1,9})?|\.[0-9]{1,9})")
_TRUE = frozenset({"true", "t", "yes", "y", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "0"})
#: The first of these that a cell holds stands between its items; the others are text of them.
_SEPARATORS = ("|", ";", ",")
#: A day with a time, as databases export days; told by JSON documents the same way.
_WITH_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
)
_LINE_ENDS = re.compile(r"[\r\n]+")
#: What people write where a form wants no cell left blank.
_NO_VALUE = frozenset({"n/a", "n.a.", "none", "not applicable", "not available"})
MOST_ITEMS = 100


class Unreadable(Exception):  # carries (code, detail) to `read` below, and never leaves it
    """The text doesn't say what its field holds."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.fault = (code, detail)


def read(field: Field, text: str, date_format: str | None) -> tuple[Json, list[tuple[str, str]]]:
    """A tidy, non-empty cell: its value; or no value, and code and detail of each fault."""
    if not _is_plain(field, text) and (found := list(_damage(field, text))):
        return None, found
    try:
        return _value(field, text, date_format), []
    except Unreadable as error:
        return None, [error.fault]


def _is_plain(field: Field, text: str) -> bool:
    """Whether it can hold no damage: quick, and true of nearly every cell."""
    plain = text.isascii() and text.isprintable()
    return plain and not field.identifier and text[0] != "#"


def says_none(field: Field, text: str) -> bool:
    """Whether a cell says that there is no value. What is a choice of the field is its value."""
    word = text.casefold()
    absent = word in _NO_VALUE or word in map(str.casefold, field.absent)
    return absent and word not in map(str.casefold, field.choices)


def _damage(field: Field, text: str) -> Iterator[tuple[str, str]]:
    """What spoils any value."""
    on_lines = field.kind is FieldKind.LIST and _has_lines(text)
    one = _LINE_ENDS.sub(" ", text) if on_lines else text
    if has_control(one, line_ends_too=field.identifier or field.kind is not FieldKind.TEXT):
        yield "control_character", "a control character stands in the value"
    if "\ufffd" in text:
        yield "encoding", "a replacement character: the export lost a letter"
    damaged = field.identifier and field.kind is not FieldKind.DATE and damages_id(text)
    if damaged or is_too_narrow(text):
        yield "excel_damage", "looks like a spreadsheet's number, date or error"
    if field.identifier and has_invisible(text):
        yield "invisible_character", "an invisible or direction-changing character"


def _value(field: Field, text: str, date_format: str | None) -> Json:
    if field.kind is FieldKind.LIST:
        values = [_single(field, field.items, item, date_format) for item in _items(text)]
        # Unless the field allows repeats, a value's first standing counts.
        return values if field.repeats else list(dict.fromkeys(values))
    return _single(field, field.kind, text, date_format)


def _single(field: Field, kind: FieldKind, text: str, date_format: str | None) -> str | int | bool:
    match kind:
        case FieldKind.TEXT | FieldKind.LIST:  # an item is no list itself
            return _text(field, text)
        case FieldKind.INTEGER:
            return _integer(text)
        case FieldKind.DECIMAL:
            return _decimal(text)
        case FieldKind.DATE:
            return _date(text, date_format)
        case FieldKind.BOOLEAN:
            return _boolean(text)


def _text(field: Field, text: str) -> str:
    if field.upper:
        text = text.upper()
    if len(text) > field.longest:
        raise Unreadable("too_long", f"{len(text)} characters, at most {field.longest}")
    if field.choices:
        for choice in field.choices:
            if choice.casefold() == text.casefold():
                return choice
        raise Unreadable("unknown_choice", f"one of {', '.join(field.choices)}")
    return text


def _integer(text: str) -> int:
    match = _INTEGER.fullmatch(text)
    if not match:
        raise Unreadable("invalid_number", "expected a whole number, digits only")
    return int(match[1])


def _decimal(text: str) -> str:
    """Plain notation without trailing zeros, so that 12.5 and 12.50 are one value."""
    if not _DECIMAL.fullmatch(text):
        raise Unreadable("invalid_number", "expected a number such as 12.5, without separators")
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise Unreadable("invalid_number", "expected a number such as 12.5") from error
    return f"{value.normalize():f}" if value else "0"


def _date(text: str, date_format: str | None) -> str:
    timed = _WITH_TIME.fullmatch(text) if date_format is None else None
    day = parsed_date(timed[1] if timed else text, date_format)
    if day is None:
        raise Unreadable("invalid_date", f"expected {date_format or 'YYYY-MM-DD'}, 1900 to 2199")
    return day.isoformat()


def _boolean(text: str) -> bool:
    word = text.casefold()
    if word in _TRUE | _FALSE:
        return word in _TRUE
    raise Unreadable("invalid_boolean", "expected yes or no")


def _has_lines(text: str) -> bool:
    """Whether line ends stand between items, as people write lists into a cell; beside `|` they don't."""
    return "|" not in text and _LINE_ENDS.search(text) is not None


def _items(text: str) -> list[str]:
    """In the order of the cell."""
    separator = next((mark for mark in _SEPARATORS if mark in text), None)
    parts = text.split(separator) if separator else [text]
    if _has_lines(text):
        parts = [line for part in parts for line in _LINE_ENDS.split(part)]
    items = [item for item in map(tidy, parts) if item]
    if not items:
        raise Unreadable("missing_value", "a value is required")
    if len(items) > MOST_ITEMS:
        raise Unreadable("too_long", f"{len(items)} values, at most {MOST_ITEMS}")
    return items
