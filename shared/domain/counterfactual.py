"""The counterfactual: what a naive sync, one that trusts the file, would have removed with this very file.

To it everybody in scope who is active and has no accepted row has left, and so has whoever's row says so.
It knows no shield, gate, grace or protection, and takes absence from a delta for leaving.
"""

from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, fields

from shared.domain.action import Action, ActionClass, HeldReason
from shared.domain.canonical import Json
from shared.domain.removal import Fate, Removals


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterfactual:
    """People whom a naive sync would have removed, by what this plan makes of them: each counts once."""

    #: The plan removes them too, as soon as it is approved.
    same: int = 0
    #: It would, but a gate or the calendar holds it.
    held: int = 0
    #: What ASCIP shows is incomplete, of them or as a whole.
    incomplete: int = 0
    damaged_rows: int = 0
    excluded_rows: int = 0
    held_rows: int = 0
    in_grace: int = 0
    protected: int = 0
    #: The ladder, or a first run, only reports them.
    reported: int = 0
    #: A delta says nothing of them.
    unspoken: int = 0

    @property
    def removals(self) -> int:
        """People whom a naive sync would have removed."""
        return sum(int(getattr(self, field.name)) for field in fields(self))

    def to_json(self) -> dict[str, Json]:
        """The form in the plan's facts."""
        counts = {field.name: int(getattr(self, field.name)) for field in fields(self)}
        return {"naive_removals": self.removals, **counts}


_FATES = {
    Fate.DAMAGED_ROW: "damaged_rows",
    Fate.EXCLUDED_ROW: "excluded_rows",
    Fate.HELD_ROW: "held_rows",
    Fate.UNREAD: "incomplete",
    Fate.IN_GRACE: "in_grace",
    Fate.PROTECTED: "protected",
    Fate.REPORTED: "reported",
}


def counted(removals: Removals, actions: Iterable[Action]) -> Counterfactual:
    """Count absentees by what a plan makes of them; ``actions`` are the plan's, with their holds."""
    holds = {
        action.person_key: action.hold
        for action in actions
        if action.action_class is ActionClass.REMOVALS
    }
    told = Counter(_FATES[who.fate] for who in removals.absentees if who.fate in _FATES)
    for hold in holds.values():
        told[_planned(hold)] += 1
    return Counterfactual(**told, unspoken=removals.unspoken)


def _planned(hold: HeldReason | None) -> str:
    if hold is HeldReason.TARGET_INCOMPLETE:
        return "incomplete"
    return "held" if hold else "same"


def counterfactual_sentence(told: MappingOf[str, Json]) -> str:
    """What `Counterfactual.to_json` stored, in words."""
    number = {name: int(str(told[name])) for name in ("naive_removals", *_WORDS)}
    naive = number["naive_removals"]
    if not naive:
        return "A naive sync would have removed nobody either."
    people = "person" if naive == 1 else "people"
    if naive == number["same"]:
        return f"A naive sync would have removed the same {naive:,} {people}."
    first, *others = [(number[name], words) for name, words in _WORDS.items() if number[name]]
    of_them = "" if naive == 1 else f"{first[0]:,} of them "
    split = ", ".join([of_them + first[1], *(f"{count:,} {words}" for count, words in others)])
    why = "taken absence from a delta for leaving and " if number["unspoken"] else ""
    return f"A naive sync would have {why}removed {naive:,} {people}: {split}."


_WORDS = {
    "damaged_rows": "from damaged rows",
    "excluded_rows": "from excluded rows",
    "held_rows": "from rows that are held",
    "incomplete": "on an incomplete reading of ASCIP",
    "in_grace": "in their grace",
    "protected": "protected",
    "unspoken": "whom the file does not mention",
    "reported": "whom this run only reports",
    "held": "whose removal the plan holds",
    "same": "whom this plan removes too",
}
