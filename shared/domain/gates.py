"""Gates: limits with a verdict. A tripped gate holds its class of actions, never the whole plan."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from shared.domain.action import Action, ActionClass, HeldReason
from shared.domain.canonical import Json
from shared.domain.policy import Limits, RemovalLimit


class GateName(StrEnum):
    """The gates that are judged."""

    REMOVALS = "removals"
    ADDS = "adds"
    UNIDENTIFIED_ROWS = "unidentified_rows"


class Verdict(StrEnum):
    """What a gate says."""

    OK = "ok"
    TRIPPED = "tripped"
    NO_BASELINE = "no_baseline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A judged limit: it trips when ``value`` reaches ``limit``."""

    name: GateName
    action_class: ActionClass
    limit: int
    value: int
    verdict: Verdict
    #: Of how many the percentage was taken, where there is one.
    population: int | None = None

    @property
    def tripped(self) -> bool:
        """Whether it holds its class."""
        return self.verdict is Verdict.TRIPPED

    def to_json(self) -> dict[str, Json]:
        """The form in the plan's header."""
        return {
            "gate": self.name.value,
            "class": self.action_class.value,
            "limit": self.limit,
            "value": self.value,
            "verdict": self.verdict.value,
            "population": self.population,
        }


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


def judge(
    actions: Iterable[Action], *, limits: Limits, managed_active: int, unidentified: int
) -> list[Gate]:
    """Judge every gate over the proposed actions.

    Actions already held for a reason of their own count too: a release would let them through, and
    a mass of them is as suspicious as a mass of others. People are counted, not actions.
    """
    people: dict[ActionClass, set[str]] = {c: set() for c in ActionClass}
    for action in actions:
        people[action.action_class].add(action.person_key)
    counts = {action_class: len(keys) for action_class, keys in people.items()}
    return [
        _removals(counts, limits=limits, population=managed_active),
        _adds(counts, limits=limits, population=managed_active),
        _gate(
            GateName.UNIDENTIFIED_ROWS, ActionClass.REMOVALS,
            limit=1, value=unidentified, population=None,
        ),
    ]  # fmt: skip


def judge_records(counts: Mapping[ActionClass, int], *, limits: Limits, active: int) -> list[Gate]:
    """Judge the gates of the record store over so many actions; absence never removes a record there."""
    return [
        _removals(counts, limits=limits, population=active),
        _adds(counts, limits=limits, population=active),
    ]


def hold_of(action: Action, gates: Iterable[Gate]) -> HeldReason | None:
    """Why the gates hold an action, None if they let it pass."""
    return hold_of_class(action.action_class, gates)


def hold_of_class(action_class: ActionClass, gates: Iterable[Gate]) -> HeldReason | None:
    """Why the gates hold a class, None if they let it pass."""
    reasons = [g.name for g in gates if g.tripped and g.action_class is action_class]
    if not reasons:
        return None
    only_unidentified = all(name is GateName.UNIDENTIFIED_ROWS for name in reasons)
    return HeldReason.UNIDENTIFIED_ROWS if only_unidentified else HeldReason.GATE


def _removals(counts: Mapping[ActionClass, int], *, limits: Limits, population: int) -> Gate:
    return _gate(
        GateName.REMOVALS, ActionClass.REMOVALS,
        limit=removal_limit(limits.removals, population, limits.min_population),
        value=counts.get(ActionClass.REMOVALS, 0), population=population,
    )  # fmt: skip


def _adds(counts: Mapping[ActionClass, int], *, limits: Limits, population: int) -> Gate:
    return _percent_gate(
        GateName.ADDS, ActionClass.ADDS, percent=limits.adds.percent,
        value=counts.get(ActionClass.ADDS, 0), population=population,
        min_population=limits.min_population,
    )  # fmt: skip


def _gate(
    name: GateName, action_class: ActionClass, *, limit: int, value: int, population: int | None
) -> Gate:
    verdict = Verdict.TRIPPED if value >= limit else Verdict.OK
    return Gate(
        name=name, action_class=action_class, limit=limit, value=value,
        verdict=verdict, population=population,
    )  # fmt: skip


def _percent_gate(
    name: GateName, action_class: ActionClass, *, percent: float, value: int,
    population: int, min_population: int,
) -> Gate:  # fmt: skip
    if population < min_population:
        return Gate(
            name=name, action_class=action_class, limit=0, value=value,
            verdict=Verdict.NO_BASELINE, population=population,
        )  # fmt: skip
    allowed = percent_of(percent, population)
    return _gate(name, action_class, limit=allowed, value=value, population=population)
