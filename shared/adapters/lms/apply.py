"""`apply`: sends each attempt to what carries out its kind. Used by `AscipLms`."""

from collections import defaultdict
from collections.abc import Coroutine, Sequence
from typing import Any

from shared.adapters.lms.loop import together
from shared.adapters.lms.memberships import change_members
from shared.adapters.lms.settle import Progress
from shared.adapters.lms.writes import Lms, carry_out
from shared.domain.action import MEMBERSHIPS
from shared.ports.target import Attempt, Outcome, OutcomeStatus


async def apply(lms: Lms, attempts: Sequence[Attempt]) -> list[Outcome]:
    """Carry out all attempts concurrently; outcomes in their order.

    Raises:
        ValueError: for more than 100 memberships of one group, or a kind the LMS has not.
    """
    groups: defaultdict[int, list[Progress]] = defaultdict(list)
    works: list[Coroutine[Any, Any, list[Outcome]]] = []
    progress = [Progress(attempt) for attempt in attempts]
    order: list[Progress] = []
    for each in progress:
        action = each.attempt.action
        if action.kind not in MEMBERSHIPS:
            order.append(each)
            works.append(_one(lms, each))
        elif action.group_id is not None:
            groups[action.group_id].append(each)
    for group_id, members in groups.items():
        order.extend(members)
        works.append(change_members(lms, group_id, members))
    ended = [outcome for outcomes in await together(works) for outcome in outcomes]
    found = {id(each): outcome for each, outcome in zip(order, ended, strict=True)}
    lost = "group_id_missing"
    return [found.get(id(p)) or p.ended(OutcomeStatus.FAILED, code=lost) for p in progress]


async def _one(lms: Lms, progress: Progress) -> list[Outcome]:
    return [await carry_out(lms, progress)]
