"""The bytes of given physical lines, as they are: for the shield, which looks for people in them."""

import re
from collections.abc import Iterable, Iterator, Sequence

from shared.ports.reader import Span

_TEXT_OR_END = re.compile(rb"[^\r\n]+|\r\n|\n|\r")


def stretches(chunks: Iterable[bytes], spans: Sequence[Span]) -> Iterator[bytes]:
    """The lines of each span, with their ends; lines end as `shared.adapters.tabular.lines` has it."""
    return within(_numbered(chunks), spans)


def within(numbered: Iterable[tuple[int, bytes]], spans: Sequence[Span]) -> Iterator[bytes]:
    """Pieces of lines, given in order with the line's number, put together span by span."""
    wanted = iter(spans)
    span = next(wanted, None)
    held: list[bytes] = []
    for line, piece in numbered:
        while span is not None and span[1] is not None and line > span[1]:
            yield b"".join(held)
            span, held = next(wanted, None), []
        if span is None:
            return
        if line >= span[0]:
            held.append(piece)
    if held:
        yield b"".join(held)


def _numbered(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    line, rest = 1, b""
    for chunk in chunks:
        data = rest + chunk
        # A CR at the very end may be half of a CRLF.
        rest = b"\r" if data.endswith(b"\r") else b""
        for piece in _TEXT_OR_END.findall(data[: len(data) - len(rest)]):
            yield line, piece
            line += piece in (b"\n", b"\r", b"\r\n")
    if rest:
        yield line, rest


def both_alignments(raw: bytes) -> bytes:
    """UTF-16 text (as UTF-8) and what it says one byte on: behind a byte lost, the rest reads askew."""
    askew = raw.decode("utf-8", "ignore").encode("utf-16-le")[1:] + b"\x00"
    return raw + b"\n" + askew.decode("utf-16-le", "ignore").encode()
