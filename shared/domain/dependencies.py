"""Which actions wait for which, as a graph: what falls with an action that isn't done."""

from collections import defaultdict
from collections.abc import Collection, Iterable


def falling_with(ids: Iterable[str], waiting: Iterable[tuple[str, Collection[str]]]) -> set[str]:
    """``ids`` and whatever waits for one of them, directly or along a chain of any length.

    ``waiting`` pairs each action with those it depends on.
    """
    dependants: dict[str, list[str]] = defaultdict(list)
    for action_id, depends_on in waiting:
        for needed in depends_on:
            dependants[needed].append(action_id)
    fallen = set(ids)
    ahead = list(fallen)
    while ahead:
        for action_id in dependants.get(ahead.pop(), ()):
            if action_id not in fallen:
                fallen.add(action_id)
                ahead.append(action_id)
    return fallen
