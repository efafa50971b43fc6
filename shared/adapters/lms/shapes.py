"""Strict reading of JSON values; `fields` builds on it."""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

T = TypeVar("T")

_LONGEST_CODE = 40
#: What a database takes as an integer.
_LARGEST_ID = 2**63 - 1
#: JSON can spell them, no database can store them: NUL, and halves of surrogate pairs.
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


class Garbled(ValueError):
    """An answer has not the promised shape; `Wire` turns it into the error tree.

    The message names fields and never their values: those may be personal.
    """


def mapping(data: object, what: str) -> Mapping[str, object]:
    """``data`` as an object, else `Garbled`."""
    if not isinstance(data, dict):
        raise Garbled(f"{what} is not an object")
    return data


def array(record: Mapping[str, object], name: str) -> list[object]:
    """A field that must be an array."""
    value = record.get(name)
    if not isinstance(value, list):
        raise Garbled(f"{name} is missing or not an array")
    return value


def text(record: Mapping[str, object], name: str) -> str:
    """A field that must be text."""
    value = record.get(name)
    if not isinstance(value, str) or _NO_TEXT.search(value):
        raise Garbled(f"{name} is missing or not text")
    return value


def positive(record: Mapping[str, object], name: str) -> int:
    """A field that must be an id."""
    value = record.get(name)
    if not isinstance(value, int) or not is_id(value):
        raise Garbled(f"{name} is missing or not an id")
    return value


def is_id(value: object) -> bool:
    """Whether ``value`` is an id; a bool is none."""
    return type(value) is int and 1 <= value <= _LARGEST_ID


def optional_text(record: Mapping[str, object], name: str) -> str | None:
    """Text or null; the field must be there."""
    return _optional(record, name, text)


def optional_id(record: Mapping[str, object], name: str) -> int | None:
    """An id or null; the field must be there."""
    return _optional(record, name, positive)


def _optional(
    record: Mapping[str, object], name: str, read: Callable[[Mapping[str, object], str], T]
) -> T | None:
    if record.get(name, record) is None:
        return None
    return read(record, name)


def word(code: str) -> str:
    """A code of the server if it is one; anything else might echo personal data."""
    plain = code.isascii() and code.replace("_", "").isalnum() and len(code) <= _LONGEST_CODE
    return code.lower() if plain else "unreadable_code"
