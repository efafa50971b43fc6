"""The independent witness: one entry per API request, with what it changed.

Used by `exchange`, `hostile` and `admin`. Append-only until a reset; entries are tuples because
load runs write millions of them.
"""

import time
from bisect import bisect_right
from datetime import UTC, datetime
from typing import NamedTuple

from .model import Effect, JsonObject


class Entry(NamedTuple):
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
        self._entries: list[Entry] = []
        self._sequence = 0

    @property
    def last(self) -> int:
        return self._sequence

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
        self._sequence += 1
        method, path, query = request
        self._entries.append(
            Entry(
                self._sequence,
                time.time(),
                method,
                path,
                query,
                status,
                effect,
                body_sha256,
                connection,
                fault,
                caused_by,
            )
        )
        return self._sequence

    def entries(self, *, after: int = 0, effects_only: bool = False) -> list[Entry]:
        start = bisect_right(self._entries, after, key=lambda entry: entry.sequence)
        found = self._entries[start:]
        return [entry for entry in found if entry.effect] if effects_only else found

    def clear(self) -> None:
        """The sequence goes on, so that a reader's `after` stays valid over a reset."""
        self._entries.clear()
