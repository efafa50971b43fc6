"""The school year: windows in which nothing is written to ASCIP, or people are only added. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import combinations

from shared.domain.action import (
    RELEASABLE,
    RELEASABLE_BY_NAME,
    Action,
    ActionClass,
    HeldReason,
)

_ONE_DAY = timedelta(days=1)
#: Holds that a release could lift: within a window none may.
_LIFTABLE = RELEASABLE | RELEASABLE_BY_NAME


class WindowPolicy(StrEnum):
    """What happens in a window."""

    PAUSE = "pause"  # runs wait until it has ended
    ADDS_ONLY = "adds_only"  # newcomers get their accounts and groups, the rest waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Days of the calendar, first and last included."""

    first: date
    last: date
    policy: WindowPolicy

    @property
    def over(self) -> date:
        """The day after the last."""
        return self.last + _ONE_DAY


def window_of(calendar: Iterable[Window], day: date) -> Window | None:
    """The window that a day lies in."""
    return next((w for w in calendar if w.first <= day <= w.last), None)


def calendar_edges(calendar: Iterable[Window]) -> Iterator[date]:
    """Days on which the same file means something else than the day before."""
    for window in calendar:
        yield window.first
        yield window.over


def calendar_faults(calendar: Sequence[Window]) -> Iterator[str]:
    """What is wrong with a calendar."""
    for window in calendar:
        if window.last < window.first:
            yield f"has a window that ends ({window.last}) before it begins ({window.first})"
    for one, other in combinations(calendar, 2):
        first, last = max(one.first, other.first), min(one.last, other.last)
        if first <= last and one.policy is not other.policy:
            yield f"says both {one.policy} and {other.policy} of {first} to {last}"


def hold_for_calendar(actions: Sequence[Action], window: Window | None) -> list[Action]:
    """Hold what has to wait for the end of an `adds_only` window; no release lifts that.

    Who is added or reactivated gets their groups; groups of people who are there already wait.
    """
    if window is None or window.policy is not WindowPolicy.ADDS_ONLY:
        return list(actions)
    new = {a.person_key for a in actions if a.action_class is ActionClass.ADDS}

    def waits(action: Action) -> bool:
        joins = action.action_class is ActionClass.MEMBERSHIPS_ADDED and action.person_key in new
        adds = joins or action.action_class is ActionClass.ADDS
        return not adds and (action.hold is None or action.hold in _LIFTABLE)

    return [replace(a, hold=HeldReason.CALENDAR) if waits(a) else a for a in actions]
