"""Rows on disk while a file is judged: small files stay in memory, large ones don't fill it."""

import marshal
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Generic, Self, TypeVar

from shared.domain.errors import StorageFull

T = TypeVar("T")

#: From here on the rows go to disk.
IN_MEMORY_BYTES = 4 << 20
#: Items written in one piece: a record may have a megabyte.
_BATCH = 64
_SIZE_BYTES = 8


class NoSpool(Generic[T]):
    """For what nobody will ask for."""

    def add(self, item: T) -> None:
        """Forget it."""

    def __iter__(self) -> Iterator[T]:
        """Nothing."""
        return iter(())


class FileSpool(Generic[T]):
    """Keeps tuples, dicts, text and numbers in a file that has no name and ends with the spool."""

    def __init__(self) -> None:
        """Begin empty, without a file."""
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115  # closed by `close`
        self._batch: list[T] = []

    def add(self, item: T) -> None:
        """Append (see the port)."""
        self._batch.append(item)
        if len(self._batch) == _BATCH:
            self._write()

    def __iter__(self) -> Iterator[T]:
        """From the first on."""
        self._write()
        self._file.seek(0)
        while size := self._file.read(_SIZE_BYTES):
            # Our own rows, out of a file nobody else can open.
            yield from marshal.loads(self._file.read(int.from_bytes(size)))  # noqa: S302

    def close(self) -> None:
        """Forget everything."""
        self._file.close()

    def __enter__(self) -> Self:
        """For `with`."""
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _write(self) -> None:
        if not self._batch:
            return
        packed = marshal.dumps(self._batch)
        self._batch = []
        try:
            self._file.write(len(packed).to_bytes(_SIZE_BYTES) + packed)
        except OSError as error:
            raise StorageFull(
                f"The rows don't fit on the disk: {error.strerror}. Nothing was written to ASCIP."
                " Make room in the folder for temporary files, or name another in TMPDIR."
            ) from error
