"""A plan in words: what a change says, what a group of them is, how near the limits are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from services.console.words import hold, spoken
from shared.domain.absence import grace_sentence
from shared.domain.action import Action, ActionStatus, Change, Kind
from shared.domain.adoption import adoption_sentences
from shared.domain.canonical import Json
from shared.domain.completeness import gap_sentences
from shared.domain.counterfactual import counterfactual_sentence
from shared.domain.gate_words import gate_words
from shared.domain.gates import Gate
from shared.domain.identical import identical_parts
from shared.domain.reversal import LEFT_OUT_WORDS, LeftOutReason
from shared.domain.text import masked_email
from shared.pipeline.look import PlanView
from shared.pipeline.review_desk import ReviewDesk
from shared.ports.plans import StoredAction
from shared.ports.views import ActionGroup, GroupBy

#: What a field is called; a bucket has a name of the district's.
_FIELDS: Mapping[str, str] = {
    "employee_number": "employee number", "personal_email": "personal email", "first_name": "first name",
    "last_name": "last name", "role_id": "role", "timezone_id": "time zone",
}  # fmt: skip
#: No such part, where None is one.
_NOTHING = object()
_ADDRESSES = frozenset({"email", "username", "personal_email"})
#: Kinds as tiles, in the order of application.
_LMS = (Kind.ADD, Kind.UPDATE, Kind.REACTIVATE, Kind.JOIN, Kind.LEAVE, Kind.DEACTIVATE)
_RECORDS = (Kind.ADD, Kind.UPDATE, Kind.RETIRE)


@dataclass(frozen=True, slots=True)
class PlanWords:
    """Words of one plan."""

    view: PlanView

    @property
    def kinds(self) -> Sequence[tuple[Kind, int]]:
        """Kinds with how many actions there are, held ones among them."""
        summary = self.view.plan.summary
        kinds = _LMS if "join" in summary else _RECORDS
        return [(kind, int(str(summary.get(kind.value, 0)))) for kind in kinds]

    @property
    def gates(self) -> Sequence[Gate]:
        """Tripped ones first, then the nearest to their limit."""
        return sorted(self.view.plan.gates, key=lambda g: (not g.tripped, -_nearness(g)))

    @property
    def calm(self) -> int:
        """Limits that are not reached; one that is judged for each site counts once."""
        tripped = {gate.name for gate in self.gates if gate.tripped}
        return len({gate.name for gate in self.gates} - tripped)

    @property
    def sentences(self) -> Sequence[str]:
        """What should be known before the details: counterfactual, grace, gaps, drift."""
        facts = self.view.plan.facts
        told = []
        if counterfactual := facts.get("counterfactual"):
            told.append(counterfactual_sentence(cast("Mapping[str, Json]", counterfactual)))
        if ends := cast("Mapping[str, int]", facts.get("grace_ends", {})):
            told.append(grace_sentence(ends))
        if facts.get("first_run") and (adoption := facts.get("adoption")):
            told += adoption_sentences(cast("Mapping[str, Json]", adoption))
        told += gap_sentences(facts)
        drifts = cast("list[str]", facts.get("mapping_drift", []))
        return [*told, *(f"Mapping drift: {each}" for each in drifts)]

    @property
    def counts(self) -> Mapping[ActionStatus, int]:
        """Actions by status, now."""
        found: dict[ActionStatus, int] = {}
        for (_, status), n in self.view.kind_counts.items():
            found[status] = found.get(status, 0) + n
        return found

    def field(self, path: str) -> str:
        """What a field is called."""
        buckets = cast("Mapping[str, str]", self.view.plan.facts.get("buckets", {}))
        if path.startswith("buckets."):
            return f"bucket “{buckets.get(path.removeprefix('buckets.'), path)}”"
        return _FIELDS.get(path, spoken(path))

    def before(self, change: Change) -> str | None:
        """What it is now, in names; addresses of people are masked."""
        return shown(change.path, change.before_name, change.before)

    def after(self, change: Change) -> str | None:
        """What it becomes."""
        return shown(change.path, change.after_name, change.after)

    def gate(self, gate: Gate) -> str:
        """What was counted, and the limit."""
        return gate_words(gate)

    def held(self, desk: ReviewDesk) -> str:
        """What limits hold, largest class first: `62 removals, 3 key changes`."""
        classes = sorted(desk.releasable.items(), key=lambda each: -each[1])
        return ", ".join(f"{count:,} {spoken(each)}" for each, count in classes)

    def chip(self, name: str, value: str, actions: Sequence[StoredAction]) -> str:
        """A filter that is set, as people read it."""
        if name == "change":
            found = (dict(identical_parts(each.action)).get(value, _NOTHING) for each in actions)
            change = next((each for each in found if each is not _NOTHING), None)
            if isinstance(change, Change):
                return f"{self.field(change.path)}: {self.before(change)} → {self.after(change)}"
            return _membership(actions[0].action) if actions else "one change"
        if name == "group":
            named = next((a.action.group_name for a in actions if a.action.group_name), value)
            return f"group: {named}"
        if name == "hold":
            return f"held: {hold(value)}"
        return f"{name}: {self.field(value) if name == 'field' else spoken(value)}"

    def left_out(self, reason: LeftOutReason) -> str:
        """Why something that a run did is not taken back."""
        return LEFT_OUT_WORDS[reason]

    def opens(self, by: GroupBy) -> str:
        """The parameter that opens a group."""
        return "kind" if by is GroupBy.ACTION else by.value

    def group(self, by: GroupBy, group: ActionGroup) -> str:
        """What the actions of a group have in common."""
        first = group.first
        match by:
            case GroupBy.SITE:
                return f"Site {group.key}"
            case GroupBy.FIELD:
                return self.field(group.key)
            case GroupBy.CHANGE if group.change is None:
                return _membership(first)
            case GroupBy.CHANGE:
                return ""
            case GroupBy.PERSON:
                return f"{group.key} {first.email_masked}"
            case _:
                return spoken(group.key)


def _nearness(gate: Gate) -> float:
    """How much of its limit is used up."""
    return gate.value / gate.limit if gate.limit else 0.0


def _membership(action: Action) -> str:
    match action.kind:
        case Kind.JOIN:
            return f"join {action.group_name or action.group_id}"
        case Kind.LEAVE:
            return f"leave {action.group_name or action.group_id}"
        case Kind.ADD:
            return "add to ASCIP" if action.version is None else "add to the record store"
        case Kind.DEACTIVATE:
            return "deactivate"
        case _:
            return action.kind.value


def shown(path: str, name: str | None, value: str | int | None) -> str | None:
    """A value by its name if it has one; addresses of people are masked."""
    if name is not None:
        return name
    if value is None:
        return None
    return masked_email(str(value)) if path in _ADDRESSES and "@" in str(value) else str(value)
