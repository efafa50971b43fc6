"""A folder in memory for the servers of a test run: hundreds of databases are made and dropped there.

Where memory is scarce they lie in the run's own folder on the disk.
"""

import fcntl
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

from shared.adapters.embedded import layout, lock

_MEMORY = Path("/dev/shm")  # noqa: S108  # a folder of our own in it, closed to others
_NAME = "ascip-sync-tests"
#: Ten times what a run was seen to take.
_ROOM_BYTES = 3 << 30
#: The run's main process makes it, before it starts others.
_VARIABLE = "ASCIP_SYNC_TEST_MEMORY"


def make() -> None:
    """Make the folder of this run, and clear away those of runs that were killed."""
    if not _MEMORY.is_dir() or _room() < _ROOM_BYTES:
        return
    for left in _MEMORY.glob(f"{_NAME}-*-*"):
        if not Path("/proc", left.name.split("-")[3]).exists() and _unused(left):
            shutil.rmtree(left, ignore_errors=True)
    os.environ[_VARIABLE] = tempfile.mkdtemp(prefix=f"{_NAME}-{os.getpid()}-", dir=_MEMORY)


def folder(other: Path) -> Path:
    """The folder, or the ``other`` one where there is none."""
    return Path(os.environ.get(_VARIABLE, other))


def remove() -> None:
    """Remove it, when the servers in it have ended."""
    if (made := os.environ.pop(_VARIABLE, None)) is None:
        return
    for data in Path(made).iterdir():
        if (held := lock.acquire(layout.Layout(data), time.monotonic() + 20)) is not None:
            os.close(held)
    shutil.rmtree(made, ignore_errors=True)


def _unused(left: Path) -> bool:
    """Whether servers were in it and have ended: their lock is free.

    A process id alone proves nothing: a container that shares the memory sees others' runs, not their
    processes. One that is just being made has no lock yet, and is left.
    """
    locks = list(left.glob("*/supervisor.lock"))
    for path in locks:
        try:
            handle = os.open(path, os.O_RDONLY)
        except OSError:  # somebody else's, or gone meanwhile
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(handle)
    return bool(locks)


def _room() -> int:
    """Bytes that may be taken: what the folder allows, and what the machine has."""
    available = re.search(
        r"MemAvailable: +(\d+)", Path("/proc/meminfo").read_text(encoding="ascii")
    )
    return min(shutil.disk_usage(_MEMORY).free, int(available[1]) << 10 if available else 0)
