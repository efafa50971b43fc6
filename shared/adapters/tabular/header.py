"""The header line: which field is which canonical column, and why a file is refused for it."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import TypeVar

from shared.adapters.tabular.faults import MAX_COLUMNS, Fault
from shared.adapters.tabular.lexer import Lexer, has_control_character
from shared.adapters.tabular.lines import Line
from shared.domain.errors import InputInvalid
from shared.domain.feeds.dictionary import HeaderDictionary, normalized_header

_Place = TypeVar("_Place")

#: Lines with content that may stand above the header: a title, a date, a note of the exporter.
_MOST_ABOVE = 20
#: Refusals of a line that may still be text above the header.
_NOT_YET = frozenset({"missing_header", "unsound_header", "unexpected_header"})
_DELIMITERS = {",": ",", ";": ";", "\t": "tab", "|": "|"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the header says about each record."""

    lexer: Lexer
    #: Encoding of the bytes as the lines carry them.
    codec: str
    #: The header line, to know it again.
    line: Line
    #: Normalised headers, one for each field.
    headers: tuple[str, ...]
    #: Canonical name of each kept field, in file order, and its index.
    names: tuple[str, ...]
    indices: tuple[int, ...]
    #: Headers nobody mapped, as written.
    dropped: tuple[str, ...]
    #: The kept cells of a record that has the right width.
    pick: Callable[[list[str]], Sequence[str]]
    #: A field with a header, and how a repetition of that header can begin.
    landmark: int
    beginnings: frozenset[str]

    @property
    def delimiter(self) -> str:
        """What stands between fields."""
        return self.lexer.delimiter

    @property
    def quote(self) -> str:
        """What stands around fields."""
        return self.lexer.quote

    @property
    def width(self) -> int:
        """Fields of a sound record."""
        return len(self.headers)

    def values(self, cells: list[str]) -> dict[str, str]:
        """Canonical column → text of a record of the right width."""
        return dict(zip(self.names, self.pick(cells), strict=True))

    def repeats_header(self, cells: list[str]) -> bool:
        """Whether most named fields hold their own header: two files were joined."""
        if cells[self.landmark][:1] not in self.beginnings:
            return False
        named = [at for at, header in enumerate(self.headers) if header]
        same = sum(normalized_header(cells[at]) == self.headers[at] for at in named)
        return same * 2 > len(named)

    def column(self, field: int | None) -> str | None:
        """The canonical column of a field, None if it is dropped or beyond the width."""
        return self.names[self.indices.index(field)] if field in self.indices else None


def first_layout(candidates: Iterable[_Place], read: Callable[[_Place], Layout]) -> Layout:
    """The layout by the first line or row that is a header; notes may stand above it.

    Raises:
        InputInvalid: what the first one is refused for, if none is.
    """
    refused: list[InputInvalid] = []
    for candidate in islice(candidates, _MOST_ABOVE + 1):
        try:
            return read(candidate)
        except InputInvalid as error:
            refused.append(error)
            if error.code not in _NOT_YET:
                break
    raise refused[0]


def likeliest(candidates: Iterable[list[str]], headers: HeaderDictionary) -> tuple[str, ...]:
    """Of the first lines or rows the one with the most known headers, as written; the first of equals."""
    few = islice(candidates, _MOST_ABOVE + 1)
    sound = [cells for cells in few if len(cells) <= MAX_COLUMNS]
    best = max(sound, key=lambda cells: len(known_columns(cells, headers)), default=[])
    return tuple(cell.strip() for cell in best)


def known_columns(cells: Iterable[str], headers: HeaderDictionary) -> set[str]:
    """The canonical columns that these headers mean."""
    return {name for cell in cells if (name := headers.canonical_name(cell)) is not None}


def layout(line: Line, lexer: Lexer, codec: str, headers: HeaderDictionary) -> Layout:
    """Read the header line.

    Raises:
        InputInvalid: the file can't be read under this header.
    """
    return layout_of(_cells(line, lexer, headers), line, lexer, codec, headers)


