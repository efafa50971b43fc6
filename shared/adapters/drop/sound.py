"""Opens files that others wrote: no link is followed, and what changes while it is read is not used."""

import errno
import fcntl
import hashlib
import io
import os
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from shared.domain.drop import ANYTHING, Expected, Refusal, refused
from shared.domain.errors import Conflict

_CHUNK = 1 << 20
#: Without O_NONBLOCK opening a FIFO that took a file's place would wait for ever.
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a file must be to be read."""

    #: Users whose files are taken.
    owners: frozenset[int]
    most_bytes: int

    def fault(self, status: os.stat_result) -> Refusal | None:
        """Why it isn't."""
        if stat.S_ISDIR(status.st_mode):
            return Refusal.FOLDER
        if not stat.S_ISREG(status.st_mode):
            return Refusal.NOT_A_FILE
        if status.st_nlink != 1:
            return Refusal.HARD_LINK
        if status.st_uid not in self.owners:
            return Refusal.FOREIGN_OWNER
        if not status.st_size:
            return Refusal.EMPTY
        return Refusal.TOO_LARGE if status.st_size > self.most_bytes else None


def trusted_owners(folder: os.stat_result) -> frozenset[int]:
    """Whose files are taken from a folder: our own, root's, and those of the folder's owner."""
    return frozenset({os.geteuid(), 0, folder.st_uid})


@contextmanager
def open_source(path: Path, most_bytes: int) -> Iterator[BinaryIO]:
    """Open one declared file; see `shared.ports.drop.OpenSource`."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        limits = Limits(owners=trusted_owners(os.fstat(folder)), most_bytes=most_bytes)
        with open_sound(folder, path.name, limits) as source:
            yield source
    finally:
        os.close(folder)


@contextmanager
def open_sound(
    folder: int, name: str, limits: Limits, expected: Expected = ANYTHING
) -> Iterator[BinaryIO]:
    """Open a file in a folder given as a descriptor; see `shared.ports.drop.DropFolder.open`."""
    label = expected.label or name
    # Looked at first, so that nothing but a plain file is ever opened; then again through the
    # descriptor, because the name may mean something else by then.
    _require_sound(os.stat(name, dir_fd=folder, follow_symlinks=False), label, limits)
    try:
        handle = os.open(name, _FLAGS, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise refused(Refusal.NOT_A_FILE, label) from error
        raise
    try:
        before = os.fstat(handle)
        _require_sound(before, label, limits)
        _require_no_writer(handle)
    except BaseException:
        os.close(handle)
        raise
    with io.BufferedReader(_Unchanging(handle, before, label, expected.sha256), _CHUNK) as source:
        yield source


def _require_sound(status: os.stat_result, label: str, limits: Limits) -> None:
    if (fault := limits.fault(status)) is not None:
        raise refused(fault, label)


class _Unchanging(io.RawIOBase):
    """A file whose end is only reached if it is still what it was, and what it should be."""

    def __init__(self, handle: int, before: os.stat_result, label: str, sha256: str | None) -> None:
        super().__init__()
        self._handle, self._before, self._label, self._sha256 = handle, before, label, sha256
        self._digest, self._size = hashlib.sha256(), 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._size

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Back to the beginning, nowhere else: all that was read is read and checked again."""
        if (offset, whence) != (0, os.SEEK_SET):
            raise io.UnsupportedOperation("only back to the beginning")
        self._digest, self._size = hashlib.sha256(), 0
        return os.lseek(self._handle, 0, os.SEEK_SET)

    def readinto(self, buffer: object, /) -> int:
        view = memoryview(cast("bytearray", buffer)).cast("B")
        count = os.readv(self._handle, [view])
        if self._sha256 is not None:
            self._digest.update(view[:count])
        self._size += count
        if self._size > self._before.st_size:
            raise _unsettled()
        if not count:
            self._require_same()
        return count

    def close(self) -> None:
        if not self.closed:
            os.close(self._handle)
        super().close()

    def _require_same(self) -> None:
        now = os.fstat(self._handle)
        same = (now.st_size, now.st_mtime_ns) == (self._before.st_size, self._before.st_mtime_ns)
        if not same or self._size != now.st_size:
            raise _unsettled()
        if self._sha256 not in (None, self._digest.hexdigest()):
            raise refused(Refusal.CHECKSUM_WRONG, self._label)


def _unsettled() -> Conflict:
    return Conflict(
        "The file is being written. Nothing was taken. It is tried again when it has not changed"
        " for a while.",
        code="unsettled",
    )


def _require_no_writer(handle: int) -> None:
    """Raise if somebody on this machine has the file open for writing, where the system can tell.

    Linux gives a read lease only on files nobody writes to (fcntl(2)); an upload that stalls is found
    so, however long it stalls. The lease ends at once, and a writer that comes in between would send
    a signal that does nothing.
    """
    if not hasattr(fcntl, "F_SETLEASE"):
        return
    try:
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        if error.errno == errno.EAGAIN:
            raise _unsettled() from error
        return  # no leases on this file system, or not our file
    fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
