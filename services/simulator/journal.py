"""The independent witness: one entry per API request, with what it changed.

Used by `exchange`, `hostile` and `admin`. Append-only until a reset; what is kept is plain tuples,
which the garbage collector leaves alone, because load runs write millions of them.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from sys import intern
from typing import Any, NamedTuple

from .model import Effect, JsonObject


class Entry(NamedTuple):
    """One request as readers of the journal get it; kept are plain tuples without the sequence."""

    sequence: int
    time_s: float
    method: str
    path: str
    query: str
    #: 0 where no answer was sent (dropped, swallowed) or where the simulator itself acted
    status: int
    effect: Effect
    body_sha256: str
    #: number of the TCP connection since the start, 0 for the simulator's own acts
    connection: int
    fault: str | None
    #: for a late effect, the sequence of the request that caused it
    caused_by: int | None

    def as_json(self) -> JsonObject:
        moment = datetime.fromtimestamp(self.time_s, UTC)
        shown = self._asdict()
        del shown["time_s"]
        shown["time"] = moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
        return shown


class Journal:
    def __init__(self) -> None:
        self._entries: list[tuple[Any, ...]] = []
        #: sequence of the entry before the first one kept
        self._before = 0

    @property
    def last(self) -> int:
        return self._before + len(self._entries)

    def add(
        self,
        request: tuple[str, str, str],
        *,
        status: int,
        effect: Effect,
        body_sha256: str,
        connection: int,
        fault: str | None = None,
        caused_by: int | None = None,
    ) -> int:
        what = map(intern, request)  # the same few paths come again and again
        kept = (time.time(), *what, status, effect, body_sha256, connection, fault, caused_by)
        self._entries.append(kept)
        return self.last

    def entries(self, *, after: int = 0, effects_only: bool = False) -> Iterator[Entry]:
        first = max(after - self._before, 0)
        for place in range(first, len(self._entries)):
            entry = Entry(self._before + place + 1, *self._entries[place])
            if entry.effect or not effects_only:
                yield entry

    def clear(self) -> None:
        """The sequence goes on, so that a reader's `after` stays valid over a reset."""
        self._before = self.last
        self._entries.clear()
