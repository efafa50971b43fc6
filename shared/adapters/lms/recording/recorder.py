"""`Recorder`: writes exchanges, redacted, to a file of its own in a folder. Never fails a call."""

import errno
import json
import os
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import httpx
import structlog

from shared.adapters.lms.recording import words
from shared.adapters.lms.recording.redact import BodyKind, Redactor, headers
from shared.adapters.lms.recording.shared_key import SharedKey
from shared.domain.canonical import Json

FORMAT_VERSION = 1
#: Of one file; beyond it nothing more is recorded.
MOST_BYTES = 256 * 1024 * 1024

log = structlog.get_logger("recorder")


class Broke(StrEnum):
    """Why an exchange has no whole answer."""

    UNREACHABLE = "unreachable"  # the request can't have left
    RESET = "reset"
    TIMEOUT = "timeout"
    CANCELED = "canceled"  # the caller didn't wait for it
    UNDECODABLE = "undecodable"  # compressed, and not as it says


@dataclass(frozen=True, slots=True)
class Mark:
    """A request that is about to be sent: its number, and seconds on the recorder's clock."""

    sequence: int
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. ``whole`` is False if nobody read ``body`` to its end."""

    status: int
    headers: httpx.Headers
    body: bytes = b""
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and what came of it, in clear. An answer that broke off has ``broke`` as well."""

    mark: Mark
    request: httpx.Request
    answer: Answer | None = None
    broke: Broke | None = None


class Recorder:
    """`mark` before a request is sent, `record` after it has ended; from any thread.

    Its file is made by the first of them, so that it can be made before a fork. The first thing
    that goes wrong ends the recording and is logged: a full disk, a file of ``most_bytes``.
    """

    def __init__(
        self,
        folder: Path,
        *,
        base_path: str,
        engine_version: str,
        most_bytes: int = MOST_BYTES,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._base_path = base_path.rstrip("/")
        self._engine_version = engine_version
        self._most_bytes = most_bytes
        self._clock, self._now = clock, now
        self._lock = threading.Lock()
        self._sequence = 0
        self._began_s = clock()
        self._file: _File | None = None
        self._stopped = False

    def mark(self) -> Mark:
        """Number a request."""
        with self._lock:
            self._sequence += 1
            return Mark(self._sequence, self._clock())

    def record(self, exchange: Exchange) -> None:
        """Write one line; returns in any case."""
        with self._lock:
            if self._stopped:
                return
            try:
                self._write(exchange)
            except Exception as error:  # noqa: BLE001  # whatever it is, the call goes on
                self._stop(type(error).__name__, error.errno if isinstance(error, OSError) else 0)

    def close(self) -> None:
        """End the file; what comes later is not recorded."""
        with self._lock:
            self._stopped = True
            self._let_go()

    def _write(self, exchange: Exchange) -> None:
        if self._file is None:
            self._file = _File(self._folder, self._now)
            self._file.append(self._header(self._file))
            log.info("recording_started", file=self._file.path.name)
        line = _line(_document(exchange, self._file.redactor, self))
        if self._file.size + len(line) > self._most_bytes:
            self._stop("file_full")
        else:
            self._file.append(line)

    def _header(self, file: "_File") -> bytes:
        return _line(
            {
                "format_version": FORMAT_VERSION,
                "engine_version": self._engine_version,
                "recorded_at": _moment(self._now()).isoformat(timespec="seconds"),
                "pseudonyms": file.shared.name,
            }
        )

    def offset_ms(self, mark: Mark) -> int:
        """Milliseconds from when the recorder was made until a request was sent."""
        return round((mark.at_s - self._began_s) * 1000)

    def elapsed_ms(self, mark: Mark) -> int:
        """Milliseconds since a request was sent."""
        return round((self._clock() - mark.at_s) * 1000)

    def below_base(self, path: str) -> str:
        """A request's path without the base URL's, which may name a district."""
        return path.removeprefix(self._base_path)

    def _stop(self, reason: str, number: int | None = 0) -> None:
        self._stopped = True
        self._let_go()
        log.warning(
            "recording_stopped", reason=reason, errno=errno.errorcode.get(number or 0),
            folder=str(self._folder),
        )  # fmt: skip

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class _File:
    """A new file for the owner only, with the key of its folder; each append is whole or undone."""

    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.shared = SharedKey.take(folder)
        self.redactor = Redactor(self.shared.key)
        self.size = 0
        name = f"exchanges-{_moment(now()):%Y%m%dT%H%M%SZ}-{os.getpid()}-{secrets.token_hex(3)}"
        self.path = folder / f"{name}.ndjson"
        try:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
            self._handle = os.open(self.path, flags, 0o600)
        except OSError:
            self.shared.leave()
            raise

    def append(self, line: bytes) -> None:
        """Raises `OSError`; then the file ends with the line before."""
        if os.write(self._handle, line) < len(line):
            os.ftruncate(self._handle, self.size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.size += len(line)

    def close(self) -> None:
        with suppress(OSError):  # of a network share; nobody can do more
            os.close(self._handle)
        self.shared.leave()


def _document(exchange: Exchange, redactor: Redactor, recorder: Recorder) -> dict[str, Json]:
    request, mark, answer = exchange.request, exchange.mark, exchange.answer
    raw_path, _, raw_query = request.url.raw_path.decode("ascii").partition("?")
    path = recorder.below_base(raw_path)
    kept, others = headers(request.headers.multi_items())
    document: dict[str, Json] = {
        "sequence": mark.sequence,
        "offset_ms": recorder.offset_ms(mark),
        "method": request.method if request.method in words.METHODS else "OTHER",
        "path": redactor.path(path),
        "query": redactor.query(raw_query),
        "headers": kept,
        "other_headers": others,
        "body": _sent(request, redactor, path),
        "elapsed_ms": recorder.elapsed_ms(mark),
    }
    if answer is not None:
        document["answer"] = _answered(answer, redactor, path)
    if exchange.broke is not None:
        document["broke"] = exchange.broke.value
    return document


def _sent(request: httpx.Request, redactor: Redactor, path: str) -> Json:
    try:
        return redactor.body(request.content, path)
    except httpx.RequestNotRead:
        return {"kind": BodyKind.UNREAD.value}


def _answered(answer: Answer, redactor: Redactor, path: str) -> dict[str, Json]:
    kept, others = headers(answer.headers.multi_items())
    body: dict[str, Json] = {"kind": BodyKind.UNREAD.value, "bytes": len(answer.body)}
    if answer.whole:
        body = redactor.body(answer.body, path)
    return {"status": answer.status, "headers": kept, "other_headers": others, "body": body}


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _line(document: dict[str, Json]) -> bytes:
    return json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
