"""Storage of governed records: rows of a run on their way, and the versions they become."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from shared.domain.feeds.feed import Feed, Payload
from shared.domain.record import GovernedRecord, RecordVersion
from shared.domain.record_diff import Compared
from shared.domain.violation import Violation
from shared.ports.plans import StoredAction


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a feed's store holds at one time."""

    #: Records in use.
    active: int
    #: SHA-256 over the sorted keys of all current versions.
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WarnedRow:
    """A row that was taken, and what rules of severity `warn` say of it."""

    row: int
    line: int
    source_id: str
    warnings: Sequence[Violation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """Rows of one source id in one extract."""

    #: Rows that say what an earlier one says; they are gone.
    duplicates: int
    #: Rows whose source id stands in rows with other values: taken out, for quarantine.
    conflicting: Sequence[tuple[int, int, str]]
    """(row, line, source id)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """A stored version that doesn't fit what it should be."""

    feed: str
    source_id: str
    version: int
    #: `payload_hash`, `idempotency_key`, `follows`, `version`, `recorded_at`, `in_force`.
    what: str
    #: What stands there, and what should by the payload and the versions beside it.
    stored: str | None
    computed: str | None


class Records(Protocol):
    """The rows of runs of governed feeds, and the store."""

    def stage(self, run_id: str, records: Iterable[GovernedRecord]) -> None:
        """Add accepted rows of a run, in bulk; may be called many times."""
        ...

    def settle_repeated(self, run_id: str, refused: Collection[str] = ()) -> Repeated:
        """Of rows with one source id keep the first if all say the same, else none.

        Nor one whose source id is among ``refused``: another row of it was not taken, and nobody knows
        which of the two is meant.
        """
        ...

    def input_sha256(self, run_id: str, columns: Iterable[str], quarantined: Iterable[str]) -> str:
        """Over the file's columns, accepted payloads and hashes of quarantined records, as sorted sets.

        A payload alone doesn't tell a cell that is empty from a column that isn't there.
        """
        ...

    def warned(self, run_id: str) -> Iterator[WarnedRow]:
        """Rows that were taken with a warning, in the order of the file, streaming."""
        ...

    def lines_to_tell(self, run_id: str) -> dict[int, int]:
        """Row → physical line of the rows whose action is held, or ended otherwise than well."""
        ...

    def contents(self, feed: str) -> Contents: ...

    def compared(self, run_id: str, feed: str) -> Iterator[Compared]:
        """Rows of a run that say anything but what is in force, beside it; in order of source id.

        Read in portions, so that memory doesn't grow with the file.
        """
        ...

    def in_force(
        self, feed: str, source_ids: Sequence[str], fields: Collection[str]
    ) -> dict[str, Payload]:
        """Source id → those of ``fields`` that its version in force has; left out where it has none."""
        ...

    def apply(
        self, plan_id: str, first: int, last: int, item_id: int, feed: Feed
    ) -> list[StoredAction]:
        """Make the versions of approved actions at positions ``first`` to ``last`` of a plan; once.

        Only of an approved plan, and only for an item of its run. An action whose record has another
        version by now is a `conflict` (code `version_changed`), one whose version is there already has
        succeeded (settled), one whose stored row doesn't give its key is `failed` (`record_tampered`).
        Classification and state come from ``feed``. Returns the actions this call has decided, in the
        plan's order: what it doesn't return was decided before, and audited then.
        """
        ...

    def versions(self, feed: str, source_id: str) -> list[RecordVersion]:
        """All versions of a record, oldest first."""
        ...

    def as_of(self, feed: str, at: datetime | None) -> Iterator[RecordVersion]:
        """Versions in force at a time (now: None), in order of source id, streaming."""
        ...

    def reconcile(self, feed: str) -> Iterator[Mismatch]:
        """Recompute every hash and key, and look whether each chain of versions is whole."""
        ...

    def expire(self, feed: str, *, dated_by: str | None, before: date) -> int:
        """Delete versions no longer in force whose date lies before that day; how many.

        Their date is the payload's `dated_by`, else their last day in force. A version stays while
        one before it stays.
        """
        ...

    def count(self, feed: str) -> int:
        """How many versions are kept."""
        ...

    def review(self, idempotency_key: str, actor: str, reason: str) -> bool:
        """Mark a version as reviewed; False if it isn't in force, was reviewed or has no such state."""
        ...
