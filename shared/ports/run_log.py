"""What workers logged of a run, until it is in the run's archive and a while longer."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol


class RunLog(Protocol):
    """Lines of JSON as the log has them, without personal data."""

    def keep(self, run_id: str, lines: Sequence[str]) -> None:
        """Append."""
        ...

    def lines(self, run_id: str) -> Iterator[str]:
        """In the order in which they were kept; streaming."""
        ...

    def expire(self, *, before: datetime) -> None:
        """Forget those of runs that ended before: their archives have them."""
        ...
