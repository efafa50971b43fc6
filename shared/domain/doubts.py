"""What of the proposals could make one person two, or somebody else: held, with the reason in words."""

from collections.abc import Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, replace

from shared.domain.action import Action, HeldReason
from shared.domain.diff import Proposal
from shared.domain.identity import PeopleIndex
from shared.domain.keys import Moves, arrange

#: What a release could lift: it would not make the LMS take a value that somebody else has.
_LIFTED = frozenset({None, HeldReason.PRIVILEGED_ROLE})


@dataclass(frozen=True, slots=True)
class Doubts:
    """What was held, and whom that concerns."""

    #: Action id → why it is held.
    words: MappingOf[str, str]
    #: People the held rows may mean: shielded.
    people: frozenset[int]


def hold_doubtful(proposals: Iterable[Proposal], index: PeopleIndex) -> Doubts:
    """Hold, in the proposals themselves, what nobody should guess."""
    listed = list(proposals)
    moves = arrange((action for each in listed for action in each.actions), index)
    for proposal in listed:
        proposal.actions = [_moved(action, moves) for action in proposal.actions]
    return Doubts(words=moves.conflicts, people=moves.keepers)


def _moved(action: Action, moves: Moves) -> Action:
    needs, why = moves.needs.get(action.id), moves.conflicts.get(action.id)
    if needs:
        action = replace(action, depends_on=tuple(sorted({*action.depends_on, *needs})))
    if why:
        circle = action.id in moves.circles
        reason = HeldReason.KEY_CYCLE if circle else HeldReason.IDENTITY_CONFLICT
        action = _held(action, reason, why)
    return action


def _held(action: Action, reason: HeldReason, why: str) -> Action:
    hold = reason if action.hold in _LIFTED else action.hold
    return replace(action, hold=hold, reason=f"{action.reason}; {why}")
