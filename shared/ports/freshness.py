"""What has become, by now, of what plans were made from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A later reading of the target in which people of a plan were otherwise."""

    run_id: str
    at: datetime
    people: int


class Freshness(Protocol):
    """Questions about plans that wait for people."""

    def read_otherwise(self, plan_id: str) -> Reading | None:
        """The newest whole reading, if it is later than the plan's and people of the plan differ in it.

        People of a plan are those it may still change: whom it has written to itself, and whom the
        review left out, are none. Somebody who could not be read differs in nothing. Whoever is to be
        added differs if somebody with their email, username or employee id has come meanwhile.
        """
        ...

    def expired(self) -> list[tuple[str, datetime]]:
        """Runs whose plan waits for people, but can't be applied any more, and since when; oldest first."""
        ...
