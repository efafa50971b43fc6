"""An archive as one ZIP file: written like a shelf, read to be verified, never unpacked to the disk."""

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO
from zipfile import BadZipFile, ZipFile

from shared.adapters.reports.zipped import Packed, Zip
from shared.domain.errors import InputInvalid, VaultDamaged
from shared.ports.shelf import Sink

#: What `zipfile` raises of an entry that isn't sound, has a password, or is packed in another way.
_UNSOUND = (BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)


class ZipShelf:
    """See `shared.ports.shelf.Shelf`: entries in the order in which they were whole."""

    def __init__(self, file: Zip) -> None:
        self._zip = file

    @contextmanager
    def create(self, name: str) -> Iterator[Sink]:
        """Write a file; several may be under way."""
        waiting = Packed()
        yield waiting
        with self._zip.entry(name, waiting.size_bytes) as out:
            waiting.unpack(out)


class ZipArchive:
    """See `shared.ports.shelf.Filled`."""

    def __init__(self, file: IO[bytes]) -> None:
        """Read the directory.

        Raises:
            InputInvalid: it is no ZIP.
        """
        try:
            self._file = ZipFile(file)
        except _UNSOUND as error:
            raise InputInvalid(
                "This is no archive of a run: not a ZIP file, or cut short. Nothing was changed."
                " Export the run again: ascip-sync export RUN --out FILE.zip",
                code="not_an_archive",
            ) from error

    def names(self) -> list[str]:
        """Entries as they are listed, but for folders, which other programs list too."""
        return [i.filename for i in self._file.infolist() if i.file_size or not i.is_dir()]

    def open(self, name: str) -> BinaryIO:
        """Read an entry."""
        try:
            entry = self._file.open(name)
        except (KeyError, *_UNSOUND) as error:
            raise _damaged(name) from error
        return io.BufferedReader(_Entry(entry, name))


class _Entry(io.RawIOBase):
    """An entry; what is wrong with it is said in our words."""

    def __init__(self, entry: IO[bytes], name: str) -> None:
        self._entry, self._name = entry, name

    def readable(self) -> bool:
        return True

    # A buffer has no type of its own before Python 3.12.
    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        try:
            data = self._entry.read(len(buffer))
        except _UNSOUND as error:
            raise _damaged(self._name) from error
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._entry.close()
        super().close()


def _damaged(name: str) -> VaultDamaged:
    return VaultDamaged(f"The entry {name} of the ZIP is damaged, or packed in another way.")
