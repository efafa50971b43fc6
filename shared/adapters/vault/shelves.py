"""Shelves in the file system: an encrypted one for the archive, a plain one for what is exported."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from shared.adapters.vault.keyring import Keyring
from shared.adapters.vault.sealed import SealingWriter, damaged, open_sealed
from shared.adapters.vault.whole import PASSING, whole_file
from shared.ports.shelf import Sink

#: One or two parts, none of which begins with a dot.
_NAME = re.compile(r"([A-Za-z0-9_][\w.-]*/)?[A-Za-z0-9_][\w.-]*", re.ASCII)


class FolderShelf:
    """See `shared.ports.shelf.Shelf`: files in clear, readable by their owner."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def create(self, name: str) -> Iterator[Sink]:
        """Write a file."""
        with whole_file(place(self._folder, name)) as out:
            yield out

    def names(self) -> list[str]:
        """Whatever is there, links too: they are not followed."""
        return _names(self._folder)

    def open(self, name: str) -> BinaryIO:
        """Read a file."""
        return _opened(place(self._folder, name), name)


class SealedShelf:
    """See `shared.ports.shelf.Archive`: files encrypted, each bound to its shelf and name."""

    def __init__(self, root: Path, folder: str, keyring: Keyring) -> None:
        self._root, self._folder, self._keyring = root, folder, keyring

    @contextmanager
    def create(self, name: str) -> Iterator[Sink]:
        """Write a file."""
        bound = f"{self._folder}/{name}"
        with whole_file(place(self._root / self._folder, name)) as out:
            writer = SealingWriter(out, self._keyring, bound)
            yield writer
            writer.finish()

    def names(self) -> list[str]:
        """Whatever lies in the folder."""
        return _names(self._root / self._folder)

    def open(self, name: str) -> BinaryIO:
        """Read a file."""
        bound = f"{self._folder}/{name}"
        file = _opened(place(self._root / self._folder, name), bound)
        try:
            return open_sealed(file, self._keyring, bound)
        except BaseException:
            file.close()
            raise


def _opened(path: Path, name: str) -> BinaryIO:
    """Open a file. No link is followed: it could lead to another user's file."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise damaged(name, "is gone") from error
    return os.fdopen(handle, "rb", buffering=0)


def _names(folder: Path) -> list[str]:
    """Files below a folder, but for what a writer has under its passing name."""
    found = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(
        path.relative_to(folder).as_posix() for path in found if not path.name.startswith(PASSING)
    )


def place(folder: Path, name: str) -> Path:
    """Where a file lies. A name that could lead elsewhere is a fault of the caller."""
    if not _NAME.fullmatch(name):
        raise ValueError("not a name of a stored file")
    return folder / name
