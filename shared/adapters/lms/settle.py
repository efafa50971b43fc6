"""Settles lost answers by reading back, and turns errors into outcomes.

Used by `writes` and `memberships`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar

from shared.adapters.lms.retry import LATER, Sleep
from shared.domain.errors import KeyRefused, OutcomeUnknown, Permanent, TargetError, Transient
from shared.ports.target import Attempt, Outcome, OutcomeStatus, Trouble

T = TypeVar("T")

#: Of the interval between two looks.
_GROWTH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlePace:
    """How long a lost effect is looked for, and how often: at intervals that grow up to ``most_s``."""

    window_s: float
    #: So long a read may lag behind a write; before that nothing bad is believed of a person.
    lag_s: float = 15.0
    first_s: float = 0.25
    most_s: float = 20.0
    sleep: Sleep = asyncio.sleep
    clock: Callable[[], float] = time.monotonic

    async def find(self, look: Callable[[], Awaitable[T | None]]) -> T | None:
        """`settled`, where anything that is found will do; None if nothing was."""
        return await self.settled(look, lambda found: found is not None)

    async def settled(self, look: Callable[[], Awaitable[T]], right: Callable[[T], bool]) -> T:
        """Look until it is ``right``; what the last look saw if it never was within the window.

        The last look began when the window was over and has worked, because it may allow a second
        create. What fails before is looked at again.

        Raises:
            KeyRefused: at once.
            Transient: at once when no look is to be had for a long time, else of the last look.
            Permanent: of the last look.
        """

        async def tried() -> T | TargetError:
            try:
                return await look()
            except (Transient, Permanent) as error:
                if error.code in LATER or isinstance(error, KeyRefused):
                    raise
                return error

        def done(seen: T | TargetError) -> bool:
            return not isinstance(seen, TargetError) and right(seen)

        seen = await self._until(tried, done, self.window_s)
        if isinstance(seen, TargetError):
            raise seen
        return seen

    async def confirmed(self, look: Callable[[], Awaitable[T]], right: Callable[[T], bool]) -> T:
        """Look until it is ``right``; what still isn't when no read can be stale any more is so."""
        return await self._until(look, right, min(self.lag_s, self.window_s))

    async def _until(
        self, look: Callable[[], Awaitable[T]], done: Callable[[T], bool], within_s: float
    ) -> T:
        end = self.clock() + within_s
        wait_s = self.first_s
        while True:
            over = self.clock() >= end
            seen = await look()
            if over or done(seen):
                return seen
            await self.sleep(max(min(wait_s, end - self.clock()), 0.001))
            wait_s = min(wait_s * _GROWTH, self.most_s)


@contextmanager
def doubted() -> Iterator[None]:
    """Around a write: a 503 that names no time for another try is no proof that nothing happened.

    Gateways give it for an answer that they lost, too.
    """
    try:
        yield
    except Transient as error:
        if error.status == HTTPStatus.SERVICE_UNAVAILABLE and error.retry_after_s is None:
            raise OutcomeUnknown(str(error), code=error.code, status=error.status) from None
        raise


@dataclass(slots=True)
class Progress:
    """Where one attempt stands; ``open`` says that something was sent whose effect nobody saw."""

    attempt: Attempt
    open: bool = field(init=False)

    def __post_init__(self) -> None:
        """An earlier intent counts as sent."""
        self.open = self.attempt.retry

    def ended(
        self,
        status: OutcomeStatus,
        *,
        code: str | None = None,
        ascip_id: int | None = None,
        settled: bool = False,
        retry_after_s: float | None = None,
        holder_id: int | None = None,
    ) -> Outcome:
        """The outcome of this attempt."""
        return Outcome(
            action_id=self.attempt.action.id,
            status=status,
            code=code,
            ascip_id=ascip_id if ascip_id is not None else self.attempt.ascip_id,
            settled=settled,
            retry_after_s=retry_after_s,
            holder_id=holder_id,
        )

    def failed(self, error: TargetError) -> Outcome:
        """What an error makes of this attempt; nothing sent is ever called undone.

        A refusal of the write itself is final and not for here: see `refused`.
        """
        match error:
            case KeyRefused() | Transient() | Permanent() if self.open:
                code = Trouble.KEY_REFUSED.value if isinstance(error, KeyRefused) else error.code
                return self.ended(OutcomeStatus.UNKNOWN, code=code)
            case KeyRefused():
                return self.ended(OutcomeStatus.TRANSIENT, code=Trouble.KEY_REFUSED.value)
            case Transient():
                wait_s = error.retry_after_s
                return self.ended(OutcomeStatus.TRANSIENT, code=error.code, retry_after_s=wait_s)
            case OutcomeUnknown():
                return self.ended(OutcomeStatus.UNKNOWN, code=error.code)
            case Permanent():
                return self.ended(OutcomeStatus.FAILED, code=error.code)
            case _:
                return self.ended(OutcomeStatus.UNKNOWN, code=error.code)

    def refused(self, error: Permanent) -> Outcome:
        """The target read what we sent, and refused it."""
        return self.ended(OutcomeStatus.FAILED, code=error.code, holder_id=error.person_id)
