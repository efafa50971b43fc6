"""Settles lost answers by reading back, and turns errors into outcomes.

Used by `writes` and `memberships`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from shared.adapters.lms.retry import Sleep
from shared.domain.errors import KeyRefused, OutcomeUnknown, Permanent, TargetError, Transient
from shared.ports.target import Attempt, Outcome, OutcomeStatus

T = TypeVar("T")

KEY_REFUSED = "key_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlePace:
    """How long a lost effect is looked for, at intervals that grow up to ``most_s``."""

    window_s: float
    first_s: float = 0.05
    most_s: float = 5.0
    sleep: Sleep = asyncio.sleep
    clock: Callable[[], float] = time.monotonic

    async def find(self, look: Callable[[], Awaitable[T | None]]) -> T | None:
        """Return what ``look`` finds, as soon as it does; None when the window closed without it.

        None is only returned after a look that worked when the window was over, because it
        allows a second create.

        Raises:
            Transient: when that last look failed.
        """
        until = self.clock() + self.window_s
        wait_s = self.first_s
        while True:
            over = self.clock() >= until
            try:
                found = await look()
            except Transient:
                if over:
                    raise
                found = None
            if found is not None or over:
                return found
            await self.sleep(max(min(wait_s, until - self.clock()), 0.001))
            wait_s = min(wait_s * 2, self.most_s)


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
    ) -> Outcome:
        """The outcome of this attempt."""
        return Outcome(
            action_id=self.attempt.action.id,
            status=status,
            code=code,
            ascip_id=ascip_id if ascip_id is not None else self.attempt.ascip_id,
            settled=settled,
            retry_after_s=retry_after_s,
        )

    def failed(self, error: TargetError) -> Outcome:
        """What an error makes of this attempt; nothing sent is ever called undone."""
        match error:
            case KeyRefused() | Transient() if self.open:
                code = KEY_REFUSED if isinstance(error, KeyRefused) else error.code
                return self.ended(OutcomeStatus.UNKNOWN, code=code)
            case KeyRefused():
                return self.ended(OutcomeStatus.TRANSIENT, code=KEY_REFUSED)
            case Transient():
                wait_s = error.retry_after_s
                return self.ended(OutcomeStatus.TRANSIENT, code=error.code, retry_after_s=wait_s)
            case OutcomeUnknown():
                return self.ended(OutcomeStatus.UNKNOWN, code=error.code)
            case Permanent():
                return self.ended(OutcomeStatus.FAILED, code=error.code)
            case _:
                return self.ended(OutcomeStatus.UNKNOWN, code=error.code)
