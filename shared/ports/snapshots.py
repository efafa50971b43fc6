"""Storage of what was read from a target."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.domain.canonical import Json
from shared.domain.snapshot import Group, Login, Person, Reference, Snapshot


class Difference(StrEnum):
    """How a person differs between two reads of a target."""

    CAME = "came"
    WENT = "went"
    CHANGED = "changed"
    UNREAD = "unread"  # listed in both, but one of them lacks the detail


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotDifference:
    """What differs between two reads, counted in people."""

    counts: Mapping[Difference, int]
    #: Field → people of whom it changed.
    fields: Mapping[str, int]


class Snapshots(Protocol):
    """A run's snapshot, filled as answers arrive."""

    def start(self, snapshot_id: str, run_id: str, target: str) -> None:
        """Begin; a second call for a run changes nothing."""
        ...

    def id_of(self, run_id: str) -> str:
        """The snapshot of a run."""
        ...

    def set_list(
        self,
        snapshot_id: str,
        *,
        reference: Reference,
        groups: Iterable[Group],
        total_items: int,
        complete: bool,
        passes: int,
    ) -> None: ...

    def people_before(self, target: str) -> int | None:
        """How many people the newest whole read of a target listed; None if there was none."""
        ...

    def newest(self, target: str) -> tuple[str, datetime] | None:
        """The newest complete snapshot of a target, and when it was completed; None without one."""
        ...

    def reference(self, snapshot_id: str) -> Mapping[str, Json]:
        """The stored reference data alone."""
        ...

    def keep_reference(self, target: str, reference: Reference) -> None:
        """Reference data that was read by itself just now; it takes the place of what was kept before."""
        ...

    def reference_alone(self, target: str) -> tuple[Mapping[str, Json], datetime] | None:
        """What was read by itself last, and when; None if nothing was."""
        ...

    def add_people(self, snapshot_id: str, people: Iterable[Person]) -> None:
        """Store details."""
        ...

    def add_missing(self, snapshot_id: str, missing: Mapping[int, str]) -> None:
        """Store who could not be read, and why."""
        ...

    def set_members(self, snapshot_id: str, members: Mapping[int, frozenset[int]]) -> None:
        """Replace the members of groups by what the second look found."""
        ...

    def set_again(
        self, snapshot_id: str, people: Iterable[Person], missing: Mapping[int, str]
    ) -> None:
        """Store second answers; where there is none, the first detail stays unless the person is gone."""
        ...

    def stored_ids(self, snapshot_id: str, ids: Sequence[int], *, again: bool = False) -> set[int]:
        """Which of ``ids`` were answered already: an interrupted read goes on where it stopped.

        With ``again`` only second answers count.
        """
        ...

    def ask(self, snapshot_id: str, logins: Iterable[Login]) -> None:
        """Note whom the target is to be asked about; what was noted or answered stays."""
        ...

    def unasked(self, snapshot_id: str, limit: int) -> Sequence[Login]:
        """So many of those noted and not answered yet."""
        ...

    def answer(self, snapshot_id: str, answers: Mapping[Login, bool]) -> None:
        """Store whether nobody has the email or username."""
        ...

    def load(self, snapshot_id: str) -> tuple[Snapshot, Mapping[str, Json]]:
        """The whole snapshot and the stored reference data."""
        ...

    def difference(self, before: str, after: str) -> SnapshotDifference:
        """How many people came, went or changed between two snapshots, the older and the newer one."""
        ...

    def complete(self, snapshot_id: str, sha256: str, *, total: int | None = None) -> None:
        """Seal it with its hash; with ``total`` it was read whole, in one go, and has no list."""
        ...

    def progress(self, run_id: str) -> tuple[int, int]:
        """People answered so far, and people listed."""
        ...
