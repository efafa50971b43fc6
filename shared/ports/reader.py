"""Reading a tabular extract: sound records and damaged regions, with their physical lines."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import BinaryIO, Protocol

from shared.domain.feeds.dictionary import HeaderDictionary
from shared.domain.feeds.feed import Feed
from shared.domain.violation import Violation

#: Opens the extract, each time from its beginning. A `read(n)` gives n bytes but at the end.
Source = Callable[[], BinaryIO]


def in_memory(content: bytes) -> Source:
    """A file that is here whole."""
    return partial(BytesIO, content)


#: First and last physical line; None for the end of the file.
Span = tuple[int, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How the file is written; declared by the feed, never guessed."""

    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    #: The governed feed whose JSON documents the file may hold; None: tables alone are read.
    feed: Feed | None = None
    #: How the feed reads dates; those of documents are given in it. None: YYYY-MM-DD.
    date_format: str | None = None


@dataclass(frozen=True, slots=True)
class SoundRecord:
    """A record read soundly: canonical column → text as written; unmapped columns are dropped."""

    row: int
    line: int
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class DamagedRecord:
    """A region that is not a sound record: its lines, what is wrong, and its raw bytes.

    Cells of dropped columns may be secrets (a `Password` column in clear text). They are blanked
    in ``raw`` wherever a line splits into the header's number of fields. Where it doesn't, the bytes
    stay: store them nowhere, show them to nobody, log them never.
    """

    row: int
    line: int
    last_line: int
    violations: tuple[Violation, ...]
    #: In the file's encoding (UTF-16 as UTF-8), line ends kept; at most about 64 KiB.
    raw: bytes
    #: ``raw`` is only the beginning of the region.
    cut: bool = False
    #: Canonical column → text, where the record splits beyond doubt although it is refused.
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BlankRecord:
    """A line without content; counted, never more."""

    row: int
    line: int


class OpenExtract(Protocol):
    """An extract whose header was accepted."""

    @property
    def columns(self) -> frozenset[str]:
        """Canonical columns the file has."""
        ...

    @property
    def dropped(self) -> tuple[str, ...]:
        """Headers nobody mapped; their cells are never kept."""
        ...

    @property
    def hidden(self) -> Mapping[str, int]:
        """How much of what a spreadsheet program doesn't show, by name; zeros are left out.

        `hidden_rows` and `hidden_columns` are read like all others, `hidden_sheets` are not.
        """
        ...

    def records(self) -> Iterator[SoundRecord | DamagedRecord | BlankRecord]:
        """Each record once, in file order, streaming; a new iteration reads the file again.

        Some faults show only at the end, so nothing may be planned from a part of the records.

        Raises:
            InputInvalid: `truncated`, `encoding_mismatch` or `changed_while_read`, after the
                records that could be read.
            EngineError: the source ended in an error; the records before it are not all.
        """
        ...

    def stretches(self, spans: Sequence[Span]) -> Iterator[bytes]:
        """What stands on physical lines, every column of it, in UTF-8 or the file's own encoding.

        For the shield's search alone: it may hold secrets, so store it nowhere and log it never.

        Args:
            spans: in the order of the file; none overlaps another.
        """
        ...


class TabularReader(Protocol):
    """Opens an extract."""

    def open(self, source: Source, dialect: Dialect, headers: HeaderDictionary) -> OpenExtract:
        """Read the header.

        Raises:
            InputInvalid: the file is empty, has no sound header, lacks a required or repeats a
                column, or isn't written in the declared dialect.
        """
        ...

    def headings(
        self, source: Source, dialect: Dialect, headers: HeaderDictionary
    ) -> tuple[str, ...]:
        """The cells of what is most likely the header, as written, whatever is wrong with it.

        Of JSON documents, and where no line can be taken apart, there are none.

        Raises:
            InputInvalid: the file isn't text of the declared encoding, and no workbook.
        """
        ...
