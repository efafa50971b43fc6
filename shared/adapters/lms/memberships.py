"""Joins and leaves of a group: one member list, one call, `failed[]` mapped back."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from shared.adapters.lms import fields
from shared.adapters.lms.lists import Listing
from shared.adapters.lms.settle import Progress, doubted
from shared.adapters.lms.shapes import Garbled
from shared.adapters.lms.writes import Lms
from shared.domain.action import Kind
from shared.domain.canonical import Json
from shared.domain.errors import KeyRefused, OutcomeUnknown, Permanent, TargetError
from shared.ports.target import Outcome, OutcomeStatus

#: The LMS takes no more ids in one call.
MOST_IDS = 100
_Enough = Callable[[Iterable[bool]], bool]
#: What must be seen of a lost call: once anything is, it arrived, and the rest is sent again at once;
#: after the second send only time can bring what is missing.
_SENDS: tuple[_Enough, ...] = (any, all)
_NOBODY: Listing[int] = Listing({}, 0, complete=True, passes=0)


async def change_members(lms: Lms, group_id: int, attempts: Sequence[Progress]) -> list[Outcome]:
    """Carry out up to 100 joins and leaves of one group; one outcome for each attempt, in order.

    A group that others change while we read its list is never seen whole, and needn't be: what
    can't be told is sent. Members are sets, so a second send does no harm: it follows a read-back
    over the settle window all the same, to leave a late first one its time; at once where the first
    has done something.
    """
    if len(attempts) > MOST_IDS:
        raise ValueError(f"at most {MOST_IDS} memberships in one call, not {len(attempts)}")
    call = _Call(lms, group_id, [p for p in attempts if p.attempt.ascip_id is not None])
    try:
        await call.run()
    except TargetError as error:
        call.outcomes.update({id(p): p.failed(error) for p in call.left()})
    missing = "person_id_missing"
    return [
        call.outcomes.get(id(p)) or p.ended(OutcomeStatus.FAILED, code=missing) for p in attempts
    ]


@dataclass(frozen=True, slots=True)
class _Call:
    lms: Lms
    group_id: int
    attempts: list[Progress]
    #: By identity of the attempt: the same action may stand in one call twice.
    outcomes: dict[int, Outcome] = field(default_factory=dict)

    def left(self) -> list[Progress]:
        """Attempts without an outcome."""
        return [p for p in self.attempts if id(p) not in self.outcomes]

    async def run(self) -> None:
        """Read the members, send what is missing; a lost answer is read back and sent once more."""
        look = partial(self.lms.reads.glimpse, self.group_id)
        self._compare(await self.lms.pace.confirmed(look, lambda members: members is not None))
        for enough in _SENDS:
            if not self.left():
                return
            try:
                await self._send()
            except OutcomeUnknown:
                for progress in self.left():
                    progress.open = True
                self._compare(await self.lms.pace.settled(look, partial(self._arrived, enough)))
            except KeyRefused:
                raise
            except Permanent as error:
                self.outcomes.update({id(p): p.refused(error) for p in self.left()})
        for progress in self.left():
            unsettled = progress.ended(OutcomeStatus.UNKNOWN, code="not_settled")
            self.outcomes[id(progress)] = unsettled

    def _arrived(self, enough: _Enough, members: Listing[int] | None) -> bool:
        """Whether a lost call has done enough to wait no longer."""
        return members is not None and enough(_is_done(p, members) for p in self.left())

    def _compare(self, members: Listing[int] | None) -> None:
        """Mark those in the wanted state; nobody can join a group that is gone."""
        for progress in self.left():
            if _is_done(progress, members or _NOBODY):
                done = progress.ended(OutcomeStatus.SUCCEEDED, settled=True)
                self.outcomes[id(progress)] = done
            elif members is None:
                gone = progress.ended(OutcomeStatus.CONFLICT, code="not_found")
                self.outcomes[id(progress)] = gone

    async def _send(self) -> None:
        left = self.left()
        body: dict[str, Json] = {"add": _ids(left, Kind.JOIN), "remove": _ids(left, Kind.LEAVE)}
        sent = {p.attempt.ascip_id for p in left}

        def parse(data: object) -> fields.MembersChanged:
            answer = fields.members_changed(data)
            if not sent.issuperset(answer.failed):
                raise Garbled("failed names people who were not sent")
            return answer

        path = f"/groups/{self.group_id}/members"
        call = partial(self.lms.wire.call, "POST", path, parse, body=body)
        with doubted():
            failed = (await self.lms.retry(call)).failed
        for progress in left:
            code = failed.get(progress.attempt.ascip_id or 0)
            status = OutcomeStatus.FAILED if code else OutcomeStatus.SUCCEEDED
            self.outcomes[id(progress)] = progress.ended(status, code=code)


def _ids(attempts: Sequence[Progress], kind: Kind) -> list[Json]:
    return [p.attempt.ascip_id for p in attempts if p.attempt.action.kind is kind]


def _is_done(progress: Progress, members: Listing[int]) -> bool:
    """That somebody is in a list is seen in any part of it, that they aren't only in the whole."""
    listed = progress.attempt.ascip_id in members.items
    joining = progress.attempt.action.kind is Kind.JOIN
    return listed if joining else members.complete and not listed
