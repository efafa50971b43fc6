"""Takes the cells of records out of a document, as the feed declares where they stand."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from shared.adapters.tabular.documents.strict import Number, Value
from shared.adapters.tabular.faults import Fault
from shared.domain.feeds.feed import Document, Feed, Field, FieldKind

#: A date, and what may follow it: a time with or without its offset from UTC. EPA's own manifests have
#: `2017-11-22T10:16:00.000+0000` and `2021-10-20T15:12:35.046+00:00`.
_DATE_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
#: A number that can be written without an exponent in a few digits.
_PLAIN = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,2})?")
_LIST = "[]"
_NUMBERS = frozenset({FieldKind.INTEGER, FieldKind.DECIMAL})

#: Keys, and `[]` where a list is gone through.
Path = tuple[str, ...]


class _Misfit(Exception):  # carries what is wrong to `Shape` below, and never leaves it
    """A document isn't built as the feed declares."""


@dataclass(frozen=True, slots=True)
class _Cell:
    """A field, and where its value may stand."""

    field: Field
    paths: tuple[Path, ...]


class Shape:
    """A feed's declaration, ready for many documents."""

    def __init__(self, feed: Feed, document: Document, date_format: str | None) -> None:
        """Prepare.

        Args:
            feed: whose fields they are. ``document``: where they stand.
            date_format: how dates are to be written; None for YYYY-MM-DD.
        """
        self._date_format = date_format
        self._ordered = {_steps(path): key for path, key in document.ordered.items()}
        self._each = _steps(document.each) if document.each else ()
        inside = f"{document.each}{_LIST}"
        self._of_document: list[_Cell] = []
        self._of_item: list[_Cell] = []
        self.keys: set[str] = set()
        for name, paths in document.paths.items():
            repeated = document.each is not None and paths[0].startswith(inside)
            steps = [
                _steps(path.removeprefix(f"{inside}.") if repeated else path) for path in paths
            ]
            cells = self._of_item if repeated else self._of_document
            cells.append(_Cell(feed.by_name[name], tuple(steps)))
            self.keys |= {_steps(path)[0] for path in paths}
        #: Fields that have a place in a document.
        self.fields = frozenset(document.paths)

    def records(self, document: dict[str, Value]) -> Iterator[dict[str, str] | Fault]:
        """The cells of each record, or why it can't be read.

        A document whose list has no items (a manifest that is an image alone has no waste lines) is
        one record: the fields it lacks are missing there, so that it doesn't vanish.
        """
        try:
            common = dict(self._cells(self._of_document, document))
            found = self._found(document, self._each)
        except _Misfit as error:
            yield Fault("document_shape", str(error))
            return
        items = found[0] if found and self._each and isinstance(found[0], list) else found
        for item in items or [None]:
            try:
                yield {**common, **dict(self._cells(self._of_item, item))}
            except _Misfit as error:
                yield Fault("document_shape", str(error))

    def _cells(self, cells: Sequence[_Cell], node: Value) -> Iterator[tuple[str, str]]:
        for cell in cells:
            field = cell.field
            try:
                if field.kind is FieldKind.LIST:
                    yield field.name, _joined(self._items(cell, node))
                else:
                    yield field.name, self._one(field.kind, self._first(cell.paths, node))
            except _Misfit as error:
                raise _Misfit(f"{error}: {field.name}") from error

    def _first(self, paths: Sequence[Path], node: Value) -> list[Value]:
        """What the first path has that has anything. It's a misfit if no path fits."""
        misfits: list[_Misfit] = []
        for path in paths:
            try:
                found = [value for value in self._found(node, path) if _is_value(value)]
            except _Misfit as error:
                misfits.append(error)
                continue
            if found:
                return found
        if len(misfits) == len(paths):
            raise misfits[0]
        return []

    def _items(self, cell: _Cell, node: Value) -> list[str]:
        """A text for each item of the first list that has any."""
        kind = cell.field.items
        for head, paths in groupby(cell.paths, _outermost_list):
            tails = [path[len(head) :] for path in paths]
            found = [self._first(tails, item) for item in self._found(node, head)]
            if kind is FieldKind.DATE:
                texts = [self._one(kind, values) for values in found if values]
            else:
                texts = [_text(kind, value) for values in found for value in values]
            if texts:
                return texts
        return []

    def _found(self, node: Value, path: Path, done: int = 0) -> list[Value]:
        """What stands at the end of a path, without nulls, empty texts and what isn't there."""
        if node is None or (isinstance(node, str) and not node.strip()):
            return []
        if done == len(path):
            return [node]
        if path[done] == _LIST:
            # Whoever made JSON of XML writes a list of one item as the item.
            items = self._in_order(node, path[:done]) if isinstance(node, list) else [node]
            return [value for item in items for value in self._found(item, path, done + 1)]
        if not isinstance(node, dict):
            raise _Misfit(f"{_kind(node)} stands where an object is expected")
        return self._found(node.get(path[done]), path, done + 1)

    def _in_order(self, items: list[Value], path: Path) -> list[Value]:
        """As their own numbers say; as they stand if one has none."""
        key = self._ordered.get(path)
        numbers = [
            _plain(item.get(key)) if key and isinstance(item, dict) else None for item in items
        ]
        places = [Decimal(number) for number in numbers if number is not None]
        if len(places) < len(items):
            return items
        return [items[at] for at in sorted(range(len(items)), key=places.__getitem__)]

    def _one(self, kind: FieldKind, values: list[Value]) -> str:
        """The one value there should be as a cell has it; of several dates the earliest."""
        texts = [_text(kind, value) for value in values]
        if len(texts) > 1 and (kind is not FieldKind.DATE or None in map(_day, texts)):
            raise _Misfit("several values stand where one is expected")
        text = min(texts, default="")
        day = _day(text) if kind is FieldKind.DATE else None
        return text if day is None or self._date_format is None else day.strftime(self._date_format)


def _text(kind: FieldKind, value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number):
        return (_plain(value) if kind in _NUMBERS else None) or str(value)
    day = _day(str(value)) if kind is FieldKind.DATE else None
    return str(value) if day is None else day.isoformat()


def _is_value(value: Value) -> bool:
    """Whether it is no empty object or list; one that isn't empty is a misfit."""
    if isinstance(value, (dict, list)) and value:
        raise _Misfit(f"{_kind(value)} stands where a value is expected")
    return not isinstance(value, (dict, list))


def _steps(path: str) -> Path:
    return tuple(path.replace(_LIST, f".{_LIST}").split("."))


def _outermost_list(path: Path) -> Path:
    return path[: path.index(_LIST) + 1]


def _day(text: str) -> date | None:
    """The day a date or date-time names, as it is written: in its own offset, never moved to another."""
    found = _DATE_TIME.fullmatch(text.strip())
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _plain(value: Value) -> str | None:
    """A number without exponent and without zeros at the end: `480.0` and `4.8E2` are 480."""
    if not isinstance(value, Number) or not _PLAIN.fullmatch(value):
        return None
    text = f"{Decimal(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _joined(texts: Sequence[str]) -> str:
    """Items as one cell that is read back as the same items (`shared.domain.feeds.cell_values`)."""
    if not any(mark in text for text in texts for mark in ";,|"):
        return ";".join(texts)
    if any("|" in text for text in texts):
        raise _Misfit("an item holds the character |")
    return "".join(f"{text}|" for text in texts)


def _kind(value: Value) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case _:
            return "a value"
