"""What applying a plan costs."""

from collections import Counter
from collections.abc import Iterable

from shared.domain.action import Action, Kind


def estimate_calls(actions: Iterable[Action]) -> int:
    """Calls that applying takes where nothing goes wrong and a group's members fit on one page.

    A person: read, write, read again at the end. An add: write, then two look-ups by name and the
    person. Memberships: a list and a call for each 100 of a group, and a list at the end.
    """
    calls = 0
    members: Counter[tuple[Kind, int | None]] = Counter()
    for action in actions:
        match action.kind:
            case Kind.JOIN | Kind.LEAVE:
                members[action.kind, action.group_id] += 1
            case Kind.ADD:
                calls += 4
            case _:
                calls += 3
    return calls + sum(1 + 2 * -(-count // 100) for count in members.values())
