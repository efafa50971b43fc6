"""Files written whole or not at all: under a passing name, fsync, then renamed. Modes 0600, 0700."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from shared.domain.errors import StorageFull

#: What a killed process leaves behind has a name that begins so.
PASSING = ".incoming-"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class PassingFile:
    """A file on its way to a path; `keep` or `drop` ends it."""

    def __init__(self, path: Path) -> None:
        make_private(path.parent)
        with _room(path):
            # mkstemp makes the file with mode 0600, and never follows a link.
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=PASSING)
        self._path, self._name = path, Path(name)
        self.stream: BinaryIO = os.fdopen(handle, "wb")

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """While it is written: a block that ends in an error leaves nothing, and a full disk says so."""
        try:
            with _room(self._path):
                yield
        except BaseException:
            self.drop()
            raise

    def keep(self) -> None:
        """Give it its name; durable when this returns."""
        with self.guarded():
            self.stream.flush()
            os.fsync(self.stream.fileno())
            self.stream.close()
            self._name.replace(self._path)
            _sync(self._path.parent)

    def drop(self) -> None:
        """Leave nothing of it; no harm after `keep`."""
        with suppress(OSError):  # what the buffer still holds may not fit on the disk
            self.stream.close()
        self._name.unlink(missing_ok=True)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open ``path`` for writing; it appears, or is replaced, only when the block ends well."""
    file = PassingFile(path)
    with file.guarded():
        yield file.stream
    file.keep()


def make_private(folder: Path) -> None:
    """Create a folder and what is missing above it with mode 0700; an existing one is left as it is."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def _room(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise StorageFull(
            f"There is no room left on the disk for {path.name}. Nothing of it was stored."
            " Free some space, then send it or run the command again."
        ) from error


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
