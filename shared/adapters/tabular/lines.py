"""Physical lines in blocks: CRLF, LF and CR mixed, with their numbers, never a whole file in memory."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from shared.adapters.tabular.encoding import decoded
from shared.adapters.tabular.faults import MAX_RAW_BYTES, MAX_RECORD_BYTES, Fault
from shared.adapters.tabular.lexer import CONTROL_BYTES, has_control_character

_LINE_END = re.compile(rb"\r\n|\n|\r(?=.)", re.DOTALL)

#: The control characters above U+007F, in UTF-8.
_C1 = re.compile(rb"\xc2[\x80-\x9f]")


class Line(NamedTuple):
    """A physical line: number from 1, text without and bytes with its line end."""

    number: int
    text: str
    raw: bytes
    #: Why it can't be read: `encoding` or `line_too_long`; the text is then empty.
    fault: Fault | None


class Block:
    """Neighbouring lines, decoded in one go where their bytes allow it."""

    __slots__ = ("_data", "_raws", "_utf8", "clean", "faults", "first", "lines")

    def __init__(self, first: int, offset: int, data: bytes, codec: str) -> None:
        """Decode ``data``, whole lines of which the first has the number ``first``."""
        self.first = first
        self._data = data
        self._raws: list[bytes] | None = None
        self.faults: dict[int, Fault] = {}
        self._utf8 = codec != "cp1252"
        self.lines = self._decode_at_once(codec) or self._decode_by_line(codec, offset)
        #: No line holds a control character or a fault.
        self.clean = not self.faults and not self._has_control()

    @classmethod
    def too_long(cls, first: int, offset: int, head: bytes) -> "Block":
        """A block of one line beyond the limit, of which only the head was kept."""
        block = cls(first, offset, b"", "utf-8")
        block._data, block._raws, block.lines = head, [head], [""]
        detail = f"more than {MAX_RECORD_BYTES} bytes"
        block.faults, block.clean = {0: Fault("line_too_long", detail)}, False
        return block

    @property
    def open_end(self) -> str | None:
        """The last character of the last line, if that has no line end."""
        if not self.lines or self._data.endswith((b"\n", b"\r")):
            return None
        return self.lines[-1][-1:] or None

    @property
    def raws(self) -> list[bytes]:
        """The lines as bytes, line ends kept."""
        if self._raws is None:
            self._raws = self._data.splitlines(keepends=True)
        return self._raws

    def line(self, at: int) -> Line:
        """The line at index ``at``."""
        return Line(self.first + at, self.lines[at], self.raws[at], self.faults.get(at))

    def _decode_at_once(self, codec: str) -> list[str] | None:
        """None if lines must be looked at one by one."""
        if len(self._data) > MAX_RECORD_BYTES or (codec == "cp1252" and not self._data.isascii()):
            return None
        try:
            text = self._data.decode("utf-8")
        except UnicodeDecodeError:
            return None
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        lines = text.split("\n")
        if not lines[-1]:
            lines.pop()
        return lines

    def _decode_by_line(self, codec: str, offset: int) -> list[str]:
        lines = []
        for at, raw in enumerate(self.raws):
            text = decoded(raw, codec, offset) if len(raw) <= MAX_RECORD_BYTES else _TOO_LONG
            if isinstance(text, Fault):
                self.faults[at] = text
                text = ""
            lines.append(text.rstrip("\r\n"))
            offset += len(raw)
        return lines

    def _has_control(self) -> bool:
        if len(self._data.translate(None, CONTROL_BYTES)) != len(self._data):
            return True
        if self._data.isascii():
            return False
        if self._utf8:
            return _C1.search(self._data) is not None
        return any(map(has_control_character, self.lines))


_TOO_LONG = Fault("line_too_long", f"more than {MAX_RECORD_BYTES} bytes")


def blocks(chunks: Iterable[bytes], codec: str, offset: int = 0) -> Iterator[Block]:
    """Cut chunks of bytes into blocks of whole lines; ``offset`` is where the first chunk begins."""
    first = 1
    rest = head = b""
    skipping = False
    for chunk in chunks:
        data = rest + chunk
        if skipping:
            end = _LINE_END.search(data)
            if end is None:
                rest = b"\r" if data.endswith(b"\r") else b""
                offset += len(data) - len(rest)
                continue
            yield Block.too_long(first, offset, head)
            first, offset, skipping = first + 1, offset + end.end(), False
            data = data[end.end() :]
        # A CR at the very end may be half of a CRLF.
        cut = max(data.rfind(b"\n"), data.rfind(b"\r", 0, max(len(data) - 1, 0))) + 1
        if cut:
            block = Block(first, offset, data[:cut], codec)
            yield block
            first, offset = first + len(block.lines), offset + cut
        rest = data[cut:]
        if len(rest) > MAX_RECORD_BYTES:
            head, skipping, offset = rest[:MAX_RAW_BYTES], True, offset + len(rest)
            rest = b"\r" if rest.endswith(b"\r") else b""
            offset -= len(rest)
    if skipping:
        yield Block.too_long(first, offset, head)
    elif rest:
        yield Block(first, offset, rest, codec)


class Cursor:
    """A place between lines, with a look ahead as far as a record may reach."""

    def __init__(self, source: Iterator[Block]) -> None:
        """Stand before the first line."""
        self._source = source
        self._loaded: deque[Block] = deque()
        #: Index, in the current block, of the line that comes next.
        self.at = 0
        #: Last character of the last block, if that is no line end.
        self.open_end: str | None = None

    def block(self) -> Block | None:
        """The block that holds the next line; None at the end of the file."""
        while not self._loaded or self.at >= len(self._loaded[0].lines):
            if self._loaded:
                self.at -= len(self._loaded.popleft().lines)
            if not self._loaded and not self._load():
                return None
        return self._loaded[0]

    def look(self, ahead: int = 0) -> Line | None:
        """The line ``ahead`` lines after the next one, without moving."""
        if self.block() is None:
            return None
        at, index = self.at + ahead, 0
        while at >= len(self._loaded[index].lines):
            at -= len(self._loaded[index].lines)
            index += 1
            if index == len(self._loaded) and not self._load():
                return None
        return self._loaded[index].line(at)

    def advance(self, lines: int = 1) -> None:
        """Go on by ``lines`` lines."""
        self.at += lines

    def _load(self) -> bool:
        block = next(self._source, None)
        if block is not None:
            self._loaded.append(block)
            self.open_end = block.open_end
        return block is not None
