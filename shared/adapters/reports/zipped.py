"""ZIP files that depend on nothing but what is put into them: the same content, the same bytes."""

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from shared.ports.shelf import Sink

#: The earliest time a ZIP can give: files in it have no time of their own.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_CHUNK_BYTES = 1 << 20


class Zip:
    """A ZIP on its way to a sink, which is never sought in."""

    def __init__(self, file: ZipFile) -> None:
        self._file = file

    @contextmanager
    def entry(self, name: str, size_bytes: int = 0) -> Iterator[IO[bytes]]:
        """Write a file; one at a time. Beyond 2 GiB its size must be known: it changes the form."""
        info = ZipInfo(name, _NO_TIME)
        info.compress_type, info.file_size = ZIP_DEFLATED, size_bytes
        with self._file.open(info, "w") as out:
            yield out


@contextmanager
def zipped(out: Sink) -> Iterator[Zip]:
    """Write a ZIP to what can't be sought in."""
    with ZipFile(_Forward(out), "w") as file:
        yield Zip(file)


class _Forward(io.RawIOBase):
    """A sink as a stream."""

    def __init__(self, out: Sink) -> None:
        self._out = out

    # A buffer has no type of its own before Python 3.12.
    def write(self, data: bytes | bytearray | memoryview, /) -> int:  # type: ignore[override]
        self._out.write(bytes(data))
        return len(data)


class Packed:
    """Bytes that wait in memory, packed, until their entry can be written."""

    def __init__(self) -> None:
        self._packer, self._packed = zlib.compressobj(1), bytearray()
        self.size_bytes = 0

    def write(self, data: bytes, /) -> None:
        """Append."""
        self._packed += self._packer.compress(data)
        self.size_bytes += len(data)

    def unpack(self, out: Sink) -> None:
        """Write what was appended; nothing can be appended after."""
        self._packed += self._packer.flush()
        unpacker, rest = zlib.decompressobj(), bytes(self._packed)
        while not unpacker.eof:
            out.write(unpacker.decompress(rest, _CHUNK_BYTES))
            rest = unpacker.unconsumed_tail
