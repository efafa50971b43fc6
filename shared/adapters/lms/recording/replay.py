"""Answers requests from a recording, so that the client can be run over traffic of a real LMS."""

import gzip
import json
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qsl

import httpx

from shared.adapters.lms.recording.recorder import FORMAT_VERSION, Broke
from shared.adapters.lms.recording.redact import BodyKind

#: JSON from a file of our own making.
JsonObject = dict[str, Any]
_Key = tuple[str, str, str, str]

#: What is served where a body was not kept; one that was not read to its end gets its length.
_STAND_INS = {
    BodyKind.EMPTY: b"",
    BodyKind.HTML: b"<!doctype html><title>not kept</title>",
    BodyKind.TRUNCATED_JSON: b'{"items": [',
    BodyKind.TEXT: b"not kept",
    BodyKind.BINARY: b"\x00\xff",
    BodyKind.UNREAD: b'{"items": [',
}


class NotRecorded(LookupError):
    """The client asked what is not in the recording; no error of an LMS, so nothing retries it."""


class BadRecording(ValueError):
    """The file is not a recording of this format."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The lines of one file, in the order in which requests were sent."""

    header: JsonObject
    exchanges: Sequence[JsonObject]


def read_recording(file: Path) -> Recording:
    """Read a file, compressed or not; a last line that a killed process left unfinished is dropped.

    Raises:
        BadRecording: a line is no JSON, or another version wrote it.
    """
    data = file.read_bytes()
    if file.suffix == ".gz":
        data = gzip.decompress(data)
    try:
        lines = [json.loads(line) for line in data.splitlines(keepends=True) if line[-1:] == b"\n"]
    except ValueError as error:
        raise BadRecording(f"{file.name} is not a recording: a line is not JSON") from error
    header = lines[0] if lines and isinstance(lines[0], dict) else {}
    if header.get("format_version") != FORMAT_VERSION:
        raise BadRecording(f"{file.name} is not a recording of format {FORMAT_VERSION}")
    return Recording(header, sorted(lines[1:], key=lambda line: int(line["sequence"])))


class ReplayTransport(httpx.AsyncBaseTransport):
    """Matches method, path, query and body; equal requests get their answers one after another."""

    def __init__(self, exchanges: Iterable[JsonObject], base_path: str = "/api/v1") -> None:
        self._base_path = base_path
        self._left: defaultdict[_Key, deque[JsonObject]] = defaultdict(deque)
        for exchange in exchanges:
            self._left[_recorded_key(exchange)].append(exchange)

    @property
    def left(self) -> list[JsonObject]:
        """What was recorded and not asked for."""
        return [exchange for queue in self._left.values() for exchange in queue]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises what broke off the recorded exchange, or `NotRecorded`."""
        key = _asked_key(request, self._base_path)
        queue = self._left.get(key)
        if queue is None:
            raise NotRecorded(f"{key[0]} {key[1]} is not in the recording with this query and body")
        if not queue:
            raise NotRecorded(f"{key[0]} {key[1]} was asked more often than it was recorded")
        exchange = queue.popleft()
        if "broke" in exchange:
            _break_off(Broke(exchange["broke"]))
        return _answer(exchange["answer"])


def _recorded_key(exchange: JsonObject) -> _Key:
    query = sorted((str(name), str(value)) for name, value in exchange["query"])
    body = exchange["body"]
    sent = _canonical(body["json"]) if "json" in body else str(body["kind"])
    return exchange["method"], exchange["path"], _canonical(query), sent


def _asked_key(request: httpx.Request, base_path: str) -> _Key:
    raw_path, _, raw_query = request.url.raw_path.decode("ascii").partition("?")
    query = sorted(parse_qsl(raw_query, keep_blank_values=True))
    sent = _canonical(json.loads(request.content)) if request.content else BodyKind.EMPTY.value
    return request.method, raw_path.removeprefix(base_path), _canonical(query), sent


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _break_off(reason: Broke) -> NoReturn:
    match reason:
        case Broke.UNREACHABLE:
            raise httpx.ConnectError("recorded")
        case Broke.RESET:
            raise httpx.ReadError("recorded")
        case Broke.UNDECODABLE:
            raise httpx.DecodingError("recorded")
        case Broke.TIMEOUT | Broke.CANCELED:
            raise httpx.ReadTimeout("recorded")


def _answer(recorded: Mapping[str, Any]) -> httpx.Response:
    content = _body(recorded["body"])
    return httpx.Response(recorded["status"], headers=recorded["headers"], content=content)


def _body(recorded: Mapping[str, Any]) -> bytes:
    if "json" in recorded:
        return json.dumps(recorded["json"]).encode()
    kind = BodyKind(recorded["kind"])
    stand_in = _STAND_INS[kind]
    return stand_in.ljust(recorded["bytes"]) if kind is BodyKind.UNREAD else stand_in
