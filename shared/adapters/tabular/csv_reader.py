"""Reads delimited text for the pipeline: strict, streaming, nothing guessed."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from shared.adapters.tabular.encoding import bom_size, chunks, codec_of
from shared.adapters.tabular.header import Layout, layout
from shared.adapters.tabular.hold import Record
from shared.adapters.tabular.lines import Cursor, Line, blocks
from shared.adapters.tabular.records import Records, is_blank
from shared.domain.errors import ConfigInvalid, InputInvalid
from shared.domain.feeds.dictionary import HeaderDictionary
from shared.ports.reader import Dialect, Source


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

    def records(self) -> Iterator[Record]:
        """Each record once, in file order (see the port)."""
        with closing(chunks(self._source, self._codec)) as read:
            cursor = Cursor(blocks(read, self._codec, bom_size(self._source)))
            header = _first_line(cursor)
            if header is None or header.text != self._layout.text:
                raise InputInvalid(
                    "The header changed while the file was read. Wait until the export has"
                    " finished, then send it again. Nothing was planned.",
                    code="changed_while_read",
                )
            cursor.advance()
            yield from Records(cursor, self._layout)


class CsvReader:
    """Opens delimited text."""

    def open(self, source: Source, dialect: Dialect, headers: HeaderDictionary) -> CsvExtract:
        """Read the header and see that a row follows (refusals: see the port).

        Raises:
            InputInvalid: with one of the codes that refuse a file.
            ConfigInvalid: the dialect can't be used.
        """
        codec = codec_of(dialect.encoding)
        if (
            len(dialect.delimiter) != 1
            or dialect.delimiter in '"\r\n'
            or not dialect.delimiter.isascii()
        ):
            raise ConfigInvalid(
                f"The delimiter {dialect.delimiter!r} can't be used: it must be one ASCII character,"
                " neither a quote nor a line end (staff.delimiter). Nothing was started."
            )
        with closing(chunks(source, codec)) as read:
            cursor = Cursor(blocks(read, codec, bom_size(source)))
            line = _first_line(cursor)
            if line is None:
                raise InputInvalid(
                    "The file is empty. Export again and check the size. Nothing was planned.",
                    code="empty",
                )
            bytes_codec = "utf-8" if codec == "utf-16" else codec
            found = layout(line, dialect.delimiter, bytes_codec, headers)
            cursor.advance()
            if _first_line(cursor) is None:
                raise InputInvalid(
                    "The file has a header and no rows. Export again. Nothing was planned.",
                    code="no_rows",
                )
        return CsvExtract(source, codec, found)


def _first_line(cursor: Cursor) -> Line | None:
    """Move to the next line with content."""
    while (line := cursor.look()) is not None and line.fault is None and is_blank(line.text):
        cursor.advance()
    return line
