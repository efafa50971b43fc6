"""Shadow mode: every extract is planned, nothing can be applied; and what that came to after some days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from shared.domain.text import people_in_words

#: Why a run in shadow mode is discarded.
SHADOW = "shadow"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowedExtract:
    """What one extract would have done, by itself."""

    run_id: str
    plan_id: str
    file: str | None
    planned_at: datetime
    as_of: date | None
    rows: int
    quarantined: int
    #: Actions by kind, what is held included.
    kinds: Mapping[str, int]
    held: int
    #: Gates that would have held something.
    tripped: Sequence[str]
    naive_removals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """Somebody who would have been removed, and whom a later extract has again."""

    person_key: str
    email_masked: str
    removed_on: date
    returned_on: date
    #: Whether their removal was held in every plan, so that a person would have had to release it.
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WouldLeave:
    """Somebody whom the newest plan would remove."""

    person_key: str
    email_masked: str
    since: date
    hold: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowReview:
    """What would have happened in some days."""

    days: int
    #: Oldest first.
    extracts: Sequence[ShadowedExtract] = ()
    #: Extracts that were refused or failed.
    not_planned: int = 0
    #: People whom some plan would have removed, each once.
    removed: int = 0
    returned: Sequence[Returned] = ()
    #: By the newest plan; at most so many are listed as were asked for.
    would_leave: Sequence[WouldLeave] = ()
    would_leave_total: int = 0
    #: Of the newest plan: reason → actions that stay held.
    holds: Mapping[str, int] = field(default_factory=dict)

    @property
    def newest(self) -> ShadowedExtract | None:
        """The last that was planned."""
        return self.extracts[-1] if self.extracts else None

    @property
    def verdict(self) -> list[str]:
        """What would have happened, in words; the first sentence says whether there is anything to say."""
        span = "day" if self.days == 1 else f"{self.days} days"
        count = len(self.extracts)
        failed = f"{self.not_planned:,}{' more' if count else ''} could not be planned."
        told = [failed] if self.not_planned else []
        if not count:
            return [f"No extract was planned in shadow mode in the last {span}.", *told]
        were = "extract was" if count == 1 else "extracts were"
        said = f"{count:,} {were} planned in shadow mode in the last {span}; nothing was written."
        return [said, *told, self._removals(), self._naive()]

    def _removals(self) -> str:
        if not self.removed:
            return "Nobody would have been removed."
        told = f"Applied as planned they would have removed {people_in_words(self.removed)}"
        wrong = len(self.returned)
        if not wrong:
            return f"{told}; none of them stood in a later extract."
        kept = sum(1 for person in self.returned if person.held)
        gates = f" (a gate held {kept:,} of these)" if kept else ""
        return f"{told}; {wrong:,} of them stood in a later extract, so that would have been wrong{gates}."

    def _naive(self) -> str:
        most = max(extract.naive_removals for extract in self.extracts)
        if not most:
            return "A naive sync would have removed nobody either."
        return (
            f"A naive sync would have removed up to {people_in_words(most)} with a single extract."
        )
