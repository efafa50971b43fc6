"""Waits for news of a folder: file system events where there are any, else the time runs out."""

import threading
from collections.abc import Iterator
from pathlib import Path

from watchfiles import watch


class FolderNews:
    """Wakes the watcher. Events of network shares don't arrive, so it is never relied on."""

    def __init__(self, path: Path, timeout_s: float, stop: threading.Event) -> None:
        self._path, self._timeout_s, self._stop = path, timeout_s, stop
        self._changes: Iterator[object] | None = None

    def wait(self) -> None:
        """Return after a change, when the time is over, or when asked to stop."""
        if self._changes is None:
            self._changes = watch(
                self._path, watch_filter=None, debounce=200, step=50, stop_event=self._stop,
                rust_timeout=round(self._timeout_s * 1000), yield_on_timeout=True, recursive=False,
                raise_interrupt=False,
            )  # fmt: skip
        try:
            next(self._changes)
        except (OSError, RuntimeError, StopIteration):  # no folder, no watches left, or stopped
            self._changes = None
            self._stop.wait(self._timeout_s)
