"""Gates: limits with a verdict. A tripped gate holds its class of actions, never the whole plan."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from typing import Any

from shared.domain.action import Action, ActionClass, HeldReason, Kind
from shared.domain.baseline import ExtractFigures
from shared.domain.canonical import Json
from shared.domain.gate_rules import RULES, GateName
from shared.domain.policy import Limits, RemovalLimit


class Verdict(StrEnum):
    """What a gate says."""

    OK = "ok"
    TRIPPED = "tripped"
    NO_BASELINE = "no_baseline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A judged limit: it trips when ``value`` reaches ``limit``."""

    name: GateName
    #: 0 without a baseline.
    limit: int
    value: int
    verdict: Verdict
    #: Of how many the percentage was taken, where there is one.
    population: int | None = None
    #: The site it is about, by its code in the mapping.
    site: str | None = None

    @property
    def tripped(self) -> bool:
        """Whether it holds what it is for."""
        return self.verdict is Verdict.TRIPPED

    @property
    def classes(self) -> tuple[ActionClass, ...]:
        """Classes of what it holds."""
        return RULES[self.name].classes

    def holds(self, action: Action) -> bool:
        """Whether an action is one of those it holds when it trips."""
        match self.name:
            case GateName.REMOVALS_SITE:
                chosen = action.site == self.site
            case GateName.BLANKED:
                chosen = clears(action)
            case _:
                chosen = True
        return chosen and action.action_class in self.classes

    def to_json(self) -> dict[str, Json]:
        """The form in the plan's header; `from_json` reads it back."""
        return {
            "gate": self.name.value,
            "class": self.classes[0].value,
            "classes": [each.value for each in self.classes],
            "site": self.site,
            "limit": self.limit,
            "value": self.value,
            "verdict": self.verdict.value,
            "population": self.population,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Gate":
        """Read what `to_json` wrote, now or in an earlier version."""
        return cls(
            name=GateName(data["gate"]), limit=data["limit"], value=data["value"],
            verdict=Verdict(data["verdict"]), population=data["population"], site=data.get("site"),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What gates look at besides the actions."""

    #: Active managed people: what percentages of people are taken of.
    managed: int
    #: Those of each site.
    managed_at: Mapping[str, int] = field(default_factory=dict)
    extract: ExtractFigures = field(default_factory=ExtractFigures)
    #: Damaged rows that name nobody.
    unidentified: int = 0
    #: People that the target lists, and those of them that could not be read.
    listed: int = 0
    details_missing: int = 0
    #: Whom nobody could read, those who were not found too.
    unread: int = 0


def percent_of(percent: float, population: int) -> int:
    """A percentage of a population, rounded down to whole ones, at least 1."""
    exact = Fraction(str(percent))  # as declared: 0.57 in binary would lose one of 57
    return max(1, math.floor(exact * population / 100))


def removal_limit(limit: RemovalLimit, population: int, min_population: int) -> int:
    """The number of removals that trips: the larger of count and percentage, or the small count."""
    if population < min_population:
        return limit.small_count
    return max(limit.count, percent_of(limit.percent, population))


def too_few(now: int, before: int | None, limits: Limits) -> bool:
    """Whether a list is too short to be believed: `snapshot_fewer`, which fails the whole run.

    ``before`` is how many people the last whole read found, None if there was none. An empty list is
    always too short.
    """
    if not now:
        return True
    if before is None or before < limits.min_population:
        return False
    return before - now >= percent_of(limits.snapshot_fewer.percent, before)


def clears(action: Action) -> bool:
    """Whether an update takes a value away and gives none."""
    return action.kind is Kind.UPDATE and any(
        change.before is not None and change.after is None for change in action.sent
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """People that actions are about: by class, by site of those removed, of updates that clear by class."""

    people: Mapping[ActionClass, int] = field(default_factory=dict)
    removed_at: Mapping[str, int] = field(default_factory=dict)
    #: A person has one update in a plan, so nobody is in both classes.
    blanked: Mapping[ActionClass, int] = field(default_factory=dict)

    def of(self, gate: Gate) -> int | None:
        """What a gate counts; None if it counts something else than people of actions."""
        match gate.name:
            case GateName.REMOVALS_SITE:
                return self.removed_at.get(gate.site or "", 0)
            case GateName.BLANKED:
                return sum(self.blanked.values())
            case (
                GateName.REMOVALS
                | GateName.MEMBERSHIPS_REMOVED
                | GateName.ADDS
                | GateName.UPDATES
                | GateName.KEY_CHANGES
            ):
                return self.people.get(gate.classes[0], 0)
            case _:
                return None

    def lets_through(self, gate: Gate) -> set[ActionClass]:
        """Classes of which there is something that a gate is for."""
        people = self.blanked if gate.name is GateName.BLANKED else self.people
        return {each for each in gate.classes if people.get(each)}


def count(actions: Iterable[Action]) -> Counts:
    """Count people, not actions.

    Actions held for a reason of their own count too: a release would let them through, and a mass of
    them is as suspicious as a mass of others.
    """
    people: dict[ActionClass, set[str]] = defaultdict(set)
    removed_at: dict[str, set[str]] = defaultdict(set)
    blanked: dict[ActionClass, set[str]] = defaultdict(set)
    for action in actions:
        people[action.action_class].add(action.person_key)
        if action.action_class is ActionClass.REMOVALS and action.site is not None:
            removed_at[action.site].add(action.person_key)
        if clears(action):
            blanked[action.action_class].add(action.person_key)
    return Counts(
        {action_class: len(keys) for action_class, keys in people.items()},
        {site: len(keys) for site, keys in removed_at.items()},
        {action_class: len(keys) for action_class, keys in blanked.items()},
    )


def judge(actions: Iterable[Action], *, limits: Limits, measures: Measures) -> list[Gate]:
    """Judge every gate of a plan, in the order of the reference; `removals_site` once a site."""
    counts = count(actions)
    scale = _Scale(measures.managed, limits.min_population, measures.unread)
    shares = {
        GateName.MEMBERSHIPS_REMOVED: limits.memberships_removed.percent,
        GateName.ADDS: limits.adds.percent,
        GateName.UPDATES: limits.updates.percent,
    }
    people = counts.people
    return [
        scale.removals(limits.removals, people.get(ActionClass.REMOVALS, 0)),
        *scale.removals_at_sites(limits.removals, counts.removed_at, measures.managed_at),
        *(
            scale.share(name, percent, people.get(RULES[name].classes[0], 0))
            for name, percent in shares.items()
        ),
        scale.share(
            GateName.KEY_CHANGES, limits.key_changes.percent,
            people.get(ActionClass.KEY_CHANGES, 0), least=limits.key_changes.min,
        ),
        scale.share(GateName.BLANKED, limits.blanked.percent, sum(counts.blanked.values())),
        *_of_extract(scale, limits, measures.extract),
        _gate(GateName.UNIDENTIFIED_ROWS, limit=1, value=measures.unidentified),
        scale.share(
            GateName.DETAILS_MISSING, limits.details_missing.percent, measures.details_missing,
            of=measures.listed,
        ),
    ]  # fmt: skip


def judge_records(counts: Mapping[ActionClass, int], *, limits: Limits, active: int) -> list[Gate]:
    """Judge the gates of the record store over so many actions.

    Absence never removes a record there and a file says nothing of those it doesn't name, so that
    neither its size nor its rows that were not taken hold anything (docs/reference/gates.md).
    """
    scale = _Scale(active, limits.min_population)
    adds, updates = (counts.get(c, 0) for c in (ActionClass.ADDS, ActionClass.UPDATES))
    return [
        scale.removals(limits.removals, counts.get(ActionClass.REMOVALS, 0)),
        scale.share(GateName.ADDS, limits.adds.percent, adds),
        scale.share(GateName.UPDATES, limits.updates.percent, updates),
    ]


def judge_again(gates: Iterable[Gate], counts: Counts) -> list[Gate]:
    """The gates of a plan over what is about to be applied of it."""
    return [
        gate if (value := counts.of(gate)) is None else _counting(gate, value) for gate in gates
    ]


def unreleased(
    gates: Iterable[Gate], counts: Counts, released: Collection[ActionClass]
) -> list[Gate]:
    """Tripped gates that would let something through: no release names a class they hold."""
    return [gate for gate in gates if gate.tripped and counts.lets_through(gate) - {*released}]


def hold_tripped(actions: Iterable[Action], gates: Iterable[Gate]) -> list[Action]:
    """Hold what tripped gates hold; an action that is held already keeps its reason."""
    tripped = [gate for gate in gates if gate.tripped]
    return [a if a.hold else replace(a, hold=hold_of(a, tripped)) for a in actions]


def hold_of(action: Action, gates: Iterable[Gate]) -> HeldReason | None:
    """Why the gates hold an action, None if they let it pass."""
    return _reason({gate.name for gate in gates if gate.tripped and gate.holds(action)})


def hold_of_class(action_class: ActionClass, gates: Iterable[Gate]) -> HeldReason | None:
    """Why the gates hold a class whole, None if they let it pass."""
    return _reason({gate.name for gate in gates if gate.tripped and action_class in gate.classes})


def _reason(names: Collection[GateName]) -> HeldReason | None:
    if not names:
        return None
    only_unidentified = names == {GateName.UNIDENTIFIED_ROWS}
    return HeldReason.UNIDENTIFIED_ROWS if only_unidentified else HeldReason.GATE


@dataclass(frozen=True, slots=True)
class _Scale:
    """How many active managed people there are, and from how many on a percentage means something."""

    managed: int
    least: int
    #: People who could not be read. Any of them may be a managed one: no gate is off because of them.
    unread: int = 0

    def removals(self, limit: RemovalLimit, value: int) -> Gate:
        """The one gate with a limit for small populations too."""
        number = removal_limit(limit, self.managed, self.least)
        return _gate(GateName.REMOVALS, limit=number, value=value, population=self.managed)

    def removals_at_sites(
        self, limit: RemovalLimit, removed_at: Mapping[str, int], managed_at: Mapping[str, int]
    ) -> Iterator[Gate]:
        """One for each site that somebody is removed from; one without a site where nobody is."""
        name, percent, least = GateName.REMOVALS_SITE, limit.site_percent, limit.site_min
        for site, value in sorted(removed_at.items()):
            gate = self.share(name, percent, value, of=managed_at.get(site, 0), least=least)
            yield replace(gate, site=site)
        if not removed_at:
            yield self.share(name, percent, 0, of=0, least=least)

    def share(
        self, name: GateName, percent: float, value: int, *, of: int | None = None, least: int = 1
    ) -> Gate:
        """A percentage of the people or ``of`` something else, at least ``least``."""
        population = self.managed if of is None else of
        if self.managed + self.unread < self.least:
            return _without_baseline(name, value, population)
        number = max(least, percent_of(percent, population))
        return _gate(name, limit=number, value=value, population=population)


def _of_extract(scale: _Scale, limits: Limits, extract: ExtractFigures) -> Iterator[Gate]:
    size, usual = extract.size, extract.usual
    yield _fewer(scale, GateName.ROWS_FEWER, limits.rows_fewer.percent,
                 size.rows, usual.rows if usual else None)  # fmt: skip
    yield _fewer(scale, GateName.BYTES_FEWER, limits.bytes_fewer.percent,
                 size.size_bytes, usual.size_bytes if usual else None)  # fmt: skip
    yield scale.share(
        GateName.QUARANTINED, limits.quarantined.percent, extract.quarantined, of=size.rows
    )


def _fewer(scale: _Scale, name: GateName, percent: float, now: int, usual: int | None) -> Gate:
    if usual is None:
        return _without_baseline(name, 0, None)
    return scale.share(name, percent, max(0, usual - now), of=usual)


def _gate(name: GateName, *, limit: int, value: int, population: int | None = None) -> Gate:
    verdict = Verdict.TRIPPED if value >= limit else Verdict.OK
    return Gate(name=name, limit=limit, value=value, verdict=verdict, population=population)


def _without_baseline(name: GateName, value: int, population: int | None) -> Gate:
    return Gate(name=name, limit=0, value=value, verdict=Verdict.NO_BASELINE, population=population)


def _counting(gate: Gate, value: int) -> Gate:
    if gate.verdict is Verdict.NO_BASELINE:
        return replace(gate, value=value)
    return replace(
        gate, value=value, verdict=_gate(gate.name, limit=gate.limit, value=value).verdict
    )
