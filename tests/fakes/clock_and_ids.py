"""A clock that is set and ids that are counted; for tests that wire the pipeline."""

import itertools
from datetime import UTC, datetime, timedelta


class SetClock:
    """See `shared.ports.clock.Clock`: stands still until it is moved."""

    def __init__(self, moment: datetime = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)) -> None:
        self.moment = moment
        self._elapsed_s = 0.0

    def now(self) -> datetime:
        return self.moment

    def elapsed(self) -> float:
        return self._elapsed_s

    def go_on(self, **span: float) -> None:
        """Time passes; a negative span is somebody who sets the clock back."""
        self.moment += timedelta(**span)
        self.sleep(max(timedelta(**span).total_seconds(), 0))

    def sleep(self, seconds: float) -> None:
        """Time passes while nobody looks what time it is."""
        self._elapsed_s += seconds


class CountedIds:
    """See `shared.ports.clock.Ids`: the next number, also where threads ask at once."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):012d}"

    def secret(self) -> str:
        return f"secret-{next(self._numbers):036d}"
