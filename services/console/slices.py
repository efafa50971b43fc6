"""A page of a short list that is read whole: users, keys."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(Generic[Item]):
    """What one page shows."""

    items: Sequence[Item]
    total: int
    #: The last one's name where there are more.
    more: str


def slice_of(found: Sequence[Item], after: str, name: Callable[[Item], str]) -> Slice[Item]:
    """What stands after the one with a name; from the beginning if nobody has it."""
    names = [name(item) for item in found]
    start = names.index(after) + 1 if after in names else 0
    items = found[start : start + MOST]
    more = names[start + MOST - 1] if len(found) > start + MOST else ""
    return Slice(items=items, total=len(found), more=more)
