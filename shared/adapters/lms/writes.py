"""Adds, updates, activations: re-read, compare, write, settle what was lost."""

from dataclasses import dataclass
from functools import partial
from typing import Protocol

from shared.adapters.lms import fields
from shared.adapters.lms.reads import Reads
from shared.adapters.lms.retry import Retry
from shared.adapters.lms.settle import Progress, SettlePace
from shared.adapters.lms.transport import Wire
from shared.domain.action import Action, Kind
from shared.domain.conflict import differs, fulfilled
from shared.domain.errors import OutcomeUnknown, Permanent, TargetError
from shared.domain.snapshot import Person
from shared.ports.target import Outcome, OutcomeStatus

_DUPLICATES = frozenset({"duplicate_email", "duplicate_username"})
_SENDS = 2


@dataclass(frozen=True, slots=True)
class Lms:
    """What a write needs to reach the LMS."""

    wire: Wire
    retry: Retry
    reads: Reads
    pace: SettlePace


class _Write(Protocol):
    """One kind of write to one person."""

    async def seen(self) -> Person | None:
        """The person, if the effect can be seen."""
        ...

    async def compared(self, progress: Progress) -> Outcome | None:
        """The outcome if nothing needs to, or may, be sent."""
        ...

    async def sent(self, progress: Progress) -> Outcome:
        """Send it; raises `OutcomeUnknown` when the answer was lost."""
        ...


async def carry_out(lms: Lms, progress: Progress) -> Outcome:
    """Carry out the attempt of one action on one person; every end is an outcome.

    At most two sends, the second only after the first could not be found within the settle window;
    an attempt with an earlier intent counts that as the first.
    """
    attempt = progress.attempt
    write: _Write
    if attempt.action.kind is Kind.ADD:
        write = _Add(lms, attempt.action)
    elif attempt.ascip_id is None:
        return progress.ended(OutcomeStatus.FAILED, code="person_id_missing")
    else:
        write = _Alter(lms, attempt.action, attempt.ascip_id)
    try:
        return await _settled_and_sent(lms.pace, write, progress)
    except TargetError as error:
        return progress.failed(error)


async def _settled_and_sent(pace: SettlePace, write: _Write, progress: Progress) -> Outcome:
    sends_left = _SENDS - progress.open
    while True:
        if progress.open and (person := await pace.find(write.seen)):
            return progress.ended(OutcomeStatus.SUCCEEDED, ascip_id=person.id, settled=True)
        if not sends_left:
            return progress.ended(OutcomeStatus.UNKNOWN, code="not_settled")
        if outcome := await write.compared(progress):
            return outcome
        sends_left -= 1
        try:
            return await write.sent(progress)
        except OutcomeUnknown:
            progress.open = True


@dataclass(frozen=True, slots=True)
class _Add:
    lms: Lms
    action: Action

    async def seen(self) -> Person | None:
        for change in self.action.sent:
            if change.path in {"email", "username"} and isinstance(change.after, str):
                for person_id in await self.lms.reads.named(change.path, change.after):
                    if person := await self._same(person_id):
                        return person
        return None

    async def compared(self, _progress: Progress) -> Outcome | None:
        return None

    async def sent(self, progress: Progress) -> Outcome:
        body = fields.payload(self.action.sent, creating=True)
        send = partial(self.lms.wire.call, "POST", "/people", fields.person, body=body)
        try:
            person = await self.lms.retry(send)
        except Permanent as error:
            if error.code not in _DUPLICATES:
                raise
            return await self._duplicate(progress, error.person_id)
        return progress.ended(OutcomeStatus.SUCCEEDED, ascip_id=person.id)

    async def _duplicate(self, progress: Progress, person_id: int | None) -> Outcome:
        """A duplicate is ours only if a create of ours was lost before, and all fields agree."""
        if progress.open:
            person = await (self._same(person_id) if person_id else self.seen())
            if person:
                return progress.ended(OutcomeStatus.SUCCEEDED, ascip_id=person.id, settled=True)
        return progress.ended(OutcomeStatus.FAILED, code="identity_conflict")

    async def _same(self, person_id: int) -> Person | None:
        person = await self.lms.reads.person_if_there(person_id)
        return person if person and fulfilled(self.action, person) else None


@dataclass(frozen=True, slots=True)
class _Alter:
    lms: Lms
    action: Action
    person_id: int

    async def seen(self) -> Person | None:
        person = await self.lms.reads.person_if_there(self.person_id)
        return person if person and fulfilled(self.action, person) else None

    async def compared(self, progress: Progress) -> Outcome | None:
        person = await self.lms.reads.person_if_there(self.person_id)
        if person is None:
            return progress.ended(OutcomeStatus.CONFLICT, code="not_found")
        if fulfilled(self.action, person):
            return progress.ended(OutcomeStatus.SUCCEEDED, settled=True)
        if differs(self.action, person):
            return progress.ended(OutcomeStatus.CONFLICT, code="changed_by_others")
        return None

    async def sent(self, progress: Progress) -> Outcome:
        path, method = f"/people/{self.person_id}", "POST"
        body = None
        if self.action.kind is Kind.UPDATE:
            method, body = "PUT", fields.payload(self.action.sent)
        else:
            path += f"/{self.action.kind.value}"
        await self.lms.retry(partial(self.lms.wire.call, method, path, fields.person, body=body))
        return progress.ended(OutcomeStatus.SUCCEEDED)
