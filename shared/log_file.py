"""A log file that all processes of a machine share. Used by `observability`."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

MOST_BYTES = 10 * 1024 * 1024
KEPT = 5


class LogFile:
    """Appends; whoever fills the file moves it aside, as `NAME.1` to `NAME.5`.

    Nothing is kept open, so that a fork, another process that rotates, or logrotate changes nothing:
    each event is one `write` at the end of whatever the name stands for now. On a network file system
    such writes can mix.
    """

    def __init__(self, path: Path, *, most_bytes: int = MOST_BYTES, kept: int = KEPT) -> None:
        self._path, self._most_bytes, self._kept = path, most_bytes, kept
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def append(self, text: str) -> None:
        """Write at the end. Raises OSError."""
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, text.encode("utf-8", "backslashreplace"))
            full = os.fstat(handle).st_size >= self._most_bytes
        finally:
            os.close(handle)
        if full:
            self._rotate()

    def _rotate(self) -> None:
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            # Somebody else may have done it while we waited.
            if not self._path.exists() or self._path.stat().st_size < self._most_bytes:
                return
            for number in range(self._kept, 1, -1):
                with suppress(FileNotFoundError):
                    self._aside(number - 1).replace(self._aside(number))
            self._path.replace(self._aside(1))
        finally:
            os.close(folder)  # and with it the lock

    def _aside(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")
