"""`FileReports`: writes the reports of a run to a shelf, streaming over the actions once."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import PurePosixPath

from shared.adapters.reports import actions_file, exports, manifest, page, record_file, tables
from shared.adapters.reports.archive_file import ZipShelf
from shared.adapters.reports.cells import Cell, CsvRows, streamed
from shared.adapters.reports.content import report_content
from shared.adapters.reports.tally import Tally
from shared.adapters.reports.workbook import SheetRows, Workbook
from shared.adapters.reports.writing import Filing
from shared.adapters.reports.zipped import zipped
from shared.domain.action import ActionStatus, HeldReason
from shared.domain.canonical import Json
from shared.domain.feeds.feed import Feed
from shared.domain.record import RecordVersion
from shared.domain.shadow import ShadowReview
from shared.domain.snapshot import Group, Person
from shared.ports.extracts import QuarantineEntry
from shared.ports.plans import StoredAction
from shared.ports.reports import RunReport
from shared.ports.shelf import Filed, Shelf, Sink

_FAILED = frozenset({ActionStatus.FAILED, ActionStatus.UNKNOWN})

#: Every table of a run, each always written, with its columns.
TABLES: Mapping[str, Sequence[str]] = {
    "actions.csv": tables.ACTIONS,
    "changes.csv": tables.CHANGES,
    "absentees.csv": tables.ABSENTEES,
    "exceptions/quarantined.csv": tables.QUARANTINED,
    "exceptions/held.csv": tables.HELD,
    "exceptions/conflicts.csv": tables.ENDED,
    "exceptions/failed.csv": tables.ENDED,
    "exceptions/mismatches.csv": tables.MISMATCHES,
    "exceptions/unmapped.csv": tables.UNMAPPED,
    "exceptions/would_remove.csv": tables.WOULD_REMOVE,
    "exceptions/warnings.csv": tables.WARNINGS,
    "exceptions/left_out.csv": tables.LEFT_OUT,
}


class Table:
    """A table in both its forms: a CSV file and a sheet of the workbook."""

    def __init__(self, csv: CsvRows, sheet: SheetRows) -> None:
        self._csv, self._sheet = csv, sheet

    @property
    def count(self) -> int:
        """Rows written."""
        return self._csv.count

    def write(self, row: Sequence[Cell]) -> None:
        """Write one row, as wide as the header."""
        self._csv.write(row)
        self._sheet.write(row)

    def write_all(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Write rows as they come."""
        for row in rows:
            self.write(row)


