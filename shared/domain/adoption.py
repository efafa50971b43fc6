"""What a plan takes over: which people were found by what, and who is still nobody's. For a first run."""

from collections import Counter
from collections.abc import Collection, Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import Any

from shared.domain.action import Action, Kind, Mark
from shared.domain.canonical import Json
from shared.domain.identity import Identified
from shared.domain.policy import MatchRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """Counts of rows and people."""

    #: Rows by the rule that found their person.
    matched: MappingOf[MatchRule, int] = field(default_factory=dict)
    #: Rows of people ASCIP doesn't have.
    new: int = 0
    #: Rows that could be several people, or somebody else.
    conflicts: int = 0
    #: Of the new ones, those who look like somebody.
    possible_duplicates: int = 0
    #: People who get the employee number that ASCIP lacks.
    numbers_set: int = 0
    #: Active people in scope whom no row was matched with.
    unmatched: int = 0

    def to_json(self) -> dict[str, Json]:
        """The form in the plan's facts."""
        return {
            "matched": {rule.value: self.matched.get(rule, 0) for rule in MatchRule},
            "new": self.new,
            "conflicts": self.conflicts,
            "possible_duplicates": self.possible_duplicates,
            "numbers_set": self.numbers_set,
            "unmatched": self.unmatched,
        }


def take_stock(
    identified: Identified, actions: Iterable[Action], managed: Collection[int]
) -> Adoption:
    """Count what was found; ``managed`` are the ids of active people in scope."""
    proposed = list(actions)
    found = {match.person.id for match in identified.matches if match.person}
    return Adoption(
        matched=Counter(match.rule for match in identified.matches if match.rule),
        new=sum(1 for action in proposed if action.kind is Kind.ADD),
        conflicts=len(identified.conflicts),
        possible_duplicates=sum(1 for a in proposed if Mark.POSSIBLE_DUPLICATE in a.marks),
        numbers_set=sum(
            1
            for action in proposed
            for change in action.sent
            if change.path == "employee_number" and action.kind is Kind.UPDATE
        ),
        unmatched=len(set(managed) - found),
    )


def adoption_sentences(told: MappingOf[str, Any]) -> list[str]:
    """What `Adoption.to_json` stored, in words; rules that found nobody are left out."""
    found = [
        f"{told['matched'][rule.value]:,} by {rule.value.replace('_', ' ')}"
        for rule in MatchRule
        if told["matched"][rule.value]
    ]
    new = told["new"]
    matched = (
        f"Found in ASCIP: {', '.join(found) or 'nobody'}; {new:,} {'is' if new == 1 else 'are'} new"
        f" ({told['possible_duplicates']:,} of them look like somebody),"
        f" {told['conflicts']:,} can't be told."
    )
    left = (
        f"Employee numbers to be set: {told['numbers_set']:,}."
        f" Active people in scope without a row: {told['unmatched']:,}."
    )
    return [matched, left]
