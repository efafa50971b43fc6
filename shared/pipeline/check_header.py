"""Judge a file by its header, before it is sent whole or planned: nothing is stored, nothing called."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import partial

from shared.domain.errors import InputInvalid
from shared.domain.feeds.dictionary import Column, HeaderDictionary, normalized_header
from shared.pipeline.detect import Detected, detect
from shared.pipeline.feed_reading import FeedReading
from shared.pipeline.tools import Tools
from shared.ports.reader import Dialect, Source, TabularReader, in_memory

#: As much of a file as is asked for to judge its header.
START_BYTES = 256 << 10
#: What a whole file may still turn out not to be refused for.
_PERHAPS_CUT = frozenset({"truncated", "damaged_workbook", "no_rows"})
#: The header could be taken apart, so its cells are worth a look.
_TAKEN_APART = frozenset({"missing_header", "duplicate_header"})
#: Another profile, delimiter or encoding may fit.
_OTHERWISE = _TAKEN_APART | {"delimiter_mismatch", "encoding_mismatch", "unsound_header"}
_UTF16_LE = b"\xff\xfe"


class HeaderVerdict(StrEnum):
    """What the header says of the file."""

    ACCEPTED = "accepted"  # it can be read; its rows are judged when it is planned
    REFUSED = "refused"
    LATER = "later"  # its beginning alone tells nothing: a workbook, or one long document


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A header as it is written."""

    written: str
    #: The canonical column it means, None if nobody knows it: its cells are dropped.
    column: str | None
    #: A spelling that is known, nearly the same, and of a column no header means.
    nearest: str | None = None
    #: An earlier one means the same column.
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderCheck:
    """The verdict on a header."""

    feed: str
    verdict: HeaderVerdict
    #: How the file is declared to be written.
    dialect: Dialect
    #: Why the file can't be read.
    refused: InputInvalid | None = None
    headings: tuple[Heading, ...] = ()
    #: Columns that must be there and aren't, each with the headers that would mean it.
    missing: tuple[tuple[Column, tuple[str, ...]], ...] = ()
    #: Of a refused staff file: the ready profile, delimiter and encoding that it fits.
    fits: Detected | None = None

    @property
    def accepted(self) -> tuple[Heading, ...]:
        """Headers that are read."""
        return tuple(h for h in self.headings if h.column is not None and not h.again)

    @property
    def unknown(self) -> tuple[Heading, ...]:
        """Headers that nobody knows."""
        return tuple(h for h in self.headings if h.column is None)

    @property
    def again(self) -> tuple[Heading, ...]:
        """Headers that mean what another one means."""
        return tuple(h for h in self.headings if h.again)


def check_start(
    reader: TabularReader, reading: FeedReading, start: bytes, *, whole: bool
) -> HeaderCheck:
    """Judge the first bytes of a file, which may be all of it."""
    source = in_memory(start)
    return _check(reader, reading, source, whole=whole)


def check_stored(tools: Tools, location: str, reading: FeedReading) -> HeaderCheck:
    """Judge a file that has come, whole. Raises `VaultDamaged`."""
    return _check(tools.reader, reading, partial(tools.vault.open, location), whole=True)


def _check(
    reader: TabularReader, reading: FeedReading, source: Source, *, whole: bool
) -> HeaderCheck:
    refused: InputInvalid | None = None
    try:
        reader.open(source, reading.dialect, reading.headers)
    except InputInvalid as error:
        refused = error
    verdict = HeaderVerdict.REFUSED if refused else HeaderVerdict.ACCEPTED
    if refused and refused.code in _PERHAPS_CUT and not whole:
        verdict, refused = HeaderVerdict.LATER, None
    code = refused.code if refused else ""
    cells: tuple[str, ...] = ()
    if verdict is HeaderVerdict.ACCEPTED or code in _TAKEN_APART:
        cells = reader.headings(source, reading.dialect, reading.headers)
    headings = tuple(_headings(cells, reading.headers))
    return HeaderCheck(
        feed=reading.feed, verdict=verdict, dialect=reading.dialect, refused=refused,
        headings=headings, missing=_missing(headings, reading.headers) if cells else (),
        fits=_fits(reader, source, whole=whole) if reading.staff and code in _OTHERWISE else None,
    )  # fmt: skip


def _headings(cells: tuple[str, ...], known: HeaderDictionary) -> Iterator[Heading]:
    found = {known.canonical_name(cell) for cell in cells}
    free = {
        normalized_header(spelling): spelling
        for name in known.columns
        if name not in found
        for spelling in known.spellings(name)
    }
    seen: set[str] = set()
    for cell in filter(None, cells):
        column = known.canonical_name(cell)
        key = column or f"/{normalized_header(cell)}"
        near = [] if column else get_close_matches(normalized_header(cell), free, n=1, cutoff=0.75)
        yield Heading(
            written=cell, column=column, nearest=free[near[0]] if near else None, again=key in seen
        )
        seen.add(key)


def _missing(
    headings: tuple[Heading, ...], known: HeaderDictionary
) -> tuple[tuple[Column, tuple[str, ...]], ...]:
    lacking = known.required - {heading.column for heading in headings}
    return tuple((known.columns[name], known.spellings(name)) for name in sorted(lacking))


def _fits(reader: TabularReader, source: Source, *, whole: bool) -> Detected | None:
    """What the file's beginning fits, if it fits anything."""
    with source() as file:
        start = file.read(START_BYTES)
    if not whole or len(start) == START_BYTES:
        start = _to_line_end(start)
    try:
        found = detect(reader, in_memory(start))
    except InputInvalid:
        return None
    return found if found.best.fits else None


def _to_line_end(start: bytes) -> bytes:
    """Without the line at its end that may be cut, so that half a character speaks against nothing."""
    end = start.rfind(b"\n") + 1
    if not end:
        return start
    return start[: end + 1] if start.startswith(_UTF16_LE) else start[:end]
