"""Since when somebody is known to have left, and what says so: remembered from plan to plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from shared.domain.text import people_in_words


class Because(StrEnum):
    """What says that somebody has left."""

    ABSENT = "absent"  # a full extract has no row of theirs
    INACTIVE = "inactive"  # their row has a status that means so
    END_DATE = "end_date"  # the last working day in their row has passed


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """What is remembered of somebody who has left, until a row keeps them again."""

    #: The day of the plan that first found it; of an end date the day after it.
    since: date
    because: Because
    #: The last working day, where their row had one.
    end_date: date | None = None

    def why(self, as_of: date, row: int | None = None) -> str:
        """In words; ``row`` is the row that says it in this very extract."""
        where = f" (row {row})" if row else ""
        match self.because:
            case Because.END_DATE:
                return f"end date {self.end_date} has passed{where}"
            case Because.INACTIVE if row:
                return f"inactive in the extract{where}"
            case Because.INACTIVE:
                return f"inactive in the extract of {self.since}"
            case Because.ABSENT:
                told = f" since {self.since}" if self.since < as_of else ""
                return f"not in the extract{told}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grace:
    """`[staff.removal] grace_days` on one day, with what is remembered from the plans before."""

    days: int
    as_of: date

    def begun(self, because: Because, end_date: date | None, remembered: Absence | None) -> Absence:
        """The absence as it is known now: an end date speaks for itself, the rest is remembered."""
        if because is Because.END_DATE and end_date is not None:
            return Absence(since=end_date + timedelta(days=1), because=because, end_date=end_date)
        since, known = self.as_of, end_date
        if remembered:
            since, known = remembered.since, end_date or remembered.end_date
        return Absence(since=since, because=because, end_date=known)

    def leaves_on(self, absence: Absence) -> date:
        """The first day on which a plan removes them."""
        return absence.since + timedelta(days=self.days)

    def over(self, absence: Absence) -> bool:
        """Whether they are removed today."""
        return self.leaves_on(absence) <= self.as_of


def grace_sentence(ends: Mapping[str, int]) -> str:
    """How many people wait, and from when a plan removes them; ``ends``: the day it is over → people."""
    waiting, first = sum(ends.values()), min(ends)
    people = people_in_words(waiting)
    if ends[first] == waiting:
        return f"In their grace: {people}, to be removed from {first} on unless they come back."
    return (
        f"In their grace: {people}, the first {ends[first]:,} to be removed from {first} on unless they"
        " come back."
    )
