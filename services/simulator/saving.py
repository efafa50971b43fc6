"""The state in a file: loaded at the start, saved at the end, on a request and now and then.

Used by `__main__` and `admin`. Faults, journal and settings are not in it.
"""

import json
from pathlib import Path

from .model import Dump
from .state import State, encoded


class StateFile:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._saved: tuple[State, int] | None = None

    def load(self) -> Dump | None:
        if not self._path.exists():
            return None
        dump: Dump = json.loads(self._path.read_bytes())
        return dump

    def save(self, state: State) -> int:
        """Whole or not at all: a file cut short would be loaded at the next start."""
        content = encoded(state.dump())
        draft = self._path.with_name(self._path.name + ".draft")
        draft.write_bytes(content)
        draft.replace(self._path)
        self._saved = (state, state.changes)
        return len(content)

    def save_changes(self, state: State) -> None:
        if self._saved != (state, state.changes):
            self.save(state)
