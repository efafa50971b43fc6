"""Reports of a run: written once at its end, into the run's archive."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.action import ActionStatus, Kind
from shared.domain.books import Books
from shared.domain.canonical import Json
from shared.domain.feeds.feed import Feed
from shared.domain.held_rows import HeldRow
from shared.domain.record import RecordVersion
from shared.domain.reversal import LeftOut
from shared.domain.run import Run, Upload
from shared.domain.shadow import ShadowReview
from shared.domain.snapshot import Group, Person
from shared.ports.comments import Comment
from shared.ports.extracts import QuarantineEntry
from shared.ports.plans import StoredAction, StoredPlan, StoredReview
from shared.ports.presence import ListedAbsentee
from shared.ports.records import WarnedRow
from shared.ports.shelf import Filed, Shelf, Sink


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """Everything a report says, but the actions, which are streamed."""

    run: Run
    upload: Upload | None
    plan: StoredPlan | None
    review: StoredReview | None
    comments: Sequence[Comment] = ()
    books: Books | None
    #: Phase and seconds, in order.
    phases: Sequence[tuple[str, float]]
    kind_counts: Mapping[tuple[Kind, ActionStatus], int]
    quarantine: Sequence[QuarantineEntry]
    held_rows: Sequence[HeldRow]
    #: Row → physical line of the rows that were taken; of a governed run those that are told of.
    lines: Mapping[int, int]
    district: str
    environment: str
    generated_at: datetime
    #: Rows of a governed feed that were taken with a warning; read once.
    warned: Iterable[WarnedRow] = ()
    #: Active people whom no row keeps; read once.
    absentees: Iterable[ListedAbsentee] = ()
    #: Of a run that takes another one back; read once.
    left_out: Iterable[LeftOut] = ()


class Reports(Protocol):
    """Writes reports; the same words and numbers in each form."""

    def write_run(
        self, shelf: Shelf, report: RunReport, actions: Callable[[], Iterator[StoredAction]]
    ) -> list[Filed]:
        """The page, the same as data, its tables as CSV and as sheets of a workbook."""
        ...

    def write_text(self, shelf: Shelf, name: str, pieces: Iterable[str]) -> Filed:
        """Text as it is; streaming."""
        ...

    def write_actions(self, out: Sink, actions: Iterable[StoredAction], *, sheets: bool) -> int:
        """Actions, their changes and how they went wrong, as a ZIP of CSV or as a workbook; how many."""
        ...

    def row_errors(self, file: str, entries: Iterable[QuarantineEntry]) -> Iterator[bytes]:
        """`errors.csv`: a line for each row that was not taken, whatever is wrong with it; streaming."""
        ...

    def zip_shelf(self, out: Sink) -> AbstractContextManager[Shelf]:
        """A shelf whose files become one ZIP, whole when the block ends well."""
        ...

    def write_reference(
        self,
        shelf: Shelf,
        reference: Mapping[str, Json],
        groups: Iterable[Group],
        people: Iterable[Person] | None,
        *,
        under: str = "",
    ) -> list[Filed]:
        """`groups.csv`, `buckets.csv`, `roles.csv`, `timezones.csv`, and `people.csv` where given.

        ``under`` is put before their names, such as `reference/`.
        """
        ...

    def write_records(
        self, shelf: Shelf, name: str, feed: Feed, versions: Iterable[RecordVersion]
    ) -> Filed:
        """Governed records in one file, in clear: CSV, or NDJSON where the name ends so; streaming."""
        ...

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
        """What shadow mode came to, as a page that needs nothing else."""
        ...

    def write_manifest(
        self, shelf: Shelf, files: Iterable[Filed], inputs: Mapping[str, str]
    ) -> Filed:
        """`manifest.json`: SHA-256 of every file and of the inputs; written last."""
        ...

    def read_manifest(self, text: bytes) -> list[Filed]:
        """The files a manifest lists. Raises `InputInvalid`: it is none."""
        ...
