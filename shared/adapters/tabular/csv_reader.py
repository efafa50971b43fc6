"""Reads delimited text for the pipeline: strict, streaming, nothing guessed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from shared.adapters.tabular.damage import Damage
from shared.adapters.tabular.encoding import bom_size, chunks, codec_of
from shared.adapters.tabular.faults import Fault
from shared.adapters.tabular.guard import Guard
from shared.adapters.tabular.header import Layout, first_layout, layout, likeliest
from shared.adapters.tabular.hold import Record
from shared.adapters.tabular.lexer import Lexer
from shared.adapters.tabular.lines import Cursor, Line, blocks
from shared.adapters.tabular.records import Records, is_blank
from shared.adapters.tabular.sample import Learned, learn
from shared.adapters.tabular.stretches import both_alignments, stretches
from shared.domain.errors import ConfigInvalid, InputInvalid
from shared.domain.feeds.dictionary import HeaderDictionary
from shared.ports.reader import BlankRecord, Dialect, Source, Span


@dataclass(frozen=True, slots=True)
class CsvExtract:
    """A delimited file whose header was accepted."""

    _source: Source
    _codec: str
    _layout: Layout

    @property
    def columns(self) -> frozenset[str]:
        """Canonical columns the file has."""
        return frozenset(self._layout.names)

    @property
    def dropped(self) -> tuple[str, ...]:
        """Headers nobody mapped; their cells are never kept."""
        return self._layout.dropped

    @property
    def hidden(self) -> Mapping[str, int]:
        """Nothing in text is hidden."""
        return {}

    def records(self) -> Iterator[Record]:
        """Each record once, in file order (see the port)."""
        with closing(chunks(self._source, self._codec)) as read:
            cursor = Cursor(blocks(read, self._codec, bom_size(self._source)))
            damage = Damage(self._layout)
            above = list(self._above(cursor, damage))
            yield from above
            learned = self._learned()
            records = Records(cursor, self._layout, damage, learned)
            guard = Guard(self._layout, damage, learned)
            yield from guard.judged(records.read(len(above)), records.ending)

    def stretches(self, spans: Sequence[Span]) -> Iterator[bytes]:
        """What stands on physical lines (see the port)."""
        with closing(chunks(self._source, self._codec)) as read:
            found = stretches(read, spans)
            yield from map(both_alignments, found) if self._codec == "utf-16" else found

    def _learned(self) -> Learned:
        with closing(chunks(self._source, self._codec)) as read:
            cursor = Cursor(blocks(read, self._codec))
            cursor.advance(self._layout.line.number)
            return learn(cursor, self._layout)

    def _above(self, cursor: Cursor, damage: Damage) -> Iterator[Record]:
        """The lines above the header; the cursor then stands behind it."""
        header = self._layout.line
        while (line := cursor.look()) is not None and line.number < header.number:
            cursor.advance()
            if line.fault is None and is_blank(line.text):
                yield BlankRecord(line.number, line.number)
            else:
                yield damage.of_lines(
                    line.number, [line], Fault("before_header", "the header stands below")
                )
        if line is None or line.text != header.text:
            raise InputInvalid(
                "The header changed while the file was read. Wait until the export has"
                " finished, then send it again. Nothing was planned.",
                code="changed_while_read",
            )
        cursor.advance()


class CsvReader:
    """Opens delimited text."""

    def open(self, source: Source, dialect: Dialect, headers: HeaderDictionary) -> CsvExtract:
        """Read the header and see that a row follows (refusals: see the port).

        Raises:
            InputInvalid: with one of the codes that refuse a file.
            ConfigInvalid: the dialect can't be used.
        """
        codec, lexer = codec_of(dialect.encoding), _lexer(dialect)
        with closing(chunks(source, codec)) as read:
            cursor = Cursor(blocks(read, codec, bom_size(source)))
            if _first_line(cursor) is None:
                raise InputInvalid(
                    "The file is empty. Export again and check the size. Nothing was planned.",
                    code="empty",
                )
            bytes_codec = "utf-8" if codec == "utf-16" else codec
            found = first_layout(
                _lines(cursor), lambda line: layout(line, lexer, bytes_codec, headers)
            )
            if _first_line(cursor) is None:
                raise InputInvalid(
                    "The file has a header and no rows. Export again. Nothing was planned.",
                    code="no_rows",
                )
        return CsvExtract(source, codec, found)

    def headings(
        self, source: Source, dialect: Dialect, headers: HeaderDictionary
    ) -> tuple[str, ...]:
        """Of the first lines the likeliest (see the port)."""
        codec, lexer = codec_of(dialect.encoding), _lexer(dialect)
        with closing(chunks(source, codec)) as read:
            lines = _lines(Cursor(blocks(read, codec)))
            split = (lexer.split(line.text) for line in lines if line.fault is None)
            return likeliest((cells for cells in split if not isinstance(cells, Fault)), headers)


def _lexer(dialect: Dialect) -> Lexer:
    for name, mark in (("delimiter", dialect.delimiter), ("quote", dialect.quote)):
        other = dialect.quote if name == "delimiter" else dialect.delimiter
        if len(mark) != 1 or mark in "\r\n" or not mark.isascii() or mark == other:
            raise ConfigInvalid(
                f"The {name} {mark!r} can't be used: delimiter and quote must be one ASCII character"
                f" each, two different ones, and no line ends (staff.{name}). Nothing was started."
            )
    return Lexer(dialect.delimiter, dialect.quote)


def _lines(cursor: Cursor) -> Iterator[Line]:
    """The lines with content; the cursor stands behind the last one given."""
    while (line := _first_line(cursor)) is not None:
        cursor.advance()
        yield line


def _first_line(cursor: Cursor) -> Line | None:
    """Move to the next line with content."""
    while (line := cursor.look()) is not None and line.fault is None and is_blank(line.text):
        cursor.advance()
    return line
