"""The ZIP around a workbook: judged by its directory before anything is unpacked, and while it is."""

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from shared.adapters.tabular.xlsx.entries import check_entries
from shared.adapters.tabular.xlsx.limits import Limits, damaged, too_large, unsafe

_CHUNK_BYTES = 64 << 10
#: Signature, version, flags, method, time, date, CRC, both sizes, lengths of name and extra field.
_LOCAL = struct.Struct("<4s5H3I2H")
_UTF8_NAME = 0x800


class _Directory(io.BytesIO):
    """What `zipfile` opens: it reads the directory in one go, as large as that says it is."""

    def __init__(self, data: bytes, limit: int) -> None:
        super().__init__(data)
        self._limit = limit

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, or refuse."""
        got = super().read(size)
        if len(got) > self._limit:
            raise too_large("its list of parts", self._limit, " bytes")
        return got


@dataclass(frozen=True, slots=True)
class _Part:
    """Where a part's packed bytes are, and what must come out."""

    start: int
    end: int
    size: int
    crc: int
    packed: bool


class Container:
    """The parts of a workbook; names are compared without case."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        """Judge the directory.

        Raises:
            InputInvalid: `too_large`, `unsafe_workbook` or `damaged_workbook`.
        """
        self._data = data
        self._limits = limits
        infos, directory_at = _read_directory(data, limits)
        check_entries(infos, limits)
        self._parts = _located(data, infos, directory_at)

    def __contains__(self, name: str) -> bool:
        """Whether there is such a part."""
        return name.casefold() in self._parts

    def names(self) -> list[str]:
        """All parts, case folded."""
        return list(self._parts)

    def small(self, name: str) -> Iterator[bytes]:
        """Unpack a part that is read as a whole."""
        part = self._parts.get(name.casefold())
        if part is not None and part.size > self._limits.list_part_bytes:
            raise too_large("one of its lists", self._limits.list_part_bytes, " bytes")
        return self.chunks(name)

    def chunks(self, name: str) -> Iterator[bytes]:
        """Unpack a part, never more than the directory says.

        Raises:
            InputInvalid: the part isn't there, or isn't what the directory says.
        """
        part = self._parts.get(name.casefold())
        if part is None:
            raise damaged("a part that it names is not there")
        packed = memoryview(self._data)[part.start : part.end]
        size = crc = 0
        for chunk in _inflated(packed) if part.packed else _cut(packed):
            size += len(chunk)
            if size > part.size:
                raise unsafe("a part unpacks to more than its list of parts says")
            crc = zlib.crc32(chunk, crc)
            yield chunk
        if size != part.size or crc != part.crc:
            raise damaged("a part is not what its checksum says")


def _read_directory(data: bytes, limits: Limits) -> tuple[list[ZipInfo], int]:
    try:
        with ZipFile(_Directory(data, limits.directory_bytes)) as archive:
            return archive.infolist(), archive.start_dir
    except (BadZipFile, NotImplementedError, ValueError, OverflowError, struct.error) as error:
        raise damaged("its list of parts can't be read, perhaps it was cut") from error


def _located(data: bytes, infos: list[ZipInfo], directory_at: int) -> dict[str, _Part]:
    """Where the parts are: each has bytes of its own, under the name the directory gives."""
    parts: dict[str, _Part] = {}
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        at = info.header_offset
        if at < end:
            raise unsafe("two parts share the same bytes")
        name = info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8_NAME else "cp437")
        start = at + _LOCAL.size + len(name)
        if start > directory_at:
            raise damaged("a part is not where its list of parts says")
        signature, _, flags, method, *_, name_size, extra_size = _LOCAL.unpack_from(data, at)
        if (
            signature != b"PK\x03\x04"
            or (flags & 1, method) != (info.flag_bits & 1, info.compress_type)
            or data[at + _LOCAL.size : at + _LOCAL.size + name_size] != name
        ):
            raise unsafe("a part and the list of parts contradict each other")
        start += extra_size
        end = start + info.compress_size
        if end > directory_at:
            raise damaged("a part is not where its list of parts says")
        packed = info.compress_type == ZIP_DEFLATED
        parts[info.filename.casefold()] = _Part(start, end, info.file_size, info.CRC, packed)
    return parts


def _cut(data: memoryview) -> Iterator[bytes]:
    for at in range(0, len(data), _CHUNK_BYTES):
        yield bytes(data[at : at + _CHUNK_BYTES])


def _inflated(packed: memoryview) -> Iterator[bytes]:
    """Deflated bytes in chunks, however well they are packed."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    at = 0
    while not inflater.eof:
        given: bytes | memoryview = inflater.unconsumed_tail
        if not given:
            given = packed[at : at + _CHUNK_BYTES]
            at += len(given)
        try:
            chunk = inflater.decompress(given, _CHUNK_BYTES)
        except zlib.error as error:
            raise damaged("a part can't be unpacked") from error
        if chunk:
            yield chunk
        elif not given:
            raise damaged("a part ends too early")
    if inflater.unused_data or at < len(packed):
        raise damaged("something stands behind the end of a part")