def layout_of(
    cells: list[str], line: Line, lexer: Lexer, codec: str, headers: HeaderDictionary
) -> Layout:
    """The layout by the cells of the header; ``line`` is where they stand.

    Raises:
        InputInvalid: the file can't be read under this header.
    """
    delimiter = lexer.delimiter
    normalized = tuple(map(normalized_header, cells))
    names = [headers.canonical_name(cell) if cell.strip() else None for cell in cells]
    missing = [name.strip() or "(no name)" for name in sorted(headers.required - set(names))]
    if missing:
        _check_delimiter(line.text, delimiter, headers)
        raise InputInvalid(
            f"Required columns are missing: {', '.join(missing)}. Add them, or teach their spelling"
            " under [staff.headers], for a governed feed [feeds.NAME.headers]. Of staff files `ascip-sync"
            " profile detect FILE` says which profile fits. Nothing was planned.",
            code="missing_header",
        )
    if not any(names):
        _check_delimiter(line.text, delimiter, headers)
    _check_unique(cells, normalized, names, by_meaning=headers.contract is None)
    if headers.contract is not None and tuple(cells) != headers.contract:
        raise InputInvalid(
            "The header has all columns that are declared, but not exactly these in this order."
            " Export them so, or declare the header the file has. Nothing was planned.",
            code="unexpected_header",
        )
    kept = tuple((name, at) for at, name in enumerate(names) if name is not None)
    indices = tuple(at for _, at in kept)
    landmark = next((at for at, header in enumerate(normalized) if header), 0)
    first = cells[landmark].strip()[:1]
    return Layout(
        lexer=lexer,
        codec=codec,
        line=line,
        headers=normalized,
        names=tuple(name for name, _ in kept),
        indices=indices,
        dropped=tuple(c for c, name in zip(cells, names, strict=True) if name is None and c.strip()),
        pick=_picker(indices),
        landmark=landmark,
        beginnings=frozenset({first.lower(), first.upper(), " ", "\ufeff", "\u00a0"}),
    )  # fmt: skip


def _cells(line: Line, lexer: Lexer, headers: HeaderDictionary) -> list[str]:
    if line.fault is not None and line.fault.code == "encoding":
        raise InputInvalid(
            f"The header is not written in the declared encoding: {line.fault.detail}. Declare the"
            " file's encoding (staff.encoding). Nothing was planned.",
            code="encoding_mismatch",
        )
    if line.fault is not None or line.text.count(lexer.delimiter) >= MAX_COLUMNS:
        raise InputInvalid(
            f"The header is beyond the limits: {MAX_COLUMNS} columns, 1 MiB. Nothing was planned.",
            code="too_large",
        )
    cells = lexer.split(line.text)
    if isinstance(cells, Fault):
        _check_delimiter(line.text, lexer.delimiter, headers)
        raise unsound(
            line.number,
            f"{cells.code} ({cells.detail}). It may have another delimiter than the declared one:"
            " `ascip-sync profile detect FILE` tells",
        )
    if has_control_character(line.text):
        raise unsound(line.number, "control_character")
    return cells


def unsound(line: int, why: str) -> InputInvalid:
    """The header can't be trusted."""
    return InputInvalid(
        f"The header on line {line} is damaged: {why}. Mend it and export again."
        " Nothing was planned.",
        code="unsound_header",
    )


def _check_unique(
    cells: list[str], normalized: tuple[str, ...], names: list[str | None], *, by_meaning: bool
) -> None:
    seen: dict[str, str] = {}
    for cell, header, name in zip(cells, normalized, names, strict=True):
        # "/" keeps a dropped header apart from the canonical name it may happen to spell.
        key = name or (f"/{header if by_meaning else cell}" if header else "")
        if key and key in seen:
            raise InputInvalid(
                f"The header has {cell.strip()!r} twice (by meaning){_as(seen[key], cell, name)}. Remove"
                " or rename one column, or name the right one alone under [staff.headers], for a"
                " governed feed [feeds.NAME.headers]. Nothing was planned.",
                code="duplicate_header",
            )
        seen[key] = cell.strip()


def _as(first: str, second: str, name: str | None) -> str:
    """The two spellings, where they differ."""
    return f": {first!r} is {name} too" if name and first != second.strip() else ""


def _check_delimiter(text: str, declared: str, headers: HeaderDictionary) -> None:
    """Refuse if another delimiter would find more columns."""
    found = {other: _known(text, other, headers) for other in _DELIMITERS | {declared: ""}}
    best = max(found, key=lambda other: found[other])
    if found[best] > found[declared]:
        raise InputInvalid(
            f"The file looks like {_DELIMITERS[best]} instead of {_DELIMITERS.get(declared, declared)}"
            " between the fields. Declare it (staff.delimiter), or export with the declared one."
            " Nothing was planned.",
            code="delimiter_mismatch",
        )


def _known(text: str, delimiter: str, headers: HeaderDictionary) -> int:
    cells = re.split(re.escape(delimiter), text)
    return len(known_columns(cells, headers)) if len(cells) > 1 else 0


def _picker(indices: tuple[int, ...]) -> Callable[[list[str]], Sequence[str]]:
    if len(indices) > 1:
        pick: Callable[[list[str]], Sequence[str]] = itemgetter(*indices)
        return pick
    return lambda cells: [cells[at] for at in indices]
