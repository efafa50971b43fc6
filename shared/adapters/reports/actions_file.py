"""Actions of a plan as one file: three tables, as CSV in a ZIP or as sheets of a workbook."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack

from shared.adapters.reports import tables
from shared.adapters.reports.archive_file import ZipShelf
from shared.adapters.reports.cells import Cell
from shared.adapters.reports.workbook import Workbook
from shared.adapters.reports.writing import Filing
from shared.adapters.reports.zipped import zipped
from shared.domain.action import ActionStatus
from shared.ports.plans import StoredAction
from shared.ports.shelf import Sink

_TABLES: Mapping[str, Sequence[str]] = {
    "actions": tables.ACTIONS,
    "changes": tables.CHANGES,
    "errors": tables.ERRORS,
}
_ERRORS = frozenset({ActionStatus.CONFLICT, ActionStatus.FAILED, ActionStatus.UNKNOWN})

_Write = Callable[[Sequence[Cell]], None]


def write_zip(out: Sink, actions: Iterable[StoredAction]) -> int:
    """A ZIP of CSV files, for spreadsheets: each begins with a byte order mark."""
    with zipped(out) as file, ExitStack() as files:
        filing = Filing(ZipShelf(file))
        writers = {
            name: files.enter_context(filing.csv(f"{name}.csv", columns, bom=True)).write
            for name, columns in _TABLES.items()
        }
        return _fill(writers, actions)


def write_workbook(out: Sink, actions: Iterable[StoredAction]) -> int:
    """A workbook."""
    book = Workbook()
    writers = {
        name: book.sheet(name, columns, file="an export as CSV").write
        for name, columns in _TABLES.items()
    }
    count = _fill(writers, actions)
    book.write(out)
    return count


def _fill(write: Mapping[str, _Write], actions: Iterable[StoredAction]) -> int:
    count = 0
    for stored in actions:
        count += 1
        write["actions"](tables.action_row(stored))
        for row in tables.change_rows(stored):
            write["changes"](row)
        if stored.status in _ERRORS:
            write["errors"](tables.error_row(stored))
    return count
