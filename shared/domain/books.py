"""Books: every row and every action accounted for, or the run is `failed`."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from shared.domain.action import ActionStatus
from shared.domain.errors import BooksUnbalanced

#: What a row can have come to, from best to worst; a row with several actions takes the worst.
ROW_OUTCOMES = (
    "blank", "duplicate", "excluded", "quarantined", "held", "unchanged", "pending",
    "not_approved", "applied", "conflict", "failed", "not_attempted",
)  # fmt: skip

_RANK = {outcome: rank for rank, outcome in enumerate(ROW_OUTCOMES)}

OF_STATUS: dict[ActionStatus, str] = {
    ActionStatus.PLANNED: "pending",
    ActionStatus.HELD: "held",
    ActionStatus.NOT_APPROVED: "not_approved",
    ActionStatus.ATTEMPTING: "pending",
    ActionStatus.SUCCEEDED: "applied",
    ActionStatus.CONFLICT: "conflict",
    ActionStatus.FAILED: "failed",
    ActionStatus.UNKNOWN: "failed",
    ActionStatus.NOT_ATTEMPTED: "not_attempted",
}


class RowsAlike(NamedTuple):
    """Accepted rows with one disposition whose actions have the same statuses."""

    disposition: str
    statuses: tuple[ActionStatus, ...]
    rows: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """The two equations of the contract with their numbers."""

    rows_in: int
    rows: Mapping[str, int]
    planned: int
    actions: Mapping[str, int]

    @property
    def balanced(self) -> bool:
        """Whether both sides of both equations agree."""
        return (
            sum(self.rows.values()) == self.rows_in and sum(self.actions.values()) == self.planned
        )

    @property
    def settled(self) -> bool:
        """Whether every action has come to its end, as it must have when a run has."""
        return not self.actions.get("planned") and not self.actions.get("attempting")

    @property
    def verdict(self) -> str:
        """Whether both equations hold, with the numbers if not."""
        if self.balanced:
            return "The books balance."
        rows, actions = sum(self.rows.values()), sum(self.actions.values())
        return (
            f"THE BOOKS DO NOT BALANCE: {rows:,} of {self.rows_in:,} rows and {actions:,} of"
            f" {self.planned:,} actions are accounted for. Report this as a fault."
        )

    def require_balance(self, *, open_actions: bool = False) -> None:
        """Raise `BooksUnbalanced` unless both equations hold and, at the end, no action is left open."""
        if not self.balanced or not (open_actions or self.settled):
            raise BooksUnbalanced(
                f"The books do not balance: {self.rows_in} rows came in, {sum(self.rows.values())} are"
                f" accounted for; {self.planned} actions were planned, {sum(self.actions.values())}"
                " are accounted for. What was written is in the audit; report this as a fault."
            )

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Books":
        """What `to_json` wrote."""
        return cls(
            rows_in=stored["rows_in"], rows=stored["rows"],
            planned=stored["planned"], actions=stored["actions"],
        )  # fmt: skip

    def to_json(self) -> dict[str, object]:
        """The form in reports and the API."""
        return {
            "rows_in": self.rows_in,
            "rows": {name: self.rows.get(name, 0) for name in ROW_OUTCOMES},
            "planned": self.planned,
            "actions": dict(self.actions),
            "balanced": self.balanced,
        }


def worst(outcomes: Iterable[str]) -> str:
    """The worst of a row's outcomes."""
    return max(outcomes, key=_RANK.__getitem__)


def row_outcome(statuses: Iterable[ActionStatus], *, disposition: str) -> str:
    """What a row came to: the worst of its actions, else its disposition."""
    outcomes = [OF_STATUS[status] for status in statuses]
    return worst(outcomes) if outcomes else disposition


def keep_books(
    *,
    read: Mapping[str, int],
    rows: Iterable[RowsAlike],
    statuses: Mapping[ActionStatus, int],
    planned: int,
) -> Books:
    """Add up the books.

    Args:
        read: the reader's counts: `rows_in`, `blank`, `duplicate`, `excluded`, `quarantined`.
        rows: accepted rows.
        statuses: actions by status. ``planned``: actions in the plan.
    """
    counted: Counter[str] = Counter()
    for alike in rows:
        counted[row_outcome(alike.statuses, disposition=alike.disposition)] += alike.rows
    for name in ("blank", "duplicate", "excluded", "quarantined"):
        counted[name] += read.get(name, 0)
    return Books(
        rows_in=read.get("rows_in", 0),
        rows=dict(counted),
        planned=planned,
        actions={status.value: statuses.get(status, 0) for status in ActionStatus},
    )
