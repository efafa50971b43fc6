"""Storage of who was last seen when, since when somebody has left, and what plans made of it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from shared.domain.absence import Absence, Because
from shared.domain.action import ActionStatus, Kind
from shared.domain.removal import Absentee, Fate
from shared.ports.views import Page, PageOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Sightings:
    """What a plan found out about who is there and who has left."""

    run_id: str
    target: str
    #: Whether a shadow run found it: what those remember counts for them alone.
    shadow: bool
    day: date
    #: LMS id → row that keeps the person.
    seen: Mapping[int, int]
    #: What is new or otherwise of those who have left.
    absences: Mapping[int, Absence]
    #: Ids of those who had left and can't be said to any more: a row keeps them, or they are shielded.
    returned: Collection[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAbsentee:
    """An absentee as stored, with the extract that kept them last."""

    ascip_id: int
    person_key: str
    email_masked: str
    fate: Fate
    because: Because | None
    end_date: date | None
    row: int | None
    since: date | None
    grace_days: int | None
    leaves_on: date | None
    #: All none for somebody no row ever kept.
    seen_run: str | None
    seen_file: str | None
    seen_sha256: str | None
    seen_on: date | None
    seen_row: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """A removal that was applied, with its evidence."""

    id: str
    of: ListedAbsentee
    plan_id: str
    run_id: str
    #: The extract that said it, or had no row of theirs.
    file: str | None
    sha256: str | None
    as_of: date | None
    kind: Kind
    #: Groups they were taken out of; 0 of a deactivation.
    groups: int
    status: ActionStatus
    applied_at: datetime | None
    approved_by: str
    approved_at: datetime
    comment: str
    #: Where a gate held it: who lifted that, and why.
    released_by: str | None
    release_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalFilter:
    """Which removals to list; empty fields don't narrow."""

    #: An employee id, or `ascip:` and an id; in any case.
    person: str = ""
    #: Applied on that day or later.
    since: date | None = None


class Presence(Protocol):
    """Who is there, who has left, and who was removed."""

    def absences(self, target: str, *, shadow: bool) -> dict[int, Absence]:
        """LMS id → since when, of all who have left by the plans so far."""
        ...

    def remember(self, sightings: Sightings) -> None:
        """Sets, not loops."""
        ...

    def save_absentees(
        self, plan_id: str, absentees: Iterable[Absentee], *, shadow: bool, grace_days: int
    ) -> None:
        """With who was last seen where, as it is remembered now."""
        ...

    def absentees(self, plan_id: str) -> Iterator[ListedAbsentee]:
        """Everybody a plan lists, by fate and key."""
        ...

    def removals(self, wanted: RemovalFilter, page: PageOf) -> Page[Removal]:
        """Removals that were applied, or may have been, newest first, in one statement.

        Raises `NotFound` for an ``after`` that isn't one.
        """
        ...
