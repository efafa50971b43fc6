"""What somebody who decides about a plan needs beside its actions; nothing is decided by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.domain.action import ActionClass, ActionStatus, HeldReason
from shared.ports.plans import StoredAction


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassCount:
    """Actions of a class that stand alike."""

    action_class: ActionClass
    hold: HeldReason | None
    status: ActionStatus
    count: int


class ReviewFacts(Protocol):
    """Of one plan."""

    def counts(self, plan_id: str) -> Sequence[ClassCount]:
        """All of its actions, by class, hold and status."""
        ...

    def held_at(self, plan_id: str) -> Sequence[tuple[str, int]]:
        """Sites with the people who have a held removal there, most first; without a site nobody counts."""
        ...

    def sample(self, plan_id: str, size: int) -> Sequence[StoredAction]:
        """Actions by chance, the same ones for the same plan; in its order."""
        ...

    def names(self, plan_id: str, actions: Sequence[StoredAction]) -> Mapping[str, str]:
        """Person key → first and last name, as the extract has them, else as ASCIP does."""
        ...
