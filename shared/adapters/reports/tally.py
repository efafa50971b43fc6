"""One pass over the actions keeps what the summary needs: a bounded part of a plan of any size."""

from collections import Counter
from typing import NamedTuple

from shared.domain.action import (
    ActionClass,
    ActionStatus,
    Change,
    HeldReason,
    Kind,
    Scalar,
)
from shared.domain.remedies import outcome_remedy
from shared.ports.plans import StoredAction
from shared.ports.target import Mismatch

#: Actions shown in HTML; all of them are in `actions.csv`.
SHOWN_ACTIONS = 500
#: Conflicts and failures shown in HTML; all of them are in `exceptions/*.csv`.
SHOWN_ENDS = 200
#: Different changes that are counted; a plan of free text has too many to keep.
COUNTED_CHANGES = 10_000
#: Values of these are one person's own: counting equal ones would say nothing but who.
_PERSONAL = frozenset(
    {"email", "username", "first_name", "last_name", "employee_number", "personal_email"}
)
_BAD_ENDS = (ActionStatus.CONFLICT, ActionStatus.FAILED, ActionStatus.UNKNOWN)


class ChangeKey(NamedTuple):
    """What makes two changes identical."""

    path: str
    before: Scalar
    before_name: str | None
    after: Scalar
    after_name: str | None
    hold: HeldReason | None


class Unmapped(NamedTuple):
    """A value of the extract that the mapping doesn't know."""

    path: str
    value: Scalar


class Tally:
    """Counts over actions, and the actions that are shown."""

    def __init__(self) -> None:
        self.total = 0
        self.held: Counter[HeldReason] = Counter()
        self.ended: Counter[ActionStatus] = Counter()
        self.unmapped: dict[Unmapped, tuple[int, int | None]] = {}
        self.ends: dict[ActionStatus, list[StoredAction]] = {status: [] for status in _BAD_ENDS}
        #: How many of each bad end ask for which remedy.
        self.remedies: dict[ActionStatus, Counter[str]] = {s: Counter() for s in _BAD_ENDS}
        self.verified = 0
        self.mismatches: Counter[Mismatch] = Counter()
        self.mismatched: list[StoredAction] = []
        self._changes: Counter[ChangeKey] = Counter()
        self._ranked: dict[int, list[StoredAction]] = {}

    def add(self, stored: StoredAction) -> None:
        """Count one action."""
        self.total += 1
        self.ended[stored.status] += 1
        action = stored.action
        if stored.status is ActionStatus.HELD and action.hold:
            self.held[action.hold] += 1
        if stored.status in self.ends:
            self._end(stored)
        self.verified += stored.verified_at is not None
        if stored.mismatch:
            self.mismatches[stored.mismatch] += 1
            if len(self.mismatched) < SHOWN_ENDS:
                self.mismatched.append(stored)
        same_rank = self._ranked.setdefault(_rank(stored), [])
        if len(same_rank) < SHOWN_ACTIONS:
            same_rank.append(stored)
        for change in (*action.changes, *_membership(stored)):
            self._count(change, action.source_row)

    def identical(self, most: int = 20) -> list[tuple[ChangeKey, int]]:
        """The most frequent changes that at least two actions share, most frequent first."""
        shared = [(key, count) for key, count in self._changes.items() if count > 1]
        return sorted(shared, key=lambda pair: (-pair[1], tuple(map(str, pair[0]))))[:most]

    def shown(self) -> list[StoredAction]:
        """Up to 500 actions: what went wrong, what is held, removals, what is marked, the rest."""
        return [a for _, ranked in sorted(self._ranked.items()) for a in ranked][:SHOWN_ACTIONS]

    def _end(self, stored: StoredAction) -> None:
        if len(self.ends[stored.status]) < SHOWN_ENDS:
            self.ends[stored.status].append(stored)
        remedy = outcome_remedy(stored.status, stored.outcome_code)
        if remedy:
            self.remedies[stored.status][remedy] += 1

    def _count(self, change: Change, row: int | None) -> None:
        if change.hold is HeldReason.UNMAPPED_BUCKET_VALUE:
            value = Unmapped(change.path, change.after)
            rows, first = self.unmapped.get(value, (0, row))
            # Actions come in the order of their people, not of the rows.
            self.unmapped[value] = (rows + 1, min(filter(None, (first, row)), default=None))
        if change.path in _PERSONAL:
            return
        key = ChangeKey(
            change.path, change.before, change.before_name,
            change.after, change.after_name, change.hold,
        )  # fmt: skip
        if key in self._changes or len(self._changes) < COUNTED_CHANGES:
            self._changes[key] += 1


def _membership(stored: StoredAction) -> tuple[Change, ...]:
    action = stored.action
    match action.kind:
        case Kind.JOIN:
            return (
                Change(
                    path="group", before=None, after=action.group_id, after_name=action.group_name
                ),
            )
        case Kind.LEAVE:
            return (
                Change(
                    path="group", before=action.group_id, before_name=action.group_name, after=None
                ),
            )
        case _:
            return ()


def _rank(stored: StoredAction) -> int:
    action = stored.action
    if stored.status in _BAD_ENDS:
        return 0
    if stored.status is ActionStatus.HELD:
        return 1
    if action.action_class is ActionClass.REMOVALS:
        return 2
    risky = action.action_class is ActionClass.KEY_CHANGES or action.marks
    return 3 if risky else 4
