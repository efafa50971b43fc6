"""Cuts a file into the JSON documents it holds, streaming: an array of them, one a line, or just one.

Only brackets, commas, quotes and line ends are looked at; what a piece says is judged by others. So a
damaged document costs itself alone: a string ends with its line, and a bracket that was never opened
closes nothing.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from shared.domain.errors import InputInvalid

#: Longest document: some thousand waste lines. It bounds what is held in memory.
MAX_DOCUMENT_BYTES = 4 << 20
#: Deepest nesting that is read; e-Manifest needs eight.
MAX_DEPTH = 64

#: A string (its closing quote may be missing), a bracket, a comma or a line end.
_TOKEN = re.compile(rb'"[^"\\\r\n]*+(?:\\[^\r\n][^"\\\r\n]*+)*+\\?(")?|[{}\[\],]|\r\n|\r|\n')
#: What stands between two brackets, whole strings among it.
_RUN = re.compile(rb'(?:[^"{}\[\]]++|"[^"\\\r\n]*+(?:\\[^\r\n][^"\\\r\n]*+)*+")*+')
_LINE_END = re.compile(rb"\r\n|\r|\n")
_BLANK = re.compile(rb"[ \t]*")
_OPENED_BY = {ord("}"): ord("{"), ord("]"): ord("[")}


class Piece(NamedTuple):
    """What stands where a document should: its bytes and first physical line, from 1."""

    raw: bytes
    line: int
    #: It is nested deeper than is read.
    deep: bool

    @property
    def last_line(self) -> int:
        """Where it ends."""
        return self.line + len(_LINE_END.findall(self.raw))


class Pieces:
    """The documents of one file."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        """Cut what ``chunks`` give: UTF-8 without a byte order mark."""
        self._chunks = chunks
        self._data = b""
        #: Where the next token is looked for; what stands before it is known.
        self._at = 0
        self._line = 1
        #: Where the piece at hand begins, on which line; None between two.
        self._start: int | None = None
        self._start_line = 1
        self._open = bytearray()
        self._counts = {ord("{"): 0, ord("["): 0}
        self._deep = False
        self._in_array = False
        #: In an array: a comma stands before what comes.
        self._behind_comma = False
        #: The last document outside an array had a line of its own, so the next one should too.
        self._by_line = False

    def __iter__(self) -> Iterator[Piece]:
        """Each piece once, in file order.

        Raises:
            InputInvalid: `truncated` at the end of a file that ends inside a document or an array;
                `too_large` where one is beyond the limit.
        """
        held = b""
        for chunk in self._chunks:
            data = held + chunk
            # A CR at the very end may be half of a CRLF.
            held = b"\r" if data.endswith(b"\r") else b""
            yield from self._cut(data[: len(data) - len(held)], final=False)
        yield from self._cut(held + b"\n", final=True)
        if self._start is not None or self._in_array:
            raise InputInvalid(
                f"The file ends inside the document that begins on line {self._start_line}: it was cut,"
                " or a bracket or quote is missing. Transfer or export it again. Nothing was planned.",
                code="truncated",
            )

    def _cut(self, data: bytes, *, final: bool) -> Iterator[Piece]:
        self._forget()
        self._data += data
        while self._start is not None or self._begin():
            if self._open and (self._in_array or not self._by_line):
                # Line ends matter to documents of one line alone.
                self._at = _RUN.match(self._data, self._at).end()  # type: ignore[union-attr]  # matches nothing too
            found = _TOKEN.search(self._data, self._at)
            if found is None or (
                found.end() == len(self._data) and not final and _may_go_on(found)
            ):
                # A string may go on in what comes; anything else that is no token never matters.
                self._at = found.start() if found else len(self._data)
                break
            self._at = found.end()
            yield from self._take(self._data[found.start()], found)
        self._check_size()

    def _forget(self) -> None:
        """Keep no more than the piece at hand."""
        keep = self._at if self._start is None else self._start
        self._data, self._at = self._data[keep:], self._at - keep
        self._start = None if self._start is None else 0

    def _begin(self) -> bool:
        """Move to where the next piece begins; False if that isn't in sight."""
        while True:
            self._at = _BLANK.match(self._data, self._at).end()  # type: ignore[union-attr]  # matches nothing too
            if self._at == len(self._data):
                return False
            byte = self._data[self._at]
            if byte in b"\r\n":
                self._at += 2 if self._data[self._at : self._at + 2] == b"\r\n" else 1
                self._line += 1
            elif not self._in_array and byte == ord("["):
                self._at += 1
                self._in_array, self._behind_comma, self._start_line = True, False, self._line
            elif self._in_array and byte == ord("]") and not self._behind_comma:
                self._at += 1
                self._in_array = self._by_line = False
            else:
                self._start, self._start_line, self._deep = self._at, self._line, False
                return True

    def _take(self, byte: int, found: re.Match[bytes]) -> Iterator[Piece]:
        """One token of the piece at hand, which may end with it."""
        if byte in b"\r\n":
            if self._ends_with_line(found.end()):
                self._at = found.start()
                yield self._ended(found.start())
        elif byte in b"{[":
            self._open.append(byte)
            self._counts[byte] += 1
            self._deep |= len(self._open) > MAX_DEPTH
        elif self._in_array and not self._open and byte in b",]":
            yield self._ended(found.start())
            self._in_array, self._behind_comma = byte == ord(","), byte == ord(",")
        elif byte in b"}]":
            self._close(_OPENED_BY[byte])
            if not self._open and not self._in_array and self._data[self._start or 0] == ord("{"):
                piece = self._ended(found.end())
                self._by_line = self._line == piece.line
                yield piece

    def _close(self, opened: int) -> None:
        """Close the nearest bracket of that kind and all inside it; without one nothing."""
        if not self._counts[opened]:
            return
        while (last := self._open.pop()) != opened:
            self._counts[last] -= 1
        self._counts[opened] -= 1

    def _ends_with_line(self, line_end: int) -> bool:
        """Whether a piece outside an array ends with its line."""
        if self._in_array:
            return False
        torn = self._by_line and self._data[line_end : line_end + 1] == b"{"
        return torn or self._data[self._start or 0] != ord("{")

    def _ended(self, end: int) -> Piece:
        raw = self._data[self._start or 0 : end]
        self._check(len(raw))
        self._line += len(_LINE_END.findall(raw))
        self._start = None
        self._open.clear()
        self._counts = dict.fromkeys(self._counts, 0)
        return Piece(raw.rstrip(b" \t\r\n"), self._start_line, self._deep)

    def _check_size(self) -> None:
        if self._start is not None:
            self._check(len(self._data) - self._start)

    def _check(self, size: int) -> None:
        if size > MAX_DOCUMENT_BYTES:
            raise InputInvalid(
                f"The document that begins on line {self._start_line} is larger than"
                f" {MAX_DOCUMENT_BYTES >> 20} MiB, the limit for one. Export the manifests one by one,"
                " or look for a bracket that is never closed. Nothing was planned.",
                code="too_large",
            )


def _may_go_on(found: re.Match[bytes]) -> bool:
    """A string without its closing quote."""
    return found[0][:1] == b'"' and found[1] is None
