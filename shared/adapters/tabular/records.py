"""Records out of physical lines: what is sound goes on, what isn't is quarantined, nothing guessed.

One stray quote turns the rest of a file inside out, so three things are asked beyond RFC 4180: a
multi-line field is damage if the lines it swallowed read like records (quotes.py); a sound record
is held back until the next one is sound too, and is `torn_record` if an unpaired quote comes
between (hold.py); an unclosed quote is resolved at the next physical line that is a sound record.
"""

from collections.abc import Iterator

from shared.adapters.tabular.damage import Damage
from shared.adapters.tabular.faults import MAX_RECORD_BYTES, Fault
from shared.adapters.tabular.header import Layout
from shared.adapters.tabular.hold import HeldBack, Record
from shared.adapters.tabular.lexer import has_control_character
from shared.adapters.tabular.lines import Block, Cursor, Line
from shared.adapters.tabular.quotes import Kind, Verdict, fields_of, is_record, judge
from shared.domain.errors import InputInvalid
from shared.ports.reader import BlankRecord, SoundRecord


def is_blank(text: str) -> bool:
    """Whether a line has no content (a line of delimiters has: empty fields)."""
    return not text.strip(" \u00a0\ufeff")


class Records:
    """One pass over the data lines of a file."""

    def __init__(self, cursor: Cursor, layout: Layout, damage: Damage, *, rows: int = 0) -> None:
        """Go on where ``cursor`` stands, behind the header and ``rows`` records above it."""
        self._cursor = cursor
        self._layout = layout
        self._damage = damage
        self._held = HeldBack(damage)
        self._row = rows
        self._blanks = 0
        #: Line of an unclosed quote after which no sound record came yet.
        self._unclosed: int | None = None
        #: Records with invalid bytes, and the first of them.
        self._invalid = 0
        self._first_invalid = ""

    def __iter__(self) -> Iterator[Record]:
        """All records.

        Raises:
            InputInvalid: `truncated` or `encoding_mismatch`, at the end.
        """
        while (block := self._cursor.block()) is not None:
            yield from self._clean(block) if block.clean else self._next()
        self._check_end()
        yield from self._held.release()

    def ending(self) -> str | None:
        """The last character of a file whose last line has no end (asked after the last record)."""
        return self._cursor.open_end

    def _clean(self, block: Block) -> Iterator[Record]:
        """The fast path: single lines of a block without control characters and faults.

        Ends at a line whose quotes need more than a look at that line.
        """
        layout, cursor, held = self._layout, self._cursor, self._held
        delimiter, width, pick, names = layout.delimiter, layout.width, layout.pick, layout.names
        landmark, beginnings = layout.landmark, layout.beginnings
        quote, split = layout.quote, layout.lexer.split
        last: SoundRecord | None = None
        for at in range(cursor.at, len(block.lines)):
            text = block.lines[at]
            quoted = quote in text
            cells = split(text) if quoted else text.split(delimiter, width)
            if (
                isinstance(cells, Fault)
                or len(cells) != width
                or (cells[landmark][:1] in beginnings and layout.repeats_header(cells))
                or (width == 1 and is_blank(text))
            ):
                if last is not None:
                    yield from held.sound(last, last.line)
                    last = None
                if quoted:
                    cursor.at = at
                    yield from self._next()
                    return
                yield from held.other(self._single(block.line(at), cells))
                continue
            if last is not None:
                yield last
            elif held:
                yield from held.release()
            self._row += 1
            last = SoundRecord(
                self._row, block.first + at, dict(zip(names, pick(cells), strict=True))
            )
            self._unclosed = None
        if last is not None:
            yield from held.sound(last, last.line)
        cursor.at = len(block.lines)

    def _next(self) -> Iterator[Record]:
        """One record from any line; it may reach over several."""
        line = self._cursor.look()
        if line is None:
            return
        cells: list[str] | Fault = self._layout.lexer.split(line.text)
        record, last_line = None, line.number
        if isinstance(cells, Fault) and cells.code == "unclosed_quote" and not _control(line):
            record, last_line = self._opened(line, cells)
        else:
            self._cursor.advance()
            record = self._single(line, cells)
        if isinstance(record, SoundRecord):
            self._unclosed = None
            yield from self._held.sound(record, last_line)
            return
        if self._tears(line):
            yield from self._held.tear()
        yield from self._held.other(record)

    def _single(self, line: Line, cells: list[str] | Fault) -> Record:
        """The record of one physical line."""
        self._row += 1
        if line.fault is None and is_blank(line.text):
            self._blanks += 1
            return BlankRecord(self._row, line.number)
        found = line.fault or self._check(line, cells)
        if not isinstance(found, Fault):
            return SoundRecord(self._row, line.number, self._layout.values(found))
        if found.code == "encoding":
            self._invalid += 1
            self._first_invalid = self._first_invalid or f"{found.detail}, line {line.number}"
        return self._damage.of_lines(self._row, [line], found)

    def _check(self, line: Line, cells: list[str] | Fault) -> list[str] | Fault:
        if _control(line):
            return Fault("control_character", "in the line")
        if isinstance(cells, Fault):
            return cells
        if len(cells) != self._layout.width:
            more = len(cells) > self._layout.width
            fields = (
                fields_of(line, self._layout) if self._layout.quote not in line.text else len(cells)
            )
            return Fault(
                "width", f"{fields} fields, {'more' if more else 'fewer'} than {self._layout.width}"
            )
        if self._layout.repeats_header(cells):
            return Fault("repeated_header", "most fields hold their own header")
        return cells

    def _opened(self, line: Line, fault: Fault) -> tuple[Record, int]:
        """The record that begins with a quote left open on ``line``, and its last line."""
        self._row += 1
        verdict = judge(self._cursor, self._layout)
        if verdict.kind is Kind.SOUND:
            self._cursor.advance(len(verdict.lines))
            values = self._layout.values(verdict.cells)
            return SoundRecord(self._row, line.number, values), verdict.lines[-1].number
        self._unclosed = line.number
        if verdict.kind is Kind.UNCLOSED:
            lines = self._until_record()
        else:
            lines = verdict.lines
            self._cursor.advance(len(lines))
        damaged = self._damage.of_lines(self._row, lines, _explained(fault, verdict))
        return damaged, damaged.last_line

    def _until_record(self) -> list[Line]:
        """Take the lines that an unclosed quote damages, up to the next that is a sound record.

        If a whole record's line is followed by a record, the quote was stray and that record is
        sound. Otherwise there was a multi-line text, whose end may look like a record that it isn't
        (`E1,"Ann`, then `Bo, Jr,Lee,…` with its quote lost): that line is taken too.
        """
        lines: list[Line] = []
        size, stray = 0, False
        while (line := self._cursor.look()) is not None:
            size += len(line.raw)
            sound = bool(lines) and is_record(line, self._layout)
            if not lines:
                stray = fields_of(line, self._layout) >= self._layout.width
            elif (sound and stray) or line.fault or size > MAX_RECORD_BYTES:
                break
            else:
                stray = False
            lines.append(line)
            self._cursor.advance()
            if sound:
                self._unclosed = None
                break
        return lines

    def _tears(self, line: Line) -> bool:
        """Whether a damaged line may be the end of a field that began in the record before it.

        It then has an unpaired quote, and is too short for a record, unless the field that ends
        here was the first of a multi-line record. That a sound record before a line damaged
        otherwise is quarantined with it is the price.
        """
        if line.raw.count(self._layout.quote.encode(self._layout.codec)) % 2 == 0:
            return False
        fields = line.raw.count(self._layout.delimiter.encode(self._layout.codec)) + 1
        return fields < self._layout.width or self._held.multi_line

    def _check_end(self) -> None:
        if self._unclosed is not None:
            raise InputInvalid(
                f"The file ends inside the quoted field that opens on line {self._unclosed}: no sound"
                " record follows. Transfer or export it again. Nothing was planned.",
                code="truncated",
            )
        if self._invalid * 100 > self._row - self._blanks:
            raise InputInvalid(
                f"{self._invalid} of {self._row - self._blanks} records are not in the declared"
                f" encoding, first: {self._first_invalid}. Declare the file's encoding"
                " (staff.encoding), or export in the declared one. Nothing was planned.",
                code="encoding_mismatch",
            )


def _control(line: Line) -> bool:
    return has_control_character(line.text)


def _explained(fault: Fault, verdict: Verdict) -> Fault:
    if verdict.kind is Kind.SWALLOWED:
        return Fault(fault.code, f"{fault.detail}; it would swallow the records below", fault.field)
    if verdict.kind is Kind.DOUBTFUL:
        last = verdict.lines[-1].number
        return Fault(fault.code, f"{fault.detail}; lines to {last} may be records", fault.field)
    return fault
