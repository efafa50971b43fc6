"""Two plans beside each other: what is counted, and the actions that only one has or that differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.action import ActionClass, Kind
from shared.ports.plans import StoredAction


class Only(StrEnum):
    """In which of two plans an action is."""

    A = "a"
    B = "b"
    BOTH = "both"  # with another body


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionPair:
    """An action that not both plans have alike; None in the plan that lacks it."""

    id: str
    only: Only
    a: StoredAction | None
    b: StoredAction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassCount:
    """Actions of a class and kind in each plan, and how many of them are held."""

    action_class: ActionClass
    kind: Kind
    a: int
    b: int
    held_a: int
    held_b: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanComparison:
    """What two plans have alike and what not."""

    #: Actions with one and the same body in both.
    alike: int
    only_a: int
    only_b: int
    differing: int
    counts: Sequence[ClassCount]
