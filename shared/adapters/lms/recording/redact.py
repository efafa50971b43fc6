"""Makes pseudonyms of everything that is not on the allow-list of `words`. Pure; used by `Recorder`."""

import hmac
import json
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NoReturn
from urllib.parse import parse_qsl, quote, unquote

from shared.adapters.lms.recording import words
from shared.domain.canonical import Json
from shared.domain.text import fold

#: Text beyond one of these may be too long for a field of the LMS; its pseudonym is so, too.
LONGEST = (100, 254, 500)
DOMAIN = "redacted.invalid"
_DIGITS = 16
#: Numbers that stand for others have 13 digits, as no id, phone or social security number has.
_BIG = 10**12
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,40}", flags=re.ASCII)


class BodyKind(StrEnum):
    """What a body is that is not kept as JSON."""

    EMPTY = "empty"
    HTML = "html"
    TRUNCATED_JSON = "truncated_json"
    TEXT = "text"
    BINARY = "binary"
    UNREAD = "unread"  # nobody read it to its end: too large


class Redactor:
    """Pseudonyms under one key: the same value, letter case aside, has the same everywhere."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def text(self, value: str) -> str:
        """The pseudonym; an address stays one, and what is too long stays too long."""
        folded = fold(value)
        if not folded:
            return value[:1] and " "
        end = f"@{DOMAIN}" if "@" in folded else ""
        length = 1 + max((n for n in LONGEST if len(folded) > n), default=0) - len(end)
        return f"r{self._mark(folded)}".ljust(length, "x") + end

    def number(self, value: float) -> int:
        """The pseudonym of a number that may be an employee's."""
        return _BIG + int(self._mark(str(value)), 16) % _BIG

    def path(self, path: str) -> str:
        """A path below the base URL: ids and the names of routes stay."""
        return "/".join(self._segment(unquote(segment)) for segment in path.split("/"))

    def query(self, query: str) -> list[tuple[str, str]]:
        """Sorted pairs of a query, decoded."""
        pairs = parse_qsl(query, keep_blank_values=True)
        return sorted((self._name(name), self._parameter(name, value)) for name, value in pairs)

    def body(self, content: bytes, path: str) -> dict[str, Json]:
        """A body: its JSON redacted, or the kind and size of what it is instead.

        ``path`` tells the route. The size of JSON is not told: it is that of somebody's names.
        """
        try:
            data: object = json.loads(content, parse_constant=_refuse)
            return {"json": self._value(data, "", "", path)}
        except (ValueError, RecursionError):
            return {"kind": _kind(content).value, "bytes": len(content)}

    def _mark(self, folded: str) -> str:
        # Half a surrogate pair is text for JSON, though no UTF-8.
        data = folded.encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, data, "sha256").hex()[:_DIGITS]

    def _segment(self, segment: str) -> str:
        if not segment or segment in words.ROUTES or (segment.isascii() and segment.isdigit()):
            return segment
        return quote(self.text(segment), safe="@")

    def _parameter(self, name: str, value: str) -> str:
        number = name in words.PAGING and value.isascii() and value.isdigit()
        word = name in words.CODED and words.is_code(value)
        return value if number or word else self.text(value)

    def _name(self, name: str) -> str:
        return name if _NAME.fullmatch(name) else self.text(name)

    def _value(self, value: object, name: str, within: str, path: str) -> Json:
        """``value`` of the field ``name`` in the object ``within``; a list's items have its name."""
        match value:
            case None | bool():
                return value
            case str():
                return value if _kept(value, name, within, path) else self.text(value)
            case int() if name in words.NUMBERS:
                return value
            case int() | float():
                return self.number(value)
            case list():
                return [self._value(item, name, within, path) for item in value]
            case dict():
                return {
                    self._name(key): self._value(item, key, name, path)
                    for key, item in value.items()
                }
            case _:
                raise TypeError(f"no JSON: {type(value).__name__}")


def _kept(value: str, name: str, within: str, path: str) -> bool:
    """Whether the text of a field stays as it is."""
    if name in words.MOMENTS:
        return words.is_moment(value)
    if name == "name" and path == words.TIMEZONES:
        return words.is_timezone(value)
    of_error = (name == "code" and within in words.ERRORS) or within == words.FIELD_ERRORS
    return (of_error or name in words.CODED) and words.is_code(value)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _kind(content: bytes) -> BodyKind:
    start = content.lstrip()[:1]
    if not start:
        return BodyKind.EMPTY
    if start == b"<":
        return BodyKind.HTML
    if start in (b"{", b"["):
        return BodyKind.TRUNCATED_JSON
    try:
        content.decode()
    except UnicodeDecodeError:
        return BodyKind.BINARY
    return BodyKind.TEXT


_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,9})?(e\+?\d{1,3})?", flags=re.ASCII)
_DATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}"
    r" \d\d:\d\d:\d\d GMT", flags=re.ASCII,
)  # fmt: skip
_HEADER_NAME = re.compile(r"[a-z][a-z0-9-]{0,60}", flags=re.ASCII)
_UNREADABLE = "unreadable"


def headers(raw: Iterable[tuple[str, str]]) -> tuple[dict[str, str], list[str]]:
    """Headers that matter with their values, and the names of all others."""
    kept: dict[str, str] = {}
    others: set[str] = set()
    for name, value in ((name.lower(), value.strip()) for name, value in raw):
        if name == "content-type":
            kept[name] = _media_type(value)
        elif name in ("retry-after", "date") or name.startswith("x-ratelimit-"):
            plain = _NUMBER.fullmatch(value) or _DATE.fullmatch(value)
            kept[_header_name(name)] = value if plain else _UNREADABLE
        else:
            others.add(_header_name(name))
    return kept, sorted(others)


def _header_name(name: str) -> str:
    return name if _HEADER_NAME.fullmatch(name) else _UNREADABLE


def _media_type(value: str) -> str:
    kind = value.partition(";")[0].strip().lower()
    return kind if kind in words.MEDIA_TYPES else f"{_UNREADABLE}/{_UNREADABLE}"
