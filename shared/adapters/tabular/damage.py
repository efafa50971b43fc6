"""Damaged records: their violations, and their bytes with the cells of dropped columns blanked."""

import re
from collections.abc import Sequence

from shared.adapters.tabular.faults import MAX_RAW_BYTES, Fault
from shared.adapters.tabular.header import Layout
from shared.adapters.tabular.lines import Line
from shared.domain.violation import Violation
from shared.ports.reader import DamagedRecord, SoundRecord

#: So many characters that no export writes may stand where the ends of whole lines were.
_LOST = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]{4}")


class Damage:
    """Makes damaged records for one layout."""

    def __init__(self, layout: Layout) -> None:
        """Blank what ``layout`` drops."""
        self._layout = layout
        self._delimiter = layout.delimiter.encode(layout.codec)
        self._quote = layout.quote.encode(layout.codec)
        self._kept = frozenset(layout.indices)
        self._drops = len(layout.indices) < layout.width

    def of_lines(self, row: int, lines: Sequence[Line], fault: Fault) -> DamagedRecord:
        """A region of neighbouring lines."""
        raw = b"".join(map(self._masked, lines))
        cut = len(raw) > MAX_RAW_BYTES or fault.code == "line_too_long"
        violation = Violation(
            fault.code, self._layout.column(fault.field), fault.detail, f"bytes({len(raw)})"
        )
        return DamagedRecord(
            row=row,
            line=lines[0].number,
            last_line=lines[-1].number,
            violations=(violation,),
            raw=raw[:MAX_RAW_BYTES],
            cut=cut,
            values=self._values(lines[0]) if len(lines) == 1 else {},
        )

    def of_record(self, record: SoundRecord, last_line: int, fault: Fault) -> DamagedRecord:
        """A record that read soundly, and that something else speaks against."""
        cells = dict(zip(self._layout.indices, record.values.values(), strict=True))
        text = self._layout.delimiter.join(cells.get(at, "") for at in range(self._layout.width))
        raw = text.encode(self._layout.codec)
        violation = Violation(
            fault.code, self._layout.column(fault.field), fault.detail, f"bytes({len(raw)})"
        )
        return DamagedRecord(
            record.row, record.line, last_line, (violation,), raw[:MAX_RAW_BYTES],
            cut=len(raw) > MAX_RAW_BYTES,
        )  # fmt: skip

    def _masked(self, line: Line) -> bytes:
        """The bytes of a line, without dropped cells if it has the header's number of fields."""
        if not self._drops or not line.raw.strip():
            return line.raw
        body = line.raw.rstrip(b"\r\n")
        cells = self._split(body)
        if len(cells) != self._layout.width:
            return line.raw
        kept = [cell if at in self._kept else b"" for at, cell in enumerate(cells)]
        return self._delimiter.join(kept) + line.raw[len(body) :]

    def _split(self, body: bytes) -> list[bytes]:
        """Fields as bytes with their quotes, however wrong; for blanking alone."""
        pieces = body.split(self._delimiter)
        if len(pieces) <= self._layout.width:
            return pieces
        fields: list[bytes] = []
        for piece in pieces:
            if fields and fields[-1].startswith(self._quote) and fields[-1].count(self._quote) % 2:
                fields[-1] += self._delimiter + piece
            else:
                fields.append(piece)
        return fields

    def _values(self, line: Line) -> dict[str, str]:
        cells = self._cells(line)
        if cells is None or self._layout.repeats_header(cells):
            return {}
        return self._layout.values(cells)

    def _cells(self, line: Line) -> list[str] | None:
        """The fields of a line that splits beyond doubt; invalid bytes are replacement characters."""
        if _LOST.search(line.raw.decode(self._layout.codec, "replace")):
            return None
        text = line.text
        if line.fault is not None:
            if line.fault.code != "encoding":
                return None
            text = line.raw.rstrip(b"\r\n").decode("ascii", "replace")
        cells = self._layout.lexer.split(text)
        if isinstance(cells, Fault) or len(cells) != self._layout.width:
            return None
        return cells
