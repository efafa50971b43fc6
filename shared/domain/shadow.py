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
    #: Those of them whose removal every plan held, so that none would have gone without a release.
    removals_held: int = 0
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
        were = "extract was" if count == 1 else "extracts were"
        first = f"{count:,} {were} planned in shadow mode in the last {span}; nothing was written."
        if not self.extracts:
            first = f"No extract was planned in shadow mode in the last {span}."
        failed = f"{self.not_planned:,} could not be planned; `ascip-sync runs` says why."
        said = [first, failed] if self.not_planned else [first]
        return [*said, *self._removals(), self._naive()] if self.extracts else said

    def _removals(self) -> list[str]:
        if not self.removed:
            return ["Nobody would have been removed."]
        return [self._planned(), self._wrong()]

    def _planned(self) -> str:
        free, held = self.removed - self.removals_held, self.removals_held
        who = people_in_words(free) if free else "nobody"
        kept = f"the removal of {people_in_words(held)} was held" if held else "no removal was held"
        return f"Applied as planned they would have removed {who}; {kept}."

    def _wrong(self) -> str:
        wrong = len(self.returned)
        if not wrong:
            return "None of them stood in a later extract."
        kept = sum(1 for person in self.returned if person.held)
        gates = f"; held was the removal of {kept:,}" if kept else ""
        return f"{wrong:,} of them stood in a later extract: removing them would have been wrong{gates}."

    def _naive(self) -> str:
        most = max(extract.naive_removals for extract in self.extracts)
        if not most:
            return "A naive sync would have removed nobody either."
        return (
            f"A naive sync would have removed up to {people_in_words(most)} with a single extract."
        )
