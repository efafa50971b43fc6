"""Everything that is stored of one person, run by run: what an explanation is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from shared.domain.action import HeldReason
from shared.domain.plan import Disposition
from shared.domain.policy import MatchRule
from shared.domain.snapshot import Person, PersonStatus
from shared.domain.staff import StaffRecord
from shared.ports.extracts import QuarantineEntry
from shared.ports.plans import StoredAction
from shared.ports.presence import ListedAbsentee


class KeyKind(StrEnum):
    """What somebody is looked up by."""

    EMPLOYEE_ID = "employee_id"
    ASCIP_ID = "ascip_id"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class PersonKey:
    """What somebody is looked up by; ``value`` is folded, of an id in ASCIP its digits."""

    kind: KeyKind
    value: str


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody as one row or one reading knows them."""

    employee_id: str | None
    ascip_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenRow:
    """A row that was taken, and what the plan made of it."""

    record: StaffRecord
    ascip_id: int | None
    match_rule: MatchRule | None
    disposition: Disposition | None
    hold: HeldReason | None
    hold_detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a run read of somebody in ASCIP."""

    person: Person | None = None
    #: Why there is no detail of somebody who is listed.
    missing: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What one run has of somebody."""

    rows: Sequence[TakenRow] = ()
    quarantined: Sequence[QuarantineEntry] = ()
    #: None for somebody who was not listed.
    reading: Reading | None = None
    actions: Sequence[StoredAction] = ()
    absentee: ListedAbsentee | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is remembered of somebody from run to run."""

    #: The id in ASCIP that goes with their employee id, and the run that said so last.
    linked_id: int | None = None
    linked_by: str | None = None
    #: The last run, day and row that kept them.
    seen_run: str | None = None
    seen_on: date | None = None
    seen_row: int | None = None
    #: Since when they have left.
    absent_since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPerson:
    """Somebody whom a search found, as the newest file and the newest reading of ASCIP have them."""

    employee_id: str | None
    ascip_id: int | None
    #: Of a row that was not taken nothing but the employee id is known.
    name: str | None = None
    email: str | None = None
    username: str | None = None
    #: Where the file says they work.
    sites: tuple[str, ...] = ()
    in_file: bool = False
    #: A row that names them was not taken.
    quarantined: bool = False
    #: None if ASCIP doesn't list them.
    status: PersonStatus | None = None

    @property
    def key(self) -> str:
        """By what they are explained."""
        return self.employee_id or f"ascip:{self.ascip_id}"


class People(Protocol):
    """One person of the staff feed across runs; nothing is written by it."""

    def search(self, run_ids: Sequence[str], key: PersonKey) -> Sequence[Known]:
        """Whoever these runs, or links, know by a key: the newest run first, and in it its rows."""
        ...

    def matching(self, words: Sequence[str], *, most: int) -> Sequence[FoundPerson]:
        """Whoever the newest file or the newest reading knows by all of these words, at most so many.

        A word is part of a name, an employee id, a work email or a username, in the form of
        `shared.domain.text.plain`. Each person is there once, in no order.
        """
        ...

    def trace(self, run_id: str, who: Known) -> Trace:
        """What a run has of somebody."""
        ...

    def standing(self, who: Known) -> Standing:
        """What is remembered of them."""
        ...
