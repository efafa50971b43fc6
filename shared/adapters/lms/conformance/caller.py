"""Sends the requests of the check: sound ones, and wrong ones on purpose.

The engine's own client can't be used: it never sends what is wrong, and it repairs what it gets.
"""

import json
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx

from shared.adapters.lms.answers import DEFAULT_HOLD_S, retry_after_s
from shared.adapters.lms.conformance.judging import NoAnswer
from shared.adapters.lms.conformance.pace import Pace
from shared.adapters.lms.shapes import Garbled, word
from shared.adapters.lms.signing import Query, Signer, encoded
from shared.adapters.lms.unreachable import bad_certificate
from shared.domain.canonical import Json, canonical

TIMEOUT_S = 10.0
MAX_BODY_BYTES = 4 * 1024 * 1024
#: How long one request waits for the LMS to let it in.
PATIENCE_S = 60.0
#: Before a GET without a usable answer is sent once more.
_AGAIN_S = 1.0
_AT_ONCE = 32

#: Changes a signed request just before it is sent.
Bend: TypeAlias = Callable[[httpx.Request], httpx.Request]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. ``asked`` is method and path without the query, which may hold an email."""

    asked: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> object:
        """The JSON, whatever the content type says. Raises `Garbled`."""
        try:
            data: object = json.loads(self.body)
        except (ValueError, RecursionError):
            raise Garbled(f"the answer to {self.asked} ({self.status}) is not JSON") from None
        return data

    @property
    def error(self) -> Mapping[str, object]:
        """`error`, with what may stand beside it (`personId`, `serverTime`); empty without one."""
        try:
            data = self.document
        except Garbled:
            return {}
        inner = data.get("error") if isinstance(data, dict) else None
        return {**data, **inner} if isinstance(data, dict) and isinstance(inner, dict) else {}

    @property
    def code(self) -> str:
        """The code of an error; empty without one."""
        code = self.error.get("code")
        return word(code) if isinstance(code, str) and code else ""

    @property
    def said(self) -> str:
        """Status and code."""
        return f"{self.status} {self.code}".strip()


class Caller:
    """Signs and sends one request after the other, as fast as the LMS allows.

    Unless it ``may_write`` nothing but a GET leaves it.
    """

    def __init__(
        self,
        base_url: str,
        key_id: str,
        secret: str,
        *,
        may_write: bool,
        pace: Pace | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        parts = urlsplit(base_url)
        self._origin, self._prefix = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
        self._key_id, self._secret = key_id, secret
        self._may_write = may_write
        self.pace = pace or Pace()
        self.requests = 0
        self._counting = threading.Lock()  # a burst comes from several threads
        # The environment's proxies and certificates are not taken: the engine doesn't take them.
        self._client = httpx.Client(
            timeout=TIMEOUT_S,
            trust_env=False,
            verify=ssl.create_default_context(),
            transport=transport,
        )

    def close(self) -> None:
        """Release connections."""
        self._client.close()

    def signer(self, *, key_id: str | None = None, shift_s: float = 0.0) -> Signer:
        """Another key id, or a clock that is off, may be wanted."""
        return Signer(
            key_id or self._key_id,
            self._secret,
            lambda: time.time() + shift_s,
            lambda: secrets.token_hex(12),
        )

    def send(
        self,
        method: str,
        path: str,
        query: Query = (),
        body: Json = None,
        *,
        signer: Signer | None = None,
        bend: Bend | None = None,
    ) -> Answer:
        """The answer, whatever it is but a 429; every attempt is signed anew, then bent.

        Raises:
            NoAnswer: none that can be used, or the LMS wants a longer wait than a minute.
        """
        signs = signer or self.signer()

        def make() -> httpx.Request:
            request = self._request(signs, method, path, query, body)
            return bend(request) if bend else request

        return self.patiently(make)

    def patiently(self, make: Callable[[], httpx.Request]) -> Answer:
        """Send what ``make`` gives until the LMS lets it in; a GET without an answer once more."""
        waited_s, again = 0.0, True
        while True:
            request = make()
            self.pace.turn()
            try:
                answer = self._usable(request)
            except NoAnswer:
                if request.method != "GET" or not again:
                    raise
                again = False
                self.pace.hold(_AGAIN_S)
                continue
            if answer.status != HTTPStatus.TOO_MANY_REQUESTS:
                return answer
            hold_s = self.hold_as_told(answer)
            waited_s += hold_s
            if waited_s > PATIENCE_S:
                raise NoAnswer(f"the LMS asks to wait for {hold_s:.0f} s more")

    def _usable(self, request: httpx.Request) -> Answer:
        answer = self.exchange(request)
        if request.method == "GET" and answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise NoAnswer(f"{answer.asked} was answered {answer.said}")
        return answer

    def hold_as_told(self, refused: Answer) -> float:
        """Let nothing leave before a 429 says so; the seconds."""
        hold_s = retry_after_s(refused.headers, time.time()) or DEFAULT_HOLD_S
        self.pace.hold(min(hold_s, PATIENCE_S))
        return hold_s

    def burst(self, most: int) -> Answer | None:
        """Up to ``most`` reads as fast as they go; the first 429, if there is one."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for _wave in range(0, most, _AT_ONCE):
                requests = [self._request(self.signer(), "GET", "/tenant") for _ in range(_AT_ONCE)]
                for answer in list(pool.map(self.exchange, requests)):
                    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
                        return answer
        return None

    def exchange(self, request: httpx.Request) -> Answer:
        """One request, one answer: everything that is sent goes through here.

        Raises:
            NoAnswer: no connection, none in time, cut short, or too large.
        """
        if request.method != "GET" and not self._may_write:
            raise RuntimeError("a check that may only read was about to write")
        asked = f"{request.method} {request.url.path.removeprefix(self._prefix)}"
        with self._counting:
            self.requests += 1
        deadline_s = time.monotonic() + TIMEOUT_S
        body = bytearray()
        try:
            response = self._client.send(request, stream=True)
            try:
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MAX_BODY_BYTES:
                        raise NoAnswer(f"the answer to {asked} is too large")
                    if time.monotonic() > deadline_s:
                        raise NoAnswer(f"the answer to {asked} took longer than {TIMEOUT_S:.0f} s")
            finally:
                response.close()
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise NoAnswer(f"no answer to {asked} ({_reason(error)})") from None
        self.pace.note(response.headers)
        return Answer(
            asked=asked, status=response.status_code, headers=response.headers, body=bytes(body)
        )

    def _request(
        self, signer: Signer, method: str, path: str, query: Query = (), body: Json = None
    ) -> httpx.Request:
        content = b"" if body is None else canonical(body)
        headers = signer.headers(method, self._prefix + path, query, content)
        headers["Accept"] = "application/json"
        if content:
            headers["Content-Type"] = "application/json"
        url = f"{self._origin}{self._prefix}{path}"
        if query:
            url += f"?{encoded(query)}"
        return httpx.Request(method, url, headers=headers, content=content or None)


def _reason(error: Exception) -> str:
    """Without the error's text: that may hold the URL, and the URL an email."""
    return bad_certificate(error) or type(error).__name__
