"""What a read of the target leaves in doubt: who is read once more, and what is held for it. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from shared.domain.action import RELEASABLE_BY_NAME, Action, ActionClass, HeldReason, Kind
from shared.domain.canonical import Json
from shared.domain.gate_rules import GateName
from shared.domain.gates import Gate
from shared.domain.identity import PASSING
from shared.domain.snapshot import Login, Snapshot
from shared.domain.text import fold, people_in_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Where the lists of members and the details contradict each other."""

    #: Whose detail was read; who was not read contradicts nobody.
    people: frozenset[int]
    #: Groups that name somebody else than the details do, or somebody whom the list of people lacks.
    groups: frozenset[int]


def disagreement(snapshot: Snapshot) -> Disagreement:
    """Compare the members of each managed group with the groups that people say they are in."""
    inside: dict[int, set[int]] = defaultdict(set)
    for person in snapshot.people.values():
        for group_id in person.group_ids:
            inside[group_id].add(person.id)
    unlisted = _unlisted(snapshot)
    people, groups = set[int](), set[int]()
    for group in snapshot.groups.values():
        differ = (group.member_ids & snapshot.people.keys()) ^ inside[group.id]
        people |= differ
        if differ or group.member_ids & unlisted:
            groups.add(group.id)
    return Disagreement(people=frozenset(people), groups=frozenset(groups))


def unread(snapshot: Snapshot) -> frozenset[int]:
    """Everybody the target names whom nobody could read, deleted or not: nobody knows who they are."""
    return snapshot.missing_details | snapshot.gone | _unlisted(snapshot)


def in_doubt(snapshot: Snapshot) -> frozenset[int]:
    """Who was not read, and who contradicts a group: asked for once more, and after that shielded."""
    return unread(snapshot) | disagreement(snapshot).people


def to_look_up(
    actions: Iterable[Action], snapshot: Snapshot, linked: Collection[str]
) -> list[Login]:
    """Newcomers of whom the target must say itself that nobody has their email or username.

    Args:
        actions: a plan's.
        snapshot: what it was made from.
        linked: folded employee ids that were matched in an earlier run.
    """
    if not snapshot.list_complete:
        return []
    return sorted(
        login_of(action)
        for action in actions
        if action.kind is Kind.ADD
        and action.hold is HeldReason.TARGET_INCOMPLETE
        and fold(action.person_key) not in linked
        and login_of(action) not in snapshot.looked_up
    )


def hold_unproven(
    actions: Iterable[Action], snapshot: Snapshot, *, linked: Collection[str], short: bool
) -> list[Action]:
    """Hold what an incomplete read could get wrong, also where a person could release it by name.

    - Whoever is missing from the list can't be told from a leaver. So many details may be missing that
      the same goes for them (``short``: `too_many_missing`).
    - Who could not be read may be the very person that an `add` would make again, unless the target
      itself says that nobody has the newcomer's email or username; or the one to be reactivated
      instead of somebody who only has their address.
    """
    whole, anybody_unread = snapshot.list_complete, bool(unread(snapshot))

    def doubted(action: Action) -> bool:
        match action.kind:
            case Kind.ADD:
                new = fold(action.person_key) not in linked
                nobody = new and snapshot.looked_up.get(login_of(action), False)
                return not whole or (anybody_unread and not nobody)
            case Kind.REACTIVATE:
                return action.match_rule in PASSING and (anybody_unread or not whole)
            case _:
                return action.action_class in _NEED_PROOF and (short or not whole)

    return [
        replace(action, hold=HeldReason.TARGET_INCOMPLETE)
        if action.hold in _LIFTED_BY_NAME and doubted(action)
        else action
        for action in actions
    ]


def too_many_missing(gates: Iterable[Gate]) -> bool:
    """Whether `details_missing` has tripped."""
    return any(gate.name is GateName.DETAILS_MISSING and gate.tripped for gate in gates)


def gaps(snapshot: Snapshot, gates: Iterable[Gate]) -> dict[str, Json]:
    """What was not read, in numbers; `gap_sentences` says it."""
    return {
        "list_complete": snapshot.list_complete,
        "details_missing": len(snapshot.missing_details),
        "too_many_missing": too_many_missing(gates),
        "not_found": len(unread(snapshot)) - len(snapshot.missing_details),
        "contradicting": len(disagreement(snapshot).people),
    }


def gap_sentences(counted: Mapping[str, Json]) -> Iterator[str]:
    """What was not read and what that holds; nothing where everything was.

    A plan that an older release stored lacks some of the numbers.
    """
    whole = counted.get("list_complete", True)
    missing, not_found, contradicting = (
        int(str(counted.get(name) or 0))
        for name in ("details_missing", "not_found", "contradicting")
    )
    if whole and not (missing or not_found or contradicting):
        return
    yield "ASCIP was not read completely. Updates go on."
    if not whole:
        yield (
            "Its list of people did not add up: nobody is added, removed or taken out of a group"
            " by this plan. Plan again."
        )
    if missing:
        yield f"{people_in_words(missing)} could not be read: nothing is done to them."
    if counted.get("too_many_missing"):
        yield "These are so many that nobody is removed or taken out of a group."
    if not_found:
        yield f"{people_in_words(not_found)} that ASCIP named could not be found, deleted meanwhile it seems."
    if whole and (missing or not_found):
        yield (
            "So nobody is added unless ASCIP itself says that nobody has the email or the username;"
            " the others wait for a complete read."
        )
    if contradicting:
        yield (
            f"{people_in_words(contradicting)} and their groups contradict each other, read twice: nobody"
            " of them is removed or taken out of a group."
        )


def login_of(action: Action) -> Login:
    """Email and username that an `add` would give."""
    values = {change.path: str(change.after) for change in action.changes}
    return values["email"], values["username"]


_NEED_PROOF = frozenset({ActionClass.REMOVALS, ActionClass.MEMBERSHIPS_REMOVED})
_LIFTED_BY_NAME: frozenset[HeldReason | None] = frozenset({None, *RELEASABLE_BY_NAME})


def _unlisted(snapshot: Snapshot) -> frozenset[int]:
    """Members of managed groups whom the list of people didn't have, and nobody read since."""
    members = frozenset[int]().union(*(g.member_ids for g in snapshot.groups.values()))
    return members - snapshot.people.keys() - snapshot.missing_details - snapshot.gone