class FileReports:
    """See `shared.ports.reports.Reports`."""

    def write_run(
        self, shelf: Shelf, report: RunReport, actions: Callable[[], Iterator[StoredAction]]
    ) -> list[Filed]:
        """Write all files of a run; if the actions end in an error, none of the tables appears."""
        filing, tally, book = Filing(shelf), Tally(), Workbook()
        with ExitStack() as files:
            opened = {
                name: Table(
                    files.enter_context(filing.csv(name, columns, bom="/" in name)),
                    book.sheet(PurePosixPath(name).stem, columns, file=name),
                )
                for name, columns in TABLES.items()
            }
            _write_held_rows(opened, report)
            _write_actions(opened, tally, report, actions())
            _write_exceptions(opened, tally, report)
        lines = {
            PurePosixPath(name).stem: rows.count for name, rows in opened.items() if "/" in name
        }
        with filing.binary("report.xlsx") as out:
            book.write(out)
        content = report_content(report, tally, lines)
        filing.put("report.json", json.dumps(content, ensure_ascii=False, indent=2) + "\n")
        filing.put("report.html", page.render(content, report, tally))
        return filing.written[::-1]

    def write_text(self, shelf: Shelf, name: str, pieces: Iterable[str]) -> Filed:
        """Write text as it is."""
        filing = Filing(shelf)
        with filing.text(name) as out:
            for piece in pieces:
                out.write(piece)
        return filing.written[0]

    def write_actions(self, out: Sink, actions: Iterable[StoredAction], *, sheets: bool) -> int:
        """Write an export of actions."""
        write = actions_file.write_workbook if sheets else actions_file.write_zip
        return write(out, actions)

    def row_errors(self, file: str, entries: Iterable[QuarantineEntry]) -> Iterator[bytes]:
        """Write `errors.csv`."""
        return streamed(tables.ROW_ERRORS, tables.row_errors(file, entries))

    @contextmanager
    def zip_shelf(self, out: Sink) -> Iterator[Shelf]:
        """Write a ZIP."""
        with zipped(out) as file:
            yield ZipShelf(file)

    def write_reference(
        self,
        shelf: Shelf,
        reference: Mapping[str, Json],
        groups: Iterable[Group],
        people: Iterable[Person] | None,
        *,
        under: str = "",
    ) -> list[Filed]:
        """Write reference data as CSV."""
        return exports.write_reference(Filing(shelf, under=under), reference, groups, people)

    def write_records(
        self, shelf: Shelf, name: str, feed: Feed, versions: Iterable[RecordVersion]
    ) -> Filed:
        """Write records as CSV or NDJSON, by the name's ending."""
        return record_file.write_records(Filing(shelf), name, feed, versions)

    def write_shadow(
        self,
        shelf: Shelf,
        name: str,
        review: ShadowReview,
        *,
        district: str,
        environment: str,
        generated_at: datetime,
    ) -> Filed:
        """Write the page on shadow mode."""
        filing = Filing(shelf)
        text = page.render_shadow(
            review, district=district, environment=environment, generated_at=generated_at
        )
        filing.put(name, text)
        return filing.written[0]

    def write_manifest(
        self, shelf: Shelf, files: Iterable[Filed], inputs: Mapping[str, str]
    ) -> Filed:
        """Write `manifest.json`, after everything else."""
        return manifest.write_manifest(shelf, files, inputs)

    def read_manifest(self, text: bytes) -> list[Filed]:
        """Read `manifest.json`."""
        return manifest.read_manifest(text)


def _write_held_rows(opened: Mapping[str, Table], report: RunReport) -> None:
    for held in report.held_rows:
        if held.reason in tables.WHO_IS_WHO:
            opened["exceptions/conflicts.csv"].write(tables.conflicting_row(held))
        else:
            opened["exceptions/held.csv"].write(tables.held_row(held))


def _write_actions(
    opened: Mapping[str, Table],
    tally: Tally,
    report: RunReport,
    actions: Iterable[StoredAction],
) -> None:
    lines = report.lines
    told: set[tuple[int | None, HeldReason]] = {
        (held.row, held.reason) for held in report.held_rows
    }
    for stored in actions:
        tally.add(stored)
        opened["actions.csv"].write(tables.action_row(stored))
        opened["changes.csv"].write_all(tables.change_rows(stored))
        if stored.status is ActionStatus.CONFLICT:
            opened["exceptions/conflicts.csv"].write(tables.ended_row(stored, lines))
        elif stored.status in _FAILED:
            opened["exceptions/failed.csv"].write(tables.ended_row(stored, lines))
        elif _is_told_here(stored, told):
            opened["exceptions/held.csv"].write(tables.held_action(stored, lines))
        if stored.mismatch:
            opened["exceptions/mismatches.csv"].write(tables.mismatch_row(stored))


def _is_told_here(stored: StoredAction, told: Collection[tuple[int | None, HeldReason]]) -> bool:
    """Whether an action is held for something that its row was not listed for."""
    hold = stored.action.hold
    if stored.status is not ActionStatus.HELD or hold is None:
        return False
    return (stored.action.source_row, hold) not in told


def _write_exceptions(opened: Mapping[str, Table], tally: Tally, report: RunReport) -> None:
    file = report.run.file_name or ""
    facts = report.plan.facts if report.plan else {}
    opened["absentees.csv"].write_all(tables.absentee_rows(report.absentees))
    quarantined = tables.quarantined_rows(file, report.quarantine)
    opened["exceptions/quarantined.csv"].write_all(quarantined)
    unmapped = tables.unmapped_rows(report.held_rows, tally, facts, report.lines)
    opened["exceptions/unmapped.csv"].write_all(unmapped)
    opened["exceptions/would_remove.csv"].write_all(tables.would_remove_rows(facts))
    opened["exceptions/left_out.csv"].write_all(tables.left_out_rows(report.left_out))
    opened["exceptions/warnings.csv"].write_all(tables.warned_rows(report.warned))
