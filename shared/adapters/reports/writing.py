"""Writes files to a shelf and keeps the list of them: name, size and SHA-256 of what was written."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from shared.adapters.reports.cells import CsvRows
from shared.ports.shelf import Filed, Shelf, Sink


class Filing:
    """What is written in one go; ``written`` has what is whole."""

    def __init__(self, shelf: Shelf, *, under: str = "") -> None:
        self._shelf, self._under = shelf, under
        self.written: list[Filed] = []

    @contextmanager
    def binary(self, name: str) -> Iterator["HashedFile"]:
        """Open a file; it appears, or is replaced, only when the block ends well."""
        name = self._under + name
        with self._shelf.create(name) as out:
            file = HashedFile(out)
            yield file
        self.written.append(
            Filed(name=name, size_bytes=file.size_bytes, sha256=file.digest.hexdigest())
        )

    @contextmanager
    def text(self, name: str) -> Iterator["TextFile"]:
        """Open a file for text."""
        with self.binary(name) as out:
            yield TextFile(out)

    @contextmanager
    def csv(self, name: str, columns: Sequence[str], *, bom: bool = False) -> Iterator[CsvRows]:
        """Open a CSV file with its header written; ``bom``: for spreadsheets, which else guess."""
        with self.text(name) as stream:
            if bom:
                stream.write("\ufeff")
            yield CsvRows(stream, columns)

    def put(self, name: str, text: str) -> None:
        """Write a text file as it is."""
        with self.text(name) as stream:
            stream.write(text)


class HashedFile:
    """Bytes on their way to a shelf, counted and hashed."""

    def __init__(self, out: Sink) -> None:
        self._out, self.digest, self.size_bytes = out, hashlib.sha256(), 0

    def write(self, data: bytes, /) -> None:
        """Append."""
        self.digest.update(data)
        self.size_bytes += len(data)
        self._out.write(data)


class TextFile:
    """Text as UTF-8 on its way to a file."""

    def __init__(self, out: Sink) -> None:
        self._out = out

    def write(self, text: str) -> None:
        """Append; a file name with bytes that are no UTF-8 must not cost the report: it is escaped."""
        self._out.write(text.encode("utf-8", "backslashreplace"))
