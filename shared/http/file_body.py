"""A file on its way in: raw or as one part of a form, as it arrives, never whole in memory."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from email.message import Message
from typing import Protocol

from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

from shared.http.problem import ProblemError
from shared.http.service import Patience

#: What a file may come as; it is read as the feed declares, whatever it calls itself.
RAW_TYPES = (
    "text/csv",
    "application/csv",
    "text/tab-separated-values",
    "application/octet-stream",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
#: Parts of a form, and bytes of a part's headers.
MAX_PARTS = 8
MAX_HEADER_BYTES = 8192
#: Bytes of all fields of a form besides the file.
MAX_FIELD_BYTES = 8192
_FIELD = re.compile(r'; *name="([\w-]{1,64})"', re.ASCII)
DEFAULT_NAME = "upload.csv"


class FileParts(Protocol):
    """Takes a body apart."""

    name: str

    @property
    def fields(self) -> Mapping[str, str]:
        """What else a form had: one value of each field."""
        ...

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The file's bytes in this chunk."""
        ...

    def end(self) -> None:
        """The body is over. Raises if the file isn't whole."""
        ...


class RawFile:
    """The body is the file."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def fields(self) -> Mapping[str, str]:
        """There are none."""
        return {}

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """All of it."""
        yield chunk

    def end(self) -> None:
        """Nothing can be missing: the server saw the body's end."""


class FormFile:
    """The file is the one part of a form that has a file name; other fields are small."""

    def __init__(self, boundary: bytes) -> None:
        self.name = ""
        self._pieces: list[bytes] = []
        self._files = self._parts = self._header_bytes = 0
        self._field, self._value, self._headers = b"", b"", {b"": b""}
        self._in_file = self._whole = False
        self._named, self._fields = "", dict[str, bytes]()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._part_data,
                "on_end": self._end,
            },
        )

    @property
    def fields(self) -> Mapping[str, str]:
        """As they were sent, whatever came first."""
        return {name: value.decode("utf-8", "replace") for name, value in self._fields.items()}

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """What belongs to the file."""
        try:
            self._parser.write(chunk)
        except MultipartParseError as error:
            raise ProblemError("invalid_multipart") from error
        pieces, self._pieces = self._pieces, []
        yield from pieces

    def end(self) -> None:
        """The closing boundary came, and one file before it."""
        if not self._whole or self._files != 1:
            raise ProblemError("invalid_multipart")

    def _part_begin(self) -> None:
        self._parts += 1
        self._header_bytes, self._headers, self._in_file = 0, {}, False
        if self._parts > MAX_PARTS:
            raise ProblemError("invalid_multipart")

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += self._counted(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += self._counted(data[start:end])

    def _counted(self, piece: bytes) -> bytes:
        self._header_bytes += len(piece)
        if self._header_bytes > MAX_HEADER_BYTES:
            raise ProblemError("invalid_multipart")
        return piece

    def _header_end(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def _headers_finished(self) -> None:
        disposition = self._headers.get(b"content-disposition", b"").decode("utf-8", "replace")
        name = file_name(disposition)
        self._named = _FIELD.findall(disposition)[0] if _FIELD.search(disposition) else ""
        self._in_file = name is not None
        if name is not None:
            self._files, self.name = self._files + 1, name
        if self._files > 1:
            raise ProblemError("invalid_multipart")

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._pieces.append(data[start:end])
        elif self._named:
            self._fields[self._named] = self._fields.get(self._named, b"") + data[start:end]
            if sum(map(len, self._fields.values())) > MAX_FIELD_BYTES:
                raise ProblemError("invalid_multipart")

    def _end(self) -> None:
        self._whole = True


def file_name(disposition: str) -> str | None:
    """The file name of a `Content-Disposition` (RFC 6266), None if it has none."""
    header = Message()
    header["content-disposition"] = disposition.replace("\r", " ").replace("\n", " ")
    try:
        return header.get_filename()
    except (TypeError, ValueError, LookupError):  # malformed beyond what the library expects
        return None


def parts_of(request: Request, name: str | None) -> FileParts:
    """How the body of a request is taken apart.

    Raises:
        ProblemError: it is of a kind that isn't taken.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ProblemError("unsupported_media_type")
    header = Message()
    header["content-type"] = request.headers.get("content-type", "")
    kind = header.get_content_type() if request.headers.get("content-type") else ""
    if kind == "multipart/form-data":
        try:
            boundary = header.get_param("boundary")
        except (TypeError, ValueError):  # malformed beyond what the library expects
            boundary = None
        if not isinstance(boundary, str) or not 0 < len(boundary) <= 70:  # RFC 2046, 5.1.1
            raise ProblemError("invalid_multipart")
        return FormFile(boundary.encode("utf-8", "replace"))
    if kind not in RAW_TYPES:
        raise ProblemError("unsupported_media_type")
    return RawFile(
        name or file_name(request.headers.get("content-disposition", "")) or DEFAULT_NAME
    )


async def in_time(chunks: AsyncIterator[bytes], patience: Patience) -> AsyncIterator[bytes]:
    """The chunks of a body, as long as its sender keeps at it.

    Raises:
        ProblemError: `too_slow`.
    """
    began, received = time.monotonic(), 0
    while True:
        try:
            async with asyncio.timeout(patience.idle_s):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise ProblemError("too_slow") from error
        received += len(chunk)
        took_s = time.monotonic() - began
        slowest = took_s * patience.slowest_bytes_per_s
        if took_s > patience.pace_after_s and received < slowest:
            raise ProblemError("too_slow")
        yield chunk
