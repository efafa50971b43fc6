"""Storage of scheduled jobs: each slot is taken once."""

from datetime import datetime
from typing import Protocol


class Schedule(Protocol):
    """When each job was last due."""

    def since(self, name: str, *, first: datetime) -> datetime | None:
        """The last slot a job was given, locked until the end of the transaction.

        A job seen for the first time begins at ``first``: nothing before it is caught up on.
        None if somebody else is taking a slot of it now.
        """
        ...

    def take(self, name: str, due: datetime) -> None:
        """Note the slot that is being worked on, in its transaction."""
        ...
