"""Ports that die: a worker killed before or after a call, or around a commit."""

import random
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import TypeVar

from shared.adapters.db.repeat import repeated
from shared.domain.errors import Transient
from shared.domain.snapshot import Login, Person, Reference
from shared.ports.target import (
    Attempt,
    CallCount,
    MissingDetail,
    Outcome,
    OutcomeStatus,
    PeopleList,
    Target,
    Verified,
)
from shared.ports.unit_of_work import Transactions, UnitOfWork

Found = TypeVar("Found")


class Killed(BaseException):
    """What `kill -9` is to a process: nothing in the engine may catch it."""


class Moment(StrEnum):
    """When in a transaction a worker dies."""

    BEFORE = "before it begins"
    INSIDE = "before its commit"
    AFTER = "after its commit"


class DyingTransactions:
    """Real transactions; the one with the armed number kills its worker."""

    def __init__(self, real: Transactions) -> None:
        self._real = real
        self.begun = 0
        self._at: tuple[int, Moment] | None = None
        self._random: tuple[random.Random, float] | None = None

    def arm_at_random(self, seed: int, probability: float) -> None:
        """Die again and again, at any moment."""
        self._random = random.Random(seed), probability

    def arm(self, number: int, moment: Moment) -> None:
        """Die once, at the transaction with this number from now on, counted from 1."""
        self.begun, self._at = 0, (number, moment)

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        self.begun += 1
        moment = self._moment()
        if moment is Moment.BEFORE:
            raise Killed
        with self._real.begin() as uow:
            yield uow
            if moment is Moment.INSIDE:
                raise Killed
        if moment is Moment.AFTER:
            raise Killed

    def repeat(self, work: Callable[[UnitOfWork], Found]) -> Found:
        return repeated(self.begin, work)

    def takes_nothing(self, error: Exception) -> bool:
        return self._real.takes_nothing(error)

    def _moment(self) -> Moment | None:
        if self._random:
            chance, probability = self._random
            return chance.choice(list(Moment)) if chance.random() < probability else None
        if self._at is None or self._at[0] != self.begun:
            return None
        moment, self._at = self._at[1], None
        return moment


class CutTransactions:
    """Real transactions, but for when the way to the database is cut."""

    def __init__(self, real: Transactions) -> None:
        self._real = real
        self.cut = threading.Event()
        #: Tried in vain.
        self.refused = 0

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        if self.cut.is_set():
            self.refused += 1
            raise OSError
        with self._real.begin() as uow:
            yield uow

    def repeat(self, work: Callable[[UnitOfWork], Found]) -> Found:
        with self.begin() as uow:
            return work(uow)

    def takes_nothing(self, error: Exception) -> bool:
        return self._real.takes_nothing(error)


class WatchedTarget(Target):
    """A real target with something that happens before or after a call, once."""

    def __init__(self, real: Target) -> None:
        self._real = real
        self.before: Callable[[], None] | None = None
        self.after: Callable[[], None] | None = None
        self.before_verify: Callable[[], None] | None = None
        self.after_list: Callable[[], None] | None = None
        self.after_members: Callable[[], None] | None = None
        #: Nobody answers, as the adapter tells it once its own retries are used up.
        self.down = False
        #: What a call ends with instead of being made, and how long it wants to be left alone.
        self.trouble: Transient | None = None
        #: For so long all processes wait inside their calls.
        self.asked_to_wait_s = 0.0

    def reference(self) -> Reference:
        return self._real.reference()

    def list_people(self) -> PeopleList:
        listed = self._real.list_people()
        after, self.after_list = self.after_list, None
        if after:
            after()
        return listed

    def fetch_people(
        self, ids: Sequence[int], *, again: bool = False
    ) -> Iterator[list[Person | MissingDetail]]:
        self._raise_trouble()
        return self._real.fetch_people(ids, again=again)

    def group_members(self, group_ids: Iterable[int]) -> dict[int, frozenset[int]]:
        members = self._real.group_members(group_ids)
        after, self.after_members = self.after_members, None
        if after:
            after()
        return members

    def nobody_has(self, logins: Sequence[Login]) -> list[bool]:
        self._raise_trouble()
        return self._real.nobody_has(logins)

    def apply(self, attempts: Sequence[Attempt], *, may_send: Callable[[], bool]) -> list[Outcome]:
        before, self.before = self.before, None
        if before:
            before()
        if self.down:
            return [_not_done(attempt, "unreachable") for attempt in attempts]
        if self.trouble:
            wait_s = self.trouble.retry_after_s
            return [_not_done(attempt, self.trouble.code, wait_s) for attempt in attempts]
        outcomes = self._real.apply(attempts, may_send=may_send)
        after, self.after = self.after, None
        if after:
            after()
        return outcomes

    def verify(self, attempts: Sequence[Attempt]) -> list[Verified]:
        self._raise_trouble()
        before, self.before_verify = self.before_verify, None
        if before:
            before()
        return self._real.verify(attempts)

    def ping(self) -> None:
        self._raise_trouble()
        self._real.ping()

    def _raise_trouble(self) -> None:
        if self.down:
            raise Transient("nobody answers", code="unreachable")
        if self.trouble:
            raise self.trouble

    def held_s(self) -> float:
        return self.asked_to_wait_s or self._real.held_s()

    def take_calls(self) -> list[CallCount]:
        return self._real.take_calls()

    def close(self) -> None:
        self._real.close()


def _not_done(attempt: Attempt, code: str, retry_after_s: float | None = None) -> Outcome:
    return Outcome(
        action_id=attempt.action.id, status=OutcomeStatus.TRANSIENT, code=code,
        retry_after_s=retry_after_s,
    )  # fmt: skip


def die() -> None:
    """For `WatchedTarget.before` and `after`."""
    raise Killed
