"""Adds, updates, activations: re-read, compare, write, settle what was lost."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from shared.adapters.lms import fields
from shared.adapters.lms.reads import Reads
from shared.adapters.lms.retry import Retry
from shared.adapters.lms.settle import Progress, SettlePace, doubted
from shared.adapters.lms.shapes import Garbled
from shared.adapters.lms.transport import Wire
from shared.domain.action import Action, Kind
from shared.domain.conflict import differs, fulfilled
from shared.domain.errors import KeyRefused, OutcomeUnknown, Permanent, TargetError
from shared.domain.snapshot import Person
from shared.domain.text import fold
from shared.ports.target import Mismatch, Outcome, OutcomeStatus

_DUPLICATES = frozenset({"duplicate_email", "duplicate_username"})
_NAMES = ("email", "username")
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

    async def looked(self, progress: Progress) -> Outcome | None:
        """Settle what is open, else compare; the outcome if nothing needs to, or may, be sent."""
        ...

    async def sent(self, progress: Progress) -> Outcome:
        """Send it; raises `OutcomeUnknown` when the answer was lost."""
        ...

    async def refused(self, progress: Progress, error: Permanent) -> Outcome:
        """What a refusal of what was sent means."""
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
        return await _settled_and_sent(write, progress)
    except TargetError as error:
        return progress.failed(error)


async def _settled_and_sent(write: _Write, progress: Progress) -> Outcome:
    sends_left = _SENDS - progress.open
    while True:
        if outcome := await write.looked(progress):
            return outcome
        if not sends_left:
            return progress.ended(OutcomeStatus.UNKNOWN, code="not_settled")
        sends_left -= 1
        try:
            return await write.sent(progress)
        except OutcomeUnknown:
            progress.open = True
        except KeyRefused:
            raise
        except Permanent as error:
            return await write.refused(progress, error)


@dataclass(frozen=True, slots=True)
class _Add:
    lms: Lms
    action: Action

    async def looked(self, progress: Progress) -> Outcome | None:
        """Nothing is known of a newcomer before the first create: a 409 says who is there."""
        if not progress.open:
            return None
        ours = self._ours(await self.lms.pace.settled(self._holders, self._has_ours))
        if len(ours) > 1:
            # An effect that came later than anybody waits; the verification pass lists them.
            return progress.ended(OutcomeStatus.UNKNOWN, code=Mismatch.TWICE.value)
        return _there(progress, ours[0]) if ours else None

    async def sent(self, progress: Progress) -> Outcome:
        body = fields.payload(self.action.sent, creating=True)

        async def send() -> Person:
            # Inside of the retry: this is the only write that does harm when it is repeated.
            with doubted():
                return await self.lms.wire.call("POST", "/people", self._created, body=body)

        person = await self.lms.retry(send)
        return progress.ended(OutcomeStatus.SUCCEEDED, ascip_id=person.id)

    async def refused(self, progress: Progress, error: Permanent) -> Outcome:
        """A duplicate is ours only if a create of ours was lost before, and all fields agree."""
        if error.code not in _DUPLICATES:
            return progress.refused(error)
        if not progress.open:
            return _somebody_else(progress, error.person_id)

        async def look() -> list[Person]:
            if error.person_id is None:
                return await self._holders()
            return await self._people([error.person_id])

        found = await self.lms.pace.settled(look, self._has_ours)
        if ours := self._ours(found):
            return _there(progress, ours[0])
        if not found:
            # Somebody has the name and can't be read: it may be our own create, not to be seen yet.
            return progress.ended(OutcomeStatus.UNKNOWN, code="not_settled")
        return _somebody_else(progress, found[0].id)

    def _created(self, data: object) -> Person:
        """The answer to a create; about somebody else it would give us a stranger's id."""
        person = fields.person(data)
        for name, value in self._names():
            if fold(getattr(person, name)) != fold(value):
                raise Garbled("the answer is about another person")
        return person

    async def _holders(self) -> list[Person]:
        """Everybody who has the email or the username, read in full."""
        ids: set[int] = set()
        for name, value in self._names():
            ids.update(await self.lms.reads.named(name, value))
        return await self._people(sorted(ids))

    async def _people(self, ids: Iterable[int]) -> list[Person]:
        read = [await self.lms.reads.person_if_there(person_id) for person_id in ids]
        return [person for person in read if person]

    def _ours(self, people: Iterable[Person]) -> list[Person]:
        return [person for person in people if fulfilled(self.action, person)]

    def _has_ours(self, people: Iterable[Person]) -> bool:
        return bool(self._ours(people))

    def _names(self) -> list[tuple[str, str]]:
        sent = {change.path: change.after for change in self.action.sent}
        return [(name, value) for name in _NAMES if isinstance(value := sent.get(name), str)]


@dataclass(frozen=True, slots=True)
class _Alter:
    lms: Lms
    action: Action
    person_id: int

    async def looked(self, progress: Progress) -> Outcome | None:
        """A conflict is only called one when the read it was seen in can't be a stale one."""
        look = partial(self.lms.reads.person_if_there, self.person_id)
        if progress.open:
            person = await self.lms.pace.settled(look, self._fulfilled)
        else:
            person = await self.lms.pace.confirmed(look, self._as_planned)
        if person is None:
            return progress.ended(OutcomeStatus.CONFLICT, code="not_found")
        if self._fulfilled(person):
            return _there(progress, person)
        if not self._as_planned(person):
            return progress.ended(OutcomeStatus.CONFLICT, code="changed_by_others")
        return None

    async def sent(self, progress: Progress) -> Outcome:
        path, method = f"/people/{self.person_id}", "POST"
        body = None
        if self.action.kind is Kind.UPDATE:
            method, body = "PUT", fields.payload(self.action.sent)
        else:
            path += f"/{self.action.kind.value}"
        parse = fields.person_with(self.person_id)
        with doubted():
            await self.lms.retry(partial(self.lms.wire.call, method, path, parse, body=body))
        return progress.ended(OutcomeStatus.SUCCEEDED)

    async def refused(self, progress: Progress, error: Permanent) -> Outcome:
        return progress.refused(error)

    def _fulfilled(self, person: Person | None) -> bool:
        return person is not None and fulfilled(self.action, person)

    def _as_planned(self, person: Person | None) -> bool:
        return person is not None and not differs(self.action, person)


def _somebody_else(progress: Progress, holder_id: int | None) -> Outcome:
    """Who has the name already is told to people, and never adopted."""
    return progress.ended(OutcomeStatus.FAILED, code="identity_conflict", holder_id=holder_id)


def _there(progress: Progress, person: Person) -> Outcome:
    return progress.ended(OutcomeStatus.SUCCEEDED, ascip_id=person.id, settled=True)
