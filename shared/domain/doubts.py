"""What of the proposals could make one person two, or somebody else: held, with the reason in words."""

from collections.abc import Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, replace

from shared.domain.action import Action, HeldReason, Kind, Mark
from shared.domain.diff import WHO, Desire, Proposal
from shared.domain.duplicates import Alike, Bearer, LookAlikes, look_alikes
from shared.domain.identity import PASSING, Match, PeopleIndex
from shared.domain.keys import Moves, arrange
from shared.domain.names import name_of
from shared.domain.snapshot import PersonStatus

#: What gives way to a conflict: a release must not send what the LMS would refuse.
_GIVES_WAY = frozenset({None, HeldReason.PRIVILEGED_ROLE})


@dataclass(frozen=True, slots=True)
class Doubts:
    """What was held, and whom that concerns."""

    #: Action id → why it is held.
    words: MappingOf[str, str]
    #: People the held rows may mean: shielded.
    people: frozenset[int]


def hold_doubtful(
    proposals: MappingOf[int, Proposal],
    matches: Iterable[Match],
    index: PeopleIndex,
    desire: Desire,
) -> Doubts:
    """Hold, in the proposals themselves (by row), what nobody should guess."""
    moves = arrange((action for each in proposals.values() for action in each.actions), index)
    rows = list(matches)
    alike = _look_alikes(rows, proposals, index, desire)
    by_address = {match.record.row for match in rows if match.rule in PASSING}
    words = dict(moves.conflicts)
    for row, proposal in proposals.items():
        proposal.actions = [_moved(action, moves) for action in proposal.actions]
        if found := alike.by_row.get(row):
            proposal.actions = [_alike(action, found, words) for action in proposal.actions]
        if row in by_address:
            proposal.actions = _whole(proposal.actions)
    return Doubts(words=words, people=moves.keepers | alike.people)


def _moved(action: Action, moves: Moves) -> Action:
    if needs := moves.needs.get(action.id):
        action = replace(action, depends_on=tuple(sorted({*action.depends_on, *needs})))
    if why := moves.conflicts.get(action.id):
        circle = action.id in moves.circles
        hold = HeldReason.KEY_CYCLE if circle else HeldReason.IDENTITY_CONFLICT
        action = replace(
            action, reason=f"{action.reason}; {why}",
            hold=hold if action.hold in _GIVES_WAY else action.hold,
        )  # fmt: skip
    return action


def _whole(actions: list[Action]) -> list[Action]:
    """Where an address alone says who it is, nothing goes ahead of the update that is in doubt."""
    doubt = next((a.hold for a in actions if a.hold in WHO), None)
    if doubt is None:
        return actions
    return [replace(a, hold=doubt if a.hold in _GIVES_WAY else a.hold) for a in actions]


def _alike(action: Action, found: LookAlikes, words: dict[str, str]) -> Action:
    if action.kind is not Kind.ADD:
        return action
    why = f"looks like {_told(found)}"
    words.setdefault(action.id, why)
    return replace(
        action, reason=f"{action.reason}; {why}", hold=action.hold or HeldReason.POSSIBLE_DUPLICATE,
        marks=tuple(sorted({*action.marks, Mark.POSSIBLE_DUPLICATE})),
    )  # fmt: skip


def _told(found: LookAlikes) -> str:
    people, rows = (", ".join(map(str, numbers)) for numbers in (found.people, found.rows))
    return " and ".join(
        [*([f"ASCIP {people}"] if people else []), *([f"row {rows}"] if rows else [])]
    )


def _look_alikes(
    matches: list[Match], proposals: MappingOf[int, Proposal], index: PeopleIndex, desire: Desire
) -> Alike:
    """Whom newcomers look like, of those who may be nobody else."""
    sites = {code: group.id for code, group in desire.mapping.sites.items()}
    newcomers = [
        Bearer(
            m.record.row,
            name_of(m.record),
            frozenset(sites[code] for code in m.record.site_codes if code in sites),
        )
        for m in matches
        if m.person is None and m.record.row in proposals
    ]
    if not newcomers:
        return Alike()
    groups = frozenset(sites.values())
    told_apart = {m.person.id for m in matches if m.person}
    if desire.delta:  # where absence means nothing, who has a number of their own has no row
        told_apart |= {
            p.id
            for p in index.people.values()
            if p.status is PersonStatus.ACTIVE and index.owner(p)
        }
    others = [
        Bearer(p.id, name_of(p), groups.intersection(p.group_ids))
        for p in index.people.values()
        if p.id not in told_apart
    ]
    known = {name_of(index.people[person_id]) for person_id in told_apart}
    return look_alikes(newcomers, others, known)
