"""Emails, usernames and employee numbers that pass from one person to another within one plan.

The LMS refuses a value that somebody still has, so whoever gives it up goes first.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass

from shared.domain.action import KEY_PATHS, Action
from shared.domain.identity import PeopleIndex
from shared.domain.text import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Who waits for whom, and what can't be done; actions by their ids."""

    needs: MappingOf[str, Collection[str]]
    #: Why a value will not be free. Those in ``circles`` wait for themselves.
    conflicts: MappingOf[str, str]
    circles: frozenset[str]
    #: People who keep a value that a row says is its own.
    keepers: frozenset[int]


def arrange(actions: Iterable[Action], index: PeopleIndex) -> Moves:
    """Find out whether every value is free when it is needed, and in which order.

    Takes time in proportion to the actions, however long a chain is.
    """
    takers, givers = _takers_and_givers(actions)
    needs: dict[str, set[str]] = defaultdict(set)
    conflicts: dict[str, str] = {}
    keepers: set[int] = set()
    for (path, value), takes in sorted(takers.items()):
        name = path.replace("_", " ")
        if len(takes) > 1:
            conflicts |= {a.id: f"{len(takes)} rows want its {name}" for a in takes}
        for holder in index.holders(path, value):
            giver = givers.get((path, value, holder.id))
            for action in takes:
                if giver:
                    needs[action.id].add(giver)
                elif action.ascip_id != holder.id:
                    keepers.add(holder.id)
                    conflicts[action.id] = f"its {name} belongs to ASCIP {holder.id}, who keeps it"
    circles = _circles(needs)
    in_turn = {a: others - circles if a in circles else others for a, others in needs.items()}
    round_and_round = "the values that it takes and gives up go round in a circle"
    return Moves(
        needs=in_turn,
        conflicts=dict.fromkeys(circles, round_and_round) | conflicts,
        circles=frozenset(circles - conflicts.keys()),
        keepers=frozenset(keepers),
    )


def _takers_and_givers(
    actions: Iterable[Action],
) -> tuple[dict[tuple[str, str], list[Action]], dict[tuple[str, str, int], str]]:
    """(path, value) → who takes it; (path, value, person) → the action by which they give it up."""
    takers: dict[tuple[str, str], list[Action]] = defaultdict(list)
    givers: dict[tuple[str, str, int], str] = {}
    for action in actions:
        for change in action.sent:
            if change.path not in KEY_PATHS:
                continue
            before, after = fold(str(change.before or "")), fold(str(change.after or ""))
            if after == before:
                continue
            if after:
                takers[change.path, after].append(action)
            if before and action.ascip_id is not None:
                givers[change.path, before, action.ascip_id] = action.id
    return takers, givers


def _circles(needs: MappingOf[str, Collection[str]]) -> set[str]:
    """Whoever waits for themselves in the end: what is left when the loose ends are taken off."""
    waits = {action_id: set(others) for action_id, others in needs.items()}
    for others in needs.values():
        for other in others:
            waits.setdefault(other, set())
    return set(_turned_without_ends(_turned_without_ends(waits)))


def _turned_without_ends(waits: MappingOf[str, Collection[str]]) -> dict[str, set[str]]:
    """The graph turned round, less whoever waits for nobody, again and again."""
    turned: dict[str, set[str]] = {node: set() for node in waits}
    for node, others in waits.items():
        for other in others:
            turned[other].add(node)
    left = {node: len(others) for node, others in waits.items()}
    free = [node for node, count in left.items() if not count]
    while free:
        for waiting in turned.pop(free.pop()):
            left[waiting] -= 1
            if not left[waiting]:
                free.append(waiting)
    return turned
