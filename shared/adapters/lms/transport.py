"""One signed, paced, bounded request to the LMS: `Wire`. Reads and writes go through it."""

import asyncio
import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlsplit

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from shared.adapters.lms.answers import DEFAULT_HOLD_S, decoded, lost, none_left, refuse, shortage_s
from shared.adapters.lms.breaker import Breaker
from shared.adapters.lms.connections import make_session
from shared.adapters.lms.pacing import Pacer
from shared.adapters.lms.retry import require_owner, throttled, time_left_s
from shared.adapters.lms.shapes import Garbled
from shared.adapters.lms.signing import Query, Signer, encoded
from shared.adapters.lms.tally import Tally
from shared.adapters.lms.unreachable import why
from shared.domain.canonical import Json, canonical
from shared.domain.errors import KeyRefused, Transient
from shared.ports.target import Trouble

T = TypeVar("T")

#: A page of 200 people has a hundredth of that.
MAX_BODY_BYTES = 16 * 1024 * 1024
_CONNECT_S = 10.0
_ENCODINGS = frozenset({"", "identity", "gzip", "deflate"})
_DONE = frozenset({HTTPStatus.OK, HTTPStatus.CREATED})
_BROKEN = (httpx.HTTPError, httpx.StreamError, aiohttp.ClientError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True, kw_only=True)
class WireSettings:
    """``base_url`` ends in `/api/v1`; ``timeout_s`` bounds a call from connect to last byte."""

    base_url: str
    concurrency: int = 32
    timeout_s: float = 30.0
    max_body_bytes: int = MAX_BODY_BYTES


