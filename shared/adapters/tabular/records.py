"""Records out of physical lines: what is sound goes on, what isn't is quarantined, nothing guessed.

One stray quote turns the rest of a file inside out, so three things are asked beyond RFC 4180: a
multi-line field is damage if the lines it swallowed read like records (quotes.py); sound records
are held back, and are `torn_record` if a piece of a record comes behind them (hold.py); an unclosed
quote is resolved at the next physical line that is a sound record and looks like the others.
"""

from collections.abc import Iterator

from shared.adapters.tabular.damage import Damage
from shared.adapters.tabular.faults import MAX_RECORD_BYTES, Fault
from shared.adapters.tabular.header import Layout
from shared.adapters.tabular.hold import HeldBack, Record
from shared.adapters.tabular.lexer import has_control_character
from shared.adapters.tabular.lines import Block, Cursor, Line
from shared.adapters.tabular.quotes import Judge, Kind, Verdict
from shared.adapters.tabular.sample import Learned
from shared.domain.errors import InputInvalid
from shared.ports.reader import BlankRecord, DamagedRecord, SoundRecord

#: Lines taken in one go: few, so that they stay in the processor's cache.
_LINES = 128


def is_blank(text: str) -> bool:
    """Whether a line has no content (a line of delimiters has: empty fields)."""
    return not text.strip(" \u00a0\ufeff")


class Records:
    """One pass over the data lines of a file."""

    def __init__(self, cursor: Cursor, layout: Layout, damage: Damage, learned: Learned) -> None:
        """Go on where ``cursor`` stands, behind the header."""
        self._cursor = cursor
        self._layout = layout
        self._damage = damage
        self._judge = Judge(layout, learned)
        self._held = HeldBack(damage, learned.kept)
        self._row = 0
        self._blanks = 0
        #: Line of an unclosed quote after which no sound record came yet.
        self._unclosed: int | None = None
        #: Records with invalid bytes, and the first of them.
        self._invalid = 0
        self._first_invalid = ""

    def read(self, rows: int) -> Iterator[Record]:
        """All records, behind ``rows`` that stand above the header.

        Raises:
            InputInvalid: `truncated` or `encoding_mismatch`, at the end.
        """
        self._row = rows
        while (block := self._cursor.block()) is not None:
            yield from self._clean(block) if block.clean else self._next()
        self._check_end()
        yield from self._held.release()

    def ending(self) -> str | None:
        """The last character of a file whose last line has no end (asked after the last record)."""
        return self._cursor.open_end

    def _clean(self, block: Block) -> Iterator[Record]:
        """The fast path: single lines of a block without control characters and faults.

        Ends at a line that needs more than a look at that line.
        """
        layout, cursor = self._layout, self._cursor
        delimiter, width, pick, names = layout.delimiter, layout.width, layout.pick, layout.names
        landmark, beginnings = layout.landmark, layout.beginnings
        quote, split = layout.quote, layout.lexer.split
        row, offset = self._row, block.first
        sound: list[Record] = []
        stop = end = min(cursor.at + _LINES, len(block.lines))
        for at in range(cursor.at, end):
            text = block.lines[at]
            cells = split(text) if quote in text else text.split(delimiter, width)
            if (
                isinstance(cells, Fault)
                or len(cells) != width
                or (cells[landmark][:1] in beginnings and layout.repeats_header(cells))
                or (width == 1 and is_blank(text))
            ):
                stop = at
                break
            row += 1
            sound.append(SoundRecord(row, offset + at, dict(zip(names, pick(cells), strict=False))))
        if sound:
            self._row, self._unclosed, cursor.at = row, None, stop
            yield from self._held.add_lines(sound)
        if stop < end:
            yield from self._next()

    def _next(self) -> Iterator[Record]:
        """One record from any line; it may reach over several."""
        line = self._cursor.look()
        if line is None:
            return
        cells = self._layout.lexer.split(line.text)
        if isinstance(cells, Fault) and cells.code == "unclosed_quote" and not _control(line):
            yield from self._opened(line, cells)
            return
        self._cursor.advance()
        record, begun = self._single(line, cells), False
        if isinstance(record, SoundRecord):
            self._unclosed = None
        elif isinstance(record, DamagedRecord):
            begun = self._tear(line)
        yield from self._held.add(record, begun=begun)

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
        width = self._layout.width
        if len(cells) != width:
            unquoted = self._layout.quote not in line.text
            fields = self._judge.fields(line) if unquoted else len(cells)
            return Fault(
                "width", f"{fields} fields, {'more' if fields > width else 'fewer'} than {width}"
            )
        if self._layout.repeats_header(cells):
            return Fault("repeated_header", "most fields hold their own header")
        return cells

    def _tear(self, line: Line) -> bool:
        """A damaged line may be a piece of the records above it, if it doesn't begin like one."""
        if line.fault is not None:
            text = line.raw.decode("latin-1").rstrip("\r\n")
            line = line._replace(text=text)
        begins = self._judge.begins(line)
        if not begins or self._judge.may_go_on(line):
            self._held.tear(closes=self._judge.goes_on(line))
        return begins

    def _opened(self, line: Line, fault: Fault) -> Iterator[Record]:
        """The record that begins with a quote left open on ``line``."""
        self._row += 1
        verdict = self._judge.opened(self._cursor)
        if verdict.kind is Kind.SOUND:
            self._cursor.advance(len(verdict.lines))
            self._unclosed = None
            record = SoundRecord(self._row, line.number, self._layout.values(verdict.cells))
            yield from self._held.add(record, last_line=verdict.lines[-1].number)
            return
        cut = verdict.kind is Kind.CUT and self._judge.may_be_cut(line)
        self._unclosed = line.number if cut else None
        if self._judge.goes_on(line):
            self._held.tear(closes=True)
        if verdict.kind in {Kind.UNCLOSED, Kind.CUT}:
            lines = self._until_record()
        else:
            lines = verdict.lines
            self._cursor.advance(len(lines))
        damaged = self._damage.of_lines(self._row, lines, _explained(fault, verdict))
        yield from self._held.add(damaged, opened=True, begun=self._judge.begins(line))

    def _until_record(self) -> list[Line]:
        """Take the lines that an unclosed quote damages, up to the next that is a sound record.

        Where the columns don't tell a record from text, its line must be a whole record's: else the
        text had several lines, and its end may look like a record that it isn't (`E1,"Ann`, then
        `Bo, Jr,Lee,…` with its quote lost): that line is taken too.
        """
        lines: list[Line] = []
        size, stray = 0, False
        while (line := self._cursor.look()) is not None:
            size += len(line.raw)
            sound = bool(lines) and self._judge.is_record(line)
            told = bool(lines) and (self._judge.tells(line) or self._judge.opens(self._cursor))
            if not lines:
                stray = self._judge.fields(line) >= self._layout.width
            elif told or (sound and stray) or line.fault or size > MAX_RECORD_BYTES:
                break
            else:
                stray = False
            lines.append(line)
            self._cursor.advance()
            if sound:
                self._unclosed = None
                break
        return lines

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
    if verdict.kind is Kind.WRONG_WIDTH:
        return Fault("width", f"{len(verdict.cells)} fields")
    if verdict.kind is Kind.DOUBTFUL:
        last = verdict.lines[-1].number
        return Fault(fault.code, f"{fault.detail}; lines to {last} may be records", fault.field)
    return fault
