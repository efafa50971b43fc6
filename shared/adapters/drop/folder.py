"""The drop folder: every name is used relative to an open folder, and no link is followed."""

import fcntl
import os
import stat
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from shared.adapters.drop.sound import Limits, open_sound, trusted_owners
from shared.domain.drop import ANYTHING, Expected, Found, Place, Sign
from shared.domain.errors import ConfigInvalid, Conflict

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_OURS = (Place.TAKING, Place.PROCESSED, Place.REFUSED)


class PosixDropFolder:
    """See `shared.ports.drop.DropFolder`. Descriptors are opened anew by each `look`."""

    def __init__(self, path: Path, *, most_bytes: int) -> None:
        self._path, self._most_bytes = path, most_bytes
        self._folders: dict[Place, int] = {}
        self._lock: int | None = None
        self._limits = Limits(owners=frozenset(), most_bytes=most_bytes)

    def look(self) -> dict[Place, list[Found]]:
        """Check the folder, make ours, list all four."""
        self._close_folders()
        try:
            root = os.open(self._path, _FOLDER_FLAGS)
            self._folders[Place.FOLDER] = root
            status = os.fstat(root)
            self._require_safe(status)
            self._limits = Limits(owners=trusted_owners(status), most_bytes=self._most_bytes)
            for place in _OURS:
                self._folders[place] = self._open_own(root, place)
            self._hold_lock()
            os.utime(
                self._folders[Place.TAKING]
            )  # its time tells health checks that somebody looks
            return {place: _entries(place, handle) for place, handle in self._folders.items()}
        except OSError as error:
            raise ConfigInvalid(
                f"The drop folder {self._path} can't be used: {error.strerror}. Nothing was taken;"
                " what lies there stays. Make it, and let the watcher's user write in it.",
                code="drop_folder_unusable",
            ) from error

    def open(self, found: Found, expected: Expected = ANYTHING) -> AbstractContextManager[BinaryIO]:
        """Open with every check."""
        return open_sound(self._folders[found.place], found.name, self._limits, expected)

    def move(self, found: Found, to: Place, name: str, *, reason: str | None = None) -> None:
        """The reason is written first: a file in `refused/` always has one."""
        source, target = self._folders[found.place], self._folders[to]
        beside = f"{name}.reason.txt"
        if reason is not None:
            _write_new(target, beside, reason)
        try:
            os.rename(found.name, name, src_dir_fd=source, dst_dir_fd=target)
        except OSError:
            if reason is not None:
                os.unlink(beside, dir_fd=target)
            raise
        # A run is made only after this: a power cut must not bring the file back under its old name.
        os.fsync(target)
        os.fsync(source)

    def remove(self, found: Found) -> None:
        """Unlink."""
        with suppress(FileNotFoundError):
            os.unlink(found.name, dir_fd=self._folders[found.place])

    def _require_safe(self, status: os.stat_result) -> None:
        if status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX:
            raise ConfigInvalid(
                f"Everybody may write in the drop folder {self._path}, and so put an extract in"
                " another's place. Nothing was taken; what lies there stays."
                " Take that right away: chmod o-w",
                code="drop_folder_unsafe",
            )

    def _open_own(self, root: int, place: Place) -> int:
        """One of our folders, made 0700; a link or somebody else's folder in its place is not used."""
        with suppress(FileExistsError):
            os.mkdir(place.value, 0o700, dir_fd=root)
        handle = os.open(place.value, _FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=root)
        try:
            self._require_own(os.fstat(handle), place)
            os.fchmod(handle, 0o700)
        except BaseException:
            os.close(handle)
            raise
        return handle

    def _require_own(self, status: os.stat_result, place: Place) -> None:
        if status.st_uid != os.geteuid():
            raise ConfigInvalid(
                f"{place.value} in the drop folder {self._path} belongs to somebody else."
                " Nothing was taken; what lies there stays. Rename it: the watcher makes its own.",
                code="drop_folder_unsafe",
            )

    def _hold_lock(self) -> None:
        """Two watchers would both find what the other is taking."""
        if self._lock is not None:
            return
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(".lock", flags, 0o600, dir_fd=self._folders[Place.TAKING])
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise Conflict(
                f"Another watcher works on {self._path}. This one takes nothing, and goes on when"
                " the other ends.",
                code="already_watched",
            ) from None
        self._lock = handle

    def _close_folders(self) -> None:
        for handle in self._folders.values():
            os.close(handle)
        self._folders = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close_folders()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _entries(place: Place, handle: int) -> list[Found]:
    ours = {each.value for each in _OURS} if place is Place.FOLDER else {".lock"}
    found = []
    for name in os.listdir(handle):
        # What is gone since belongs to somebody who is still at work.
        with suppress(FileNotFoundError):
            if name not in ours:
                found.append(_found(place, name, handle))
    return found


def _found(place: Place, name: str, handle: int) -> Found:
    status = os.stat(name, dir_fd=handle, follow_symlinks=False)
    return Found(
        place=place, name=name, changed_ns=status.st_ctime_ns,
        is_folder=stat.S_ISDIR(status.st_mode),
        sign=Sign(
            device=status.st_dev, inode=status.st_ino, size_bytes=status.st_size,
            modified_ns=status.st_mtime_ns, links=status.st_nlink,
        ),
    )  # fmt: skip


def _write_new(folder: int, name: str, text: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, 0o600, dir_fd=folder), "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
