"""Groups a site has left behind: ours until everybody who is to leave them has left, then nobody's."""

from collections.abc import Collection, Iterable
from collections.abc import Mapping as MappingOf

from shared.domain.mapping import Mapping
from shared.domain.snapshot import Person


def former_groups(
    mapping: Mapping, applied: Mapping, unfinished: MappingOf[int, str]
) -> dict[int, str]:
    """Group id → name of what the last applied version named and this one doesn't.

    Args:
        unfinished: groups that were former ones by then and from which somebody still had to leave.
    """
    before = {**unfinished, **applied.groups}
    return {id_: name for id_, name in before.items() if id_ not in mapping.groups}


def still_owed(
    mapping: Mapping, people: Iterable[Person], undecided: Collection[int]
) -> frozenset[int]:
    """Former groups with members a plan could not judge.

    Args:
        undecided: who was shielded, whose row was held and, in a delta, who has no row.
    """
    return frozenset(
        group
        for person in people
        if person.id in undecided
        for group in person.group_ids
        if group in mapping.former_groups
    )