class Wire:
    """Calls the LMS; at most ``concurrency`` calls are in flight. Belongs to one event loop.

    Each call waits for its turn, is signed anew, and ends as a value or as an error of the tree.
    It never repeats a request and never follows a redirect.
    """

    def __init__(
        self,
        settings: WireSettings,
        signer: Signer,
        pacer: Pacer | None = None,
        *,
        breaker: Breaker | None = None,
        tally: Tally | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        wrap: Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        parts = urlsplit(settings.base_url)
        self._origin, self._prefix = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
        self._settings = settings
        self._signer = signer
        self._pacer = pacer
        self._breaker = breaker or Breaker()
        self._tally = tally or Tally()
        self._now = now
        self._refusal: KeyRefused | None = None
        self._in_flight = asyncio.Semaphore(settings.concurrency)
        # No `AsyncClient` around it: it would log URLs (`?email=`), keep cookies, and cost a fifth
        # of the time of a call; nothing it adds is wanted here, redirects least of all.
        # Certificates are checked by the connector of `_session`, not by the argument here.
        bare = transport or AiohttpTransport(client=self._session, verify=False)
        self._transport = wrap(bare) if wrap else bare
        connect_s = min(_CONNECT_S, settings.timeout_s)
        timeout = httpx.Timeout(settings.timeout_s, connect=connect_s, pool=None)
        self._extensions = {"timeout": timeout.as_dict()}

    async def call(
        self,
        method: str,
        path: str,
        parse: Callable[[object], T],
        *,
        query: Query = (),
        body: Json = None,
        suspect: bool = False,
    ) -> T:
        """Send one request and read its JSON with ``parse``, which may raise `Garbled`.

        ``path`` is relative to the base URL. A GET has no body; any other method is a write, and
        always has one (411 otherwise). ``suspect`` says that errors are to be expected of it: an
        answer with one tells nothing about the LMS.

        Raises:
            KeyRefused: 401 and 403.
            Permanent: other 4xx and redirects.
            Transient: not done (no connection, 429, 503; `throttled`, `breaker_open` and `lease_over`:
                not even sent), or a GET without a usable answer.
            OutcomeUnknown: a write without a usable answer.
        """
        write = method != "GET"
        content = canonical(body if body is not None else {}) if write else b""
        async with self._in_flight:
            probe = await self._admitted()
            with self._breaker.watched(probe, suspect=suspect), self._tally.timed(method, path):
                try:
                    status, headers, answer = await self._exchange(method, path, query, content)
                    if self._pacer is not None and none_left(headers):
                        await self._heed_shortage(self._pacer, status, headers)
                    if status in _DONE:
                        return parse(decoded(answer, headers.get("content-type", "")))
                except Garbled as error:
                    raise lost(f"unusable answer: {error}", "garbled_answer", write=write) from None
                return await self._refused(status, headers, answer, write=write)

    def reopen(self) -> None:
        """Try the key again: after a 401 or 403 every call ends with that until this one."""
        self._refusal = None

    async def close(self) -> None:
        """Release connections."""
        await self._transport.aclose()

    async def _admitted(self) -> object | None:
        """Return when the call may be sent, with what it has to tell the breaker.

        That is before the piece of work is over that the call is a part of.
        """
        left_s = time_left_s()
        if left_s == math.inf:
            return await self._turn()
        if left_s > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    return await self._turn()
        raise throttled(None)

    async def _turn(self) -> object | None:
        while True:
            probe = await self._breaker.admit() if self._breaker.open else None
            try:
                if self._pacer is not None:
                    await self._pacer.turn()
                self._refuse_refused()
                require_owner()
            except BaseException:
                self._breaker.let_go(probe)
                raise
            # While it waited for its turn, others may have found that nobody answers.
            if probe is not None or not self._breaker.open:
                return probe

    def _refuse_refused(self) -> None:
        if self._refusal is not None:
            raise self._refusal

    async def _heed_shortage(self, pacer: Pacer, status: int, headers: httpx.Headers) -> None:
        """Stop before the LMS has to say 429."""
        if status != HTTPStatus.TOO_MANY_REQUESTS:
            await pacer.hold(shortage_s(headers, self._now()), refused=False)

    async def _refused(
        self, status: int, headers: httpx.Headers, answer: bytes, *, write: bool
    ) -> T:
        try:
            refuse(status, headers, answer, write=write, now_s=self._now())
        except KeyRefused as error:
            self._refusal = error
            raise
        except Transient as error:
            if error.status == HTTPStatus.TOO_MANY_REQUESTS:
                error.retry_after_s = await self._held_s(error.retry_after_s)
            raise

    async def _held_s(self, asked_s: float | None) -> float:
        """Make a 429 known to all; how long everybody waits now."""
        if self._pacer is not None:
            return await self._pacer.hold(asked_s, refused=True)
        return asked_s or DEFAULT_HOLD_S

    async def _exchange(
        self, method: str, path: str, query: Query, content: bytes
    ) -> tuple[int, httpx.Headers, bytes]:
        request = self._request(method, self._prefix + path, query, content)
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                response = await self._transport.handle_async_request(request)
                try:
                    return response.status_code, response.headers, await self._body(response)
                finally:
                    await response.aclose()
        except _BROKEN as error:
            # The exception's text may hold the URL, and that an email.
            reason = type(error.__cause__ or error).__name__
            if never_sent(error):
                advice = f"ASCIP can't be reached ({why(error)}): check network and ascip.base_url"
                raise Transient(advice, code=Trouble.UNREACHABLE.value) from None
            raise lost(f"no answer ({reason})", "no_answer", write=method != "GET") from None

    def _request(self, method: str, path: str, query: Query, content: bytes) -> httpx.Request:
        headers = self._signer.headers(method, path, query, content)
        headers["Accept"] = "application/json"
        headers["Accept-Encoding"] = "gzip, deflate"
        if content:
            headers["Content-Type"] = "application/json"
        url = f"{self._origin}{path}?{encoded(query)}" if query else self._origin + path
        return httpx.Request(
            method, url, headers=headers, content=content or None, extensions=self._extensions
        )

    async def _body(self, response: httpx.Response) -> bytes:
        """The body, counted after decompression so that a small bomb is stopped too."""
        # One layer makes at most a thousand bytes of one; of a bomb within a bomb that isn't true.
        if response.headers.get("content-encoding", "identity").strip().lower() not in _ENCODINGS:
            raise Garbled("the answer is encoded in a way nobody asked for")
        chunks, size = [], 0
        async for chunk in response.aiter_bytes():
            size += len(chunk)
            if size > self._settings.max_body_bytes:
                raise Garbled("the answer is too large")
            chunks.append(chunk)
        return b"".join(chunks)

    def _session(self) -> aiohttp.ClientSession:
        return make_session(
            secure=self._origin.startswith("https:"),
            concurrency=self._settings.concurrency,
            timeout_s=self._settings.timeout_s,
        )


def never_sent(error: BaseException) -> bool:
    """Whether the request can't have left.

    httpx-aiohttp calls a reset a `ConnectTimeout` too, so what aiohttp raised below decides.
    """
    cause = error.__cause__ or error
    if isinstance(cause, aiohttp.ClientError):
        early = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)
        return isinstance(cause, early)
    return isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
