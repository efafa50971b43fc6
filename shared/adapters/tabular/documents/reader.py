"""Reads the JSON documents of a governed feed: strict, streaming, one damaged document costs itself alone."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from shared.adapters.tabular.documents.pieces import Piece, Pieces
from shared.adapters.tabular.documents.shape import Shape
from shared.adapters.tabular.documents.strict import document
from shared.adapters.tabular.encoding import chunks
from shared.adapters.tabular.faults import MAX_COLUMNS, MAX_RAW_BYTES, Fault
from shared.adapters.tabular.stretches import stretches
from shared.domain.errors import InputInvalid
from shared.domain.feeds.feed import Document, Feed
from shared.domain.violation import Violation
from shared.ports.reader import DamagedRecord, SoundRecord, Source, Span

#: JSON between systems is UTF-8 (RFC 8259, 8.1), whatever is declared for tables.
_CODEC = "utf-8"
#: Longest key that is told, in characters.
_LONGEST_KEY = 100


@dataclass(frozen=True, slots=True)
class JsonExtract:
    """A file with at least one document."""

    _source: Source
    _shape: Shape
    _dropped: tuple[str, ...]

    @property
    def columns(self) -> frozenset[str]:
        """Every field that has a place in a document: one that a document lacks is empty there."""
        return self._shape.fields

    @property
    def dropped(self) -> tuple[str, ...]:
        """Keys of the first document that nobody reads."""
        return self._dropped

    @property
    def hidden(self) -> Mapping[str, int]:
        """Nothing in text is hidden."""
        return {}

    def records(self) -> Iterator[SoundRecord | DamagedRecord]:
        """Each record once, in file order; all records of a document have its first line."""
        row = 0
        with closing(_pieces(self._source)) as pieces:
            for piece in pieces:
                found = document(piece)
                read = [found] if isinstance(found, Fault) else self._shape.records(found)
                for cells in read:
                    row += 1
                    yield (
                        _damaged(row, piece, cells)
                        if isinstance(cells, Fault)
                        else SoundRecord(row, piece.line, cells)
                    )

    def stretches(self, spans: Sequence[Span]) -> Iterator[bytes]:
        """What stands on physical lines (see the port)."""
        with closing(chunks(self._source, _CODEC)) as read:
            yield from stretches(read, spans)


class JsonReader:
    """Opens files of JSON documents."""

    def open(
        self, source: Source, feed: Feed, declared: Document, date_format: str | None
    ) -> JsonExtract:
        """Look at the first document.

        Raises:
            InputInvalid: `no_rows`, or with a code of `Pieces`.
        """
        with closing(_pieces(source)) as pieces:
            first = next(pieces, None)
        if first is None:
            raise InputInvalid(
                "The file holds an empty list and no document. Export again. Nothing was planned.",
                code="no_rows",
            )
        shape = Shape(feed, declared, date_format)
        found = document(first)
        unread = [] if isinstance(found, Fault) else [key for key in found if key not in shape.keys]
        dropped = tuple(key[:_LONGEST_KEY] for key in islice(unread, MAX_COLUMNS))
        return JsonExtract(source, shape, dropped)


def _pieces(source: Source) -> Generator[Piece, None, None]:
    with closing(chunks(source, _CODEC)) as read:
        yield from Pieces(read)


def _damaged(row: int, piece: Piece, fault: Fault) -> DamagedRecord:
    size = f"bytes({len(piece.raw)})"
    return DamagedRecord(
        row, piece.line, piece.last_line, (Violation(fault.code, None, fault.detail, size),),
        piece.raw[:MAX_RAW_BYTES], cut=len(piece.raw) > MAX_RAW_BYTES,
    )  # fmt: skip
