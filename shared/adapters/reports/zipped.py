"""ZIP files that depend on nothing but what is put into them: the same content, the same bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from shared.ports.shelf import Sink

#: The earliest time a ZIP can give: files in it have no time of their own.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX, _PRIVATE = 3, 0o100600 << 16


class Zip:
    """A ZIP on its way to a sink, which is never sought in."""

    def __init__(self, file: ZipFile) -> None:
        self._file = file

    @contextmanager
    def entry(self, name: str, size_bytes: int = 0) -> Iterator[IO[bytes]]:
        """Write a file; one at a time. Beyond 2 GiB its size must be known: it changes the form."""
        info = ZipInfo(name, _NO_TIME)
        info.compress_type, info.create_system, info.external_attr = ZIP_DEFLATED, _UNIX, _PRIVATE
        info.file_size = size_bytes
        with self._file.open(info, "w") as out:
            yield out


@contextmanager
def zipped(out: Sink) -> Iterator[Zip]:
    """Write a ZIP."""
    with ZipFile(_Forward(out), "w") as file:
        yield Zip(file)


class _Forward:
    """What `zipfile` takes for a stream that can't be sought in."""

    def __init__(self, out: Sink) -> None:
        self._out = out

    def write(self, data: bytes) -> int:
        self._out.write(bytes(data))
        return len(data)

    def flush(self) -> None:
        """A sink has nothing to flush before its end."""
