"""Reads again what was written: people by their ids, adds by their names too, groups by their members."""

from collections import defaultdict
from collections.abc import Coroutine, Sequence
from typing import Any

from shared.adapters.lms.loop import together
from shared.adapters.lms.reads import Reads
from shared.adapters.lms.settle import SettlePace
from shared.domain.action import MEMBERSHIPS, Action, Kind
from shared.domain.conflict import fulfilled
from shared.ports.target import Attempt, Mismatch, Verified


async def verify(reads: Reads, pace: SettlePace, attempts: Sequence[Attempt]) -> list[Verified]:
    """One answer for each attempt; what doesn't match is looked at until the settle window is over.

    Raises:
        KeyRefused, Transient: when the last look failed; nothing is known then.
    """
    check = _Check(reads, attempts)
    await pace.find(check.look)
    return [check.found[place] for place in range(len(attempts))]


class _Check:
    """What was found of each attempt, by its place."""

    def __init__(self, reads: Reads, attempts: Sequence[Attempt]) -> None:
        self._reads = reads
        self._attempts = attempts
        self.found: dict[int, Verified] = {}

    async def look(self) -> bool | None:
        """Look at what doesn't match yet; True when everything does."""
        groups: defaultdict[int, list[int]] = defaultdict(list)
        works: list[Coroutine[Any, Any, None]] = []
        for place, attempt in enumerate(self._attempts):
            seen = self.found.get(place)
            if seen is not None and seen.mismatch is None:
                continue
            action = attempt.action
            if action.kind in MEMBERSHIPS and action.group_id is not None:
                groups[action.group_id].append(place)
            elif action.kind is Kind.ADD:
                works.append(self._added(place, attempt))
            else:
                works.append(self._changed(place, attempt))
        works += [self._members(group_id, places) for group_id, places in groups.items()]
        await together(works)
        return None if any(seen.mismatch for seen in self.found.values()) else True

    async def _changed(self, place: int, attempt: Attempt) -> None:
        self._note(place, await self._mismatch(attempt.action, attempt.ascip_id), attempt.ascip_id)

    async def _added(self, place: int, attempt: Attempt) -> None:
        """Exactly one person has the names of an add: an effect that came late would be a second."""
        ids = {attempt.ascip_id} - {None}
        for change in attempt.action.sent:
            if change.path in {"email", "username"} and isinstance(change.after, str):
                ids.update(await self._reads.named(change.path, change.after))
        if len(ids) > 1:
            self._note(place, Mismatch.TWICE, attempt.ascip_id)
            return
        person_id = next(iter(ids), None)
        self._note(place, await self._mismatch(attempt.action, person_id), person_id)

    async def _mismatch(self, action: Action, person_id: int | None) -> Mismatch | None:
        person = await self._reads.person_if_there(person_id) if person_id else None
        if person is None:
            return Mismatch.GONE
        return None if fulfilled(action, person) else Mismatch.CHANGED

    async def _members(self, group_id: int, places: Sequence[int]) -> None:
        members = (await self._reads.group_members([group_id])).get(group_id)
        for place in places:
            attempt = self._attempts[place]
            joined = attempt.action.kind is Kind.JOIN
            if members is None and joined:
                self._note(place, Mismatch.GONE, attempt.ascip_id)
            else:
                right = (attempt.ascip_id in (members or ())) is joined
                self._note(place, None if right else Mismatch.MEMBERSHIP, attempt.ascip_id)

    def _note(self, place: int, mismatch: Mismatch | None, ascip_id: int | None) -> None:
        action_id = self._attempts[place].action.id
        self.found[place] = Verified(action_id=action_id, mismatch=mismatch, ascip_id=ascip_id)
