"""The simulator without a socket: the LMS adapter's calls reach its API in the same process.

A call costs a tenth of one over HTTP. Its writes can be made to fail in the ways that matter for
what is done once, and whoever watches is told of each.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Protocol

import httpx

from services.simulator.api import Api
from services.simulator.late import LateEffects
from services.simulator.limiter import Limiter
from services.simulator.messages import Answer, Request
from services.simulator.model import Dump, Effect
from services.simulator.signature import Key, Verifier
from services.simulator.state import State
from shared.adapters.lms.retry import Retry
from shared.adapters.lms.settle import SettlePace
from shared.adapters.lms.target import AscipLms, LmsSettings
from tests.fakes.dying import Killed
from tests.fakes.simulator_thread import KEY_ID, SECRET

BASE_URL = "http://ascip.example/api/v1"
_JSON = "application/json; charset=utf-8"


class WriteFault(StrEnum):
    """What becomes of one write."""

    REFUSED = "it is refused with 503, and a time for another try"
    NEVER_ARRIVED = "the connection breaks before it arrives"
    ANSWER_LOST = "it takes effect, and its answer is lost"
    LATE = "its answer is lost, and it takes effect after two more requests"
    DIES_BEFORE = "the worker is killed before it arrives"
    DIES_AFTER = "the worker is killed after its effect"


class Watcher(Protocol):
    """Who looks at what is written."""

    @property
    def at_work(self) -> str | None:
        """The run that somebody works on now."""
        ...

    def arrived(self, run_id: str | None, method: str, path: str, body: bytes) -> None:
        """A write that was sent for a run has arrived; it takes effect now, if it has any."""
        ...

    def changed(self, run_id: str | None, effect: Effect) -> None:
        """It took effect."""
        ...


@dataclass(frozen=True, slots=True)
class _Write:
    request: Request
    run_id: str | None


class LmsInProcess(httpx.AsyncBaseTransport):
    """See the module; made for the adapter's `transport`."""

    def __init__(self, dump: Dump, watcher: Watcher) -> None:
        verifier = Verifier({KEY_ID: Key(secret=SECRET.encode())})
        self.api = Api(State(dump), verifier, Limiter(0, 1))
        self._watcher = watcher
        self._late = LateEffects()
        #: Which write from now on is hit, counted from 1, and by what.
        self.fault: tuple[int, WriteFault] | None = None
        #: The worker that calls is dead: nothing it sends arrives.
        self.dead = False
        #: Nobody answers.
        self.down = False
        #: The key is refused.
        self.refusing = False

    @property
    def state(self) -> State:
        """The tenant as it is."""
        return self.api.state

    def heal(self) -> None:
        """No more faults."""
        self.fault, self.dead, self.down, self.refusing = None, False, False, False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.dead:
            raise Killed
        if self.down:
            raise httpx.ConnectError("down")
        self._late.request_arrived()
        arrived = _request(request)
        if self.refusing:
            return httpx.Response(401, content=b'{"error":{"code":"unknown_key","message":"no"}}')
        if request.method == "GET":
            return _response(self.api.answer(arrived))
        return self._write(_Write(arrived, self._watcher.at_work), self._next_fault())

    def _next_fault(self) -> WriteFault | None:
        if self.fault is None:
            return None
        number, fault = self.fault
        if number > 1:
            self.fault = number - 1, fault
            return None
        self.fault = None
        return fault

    def _write(self, write: _Write, fault: WriteFault | None) -> httpx.Response:
        match fault:
            case WriteFault.REFUSED:
                return httpx.Response(503, headers={"Retry-After": "1"}, content=b"{}")
            case WriteFault.NEVER_ARRIVED:
                raise httpx.ReadError("reset")
            case WriteFault.DIES_BEFORE:
                self.dead = True
                raise Killed
            case WriteFault.LATE:
                self._late.after_requests(2, partial(self._take_effect_late, write))
                raise httpx.ReadError("reset")
            case _:
                answer = self._take_effect(write)
        if fault is WriteFault.ANSWER_LOST:
            raise httpx.ReadError("reset")
        if fault is WriteFault.DIES_AFTER:
            self.dead = True
            raise Killed
        return _response(answer)

    def _take_effect_late(self, write: _Write) -> None:
        self._take_effect(write)

    def _take_effect(self, write: _Write) -> Answer:
        request = write.request
        self._watcher.arrived(write.run_id, request.method, request.path, request.body)
        answer = self.api.answer(request)
        if answer.effect:
            self._watcher.changed(write.run_id, answer.effect)
        return answer


def adapter_over(transport: httpx.AsyncBaseTransport) -> AscipLms:
    """The LMS adapter over it; its clock stands still but for what it sleeps, so waiting costs nothing."""
    clock = _Sleeper()
    settings = LmsSettings(
        base_url=BASE_URL, key_id=KEY_ID, secret=SECRET, rate_per_s=0, concurrency=4, timeout_s=5,
        patience_s=0.05,
    )  # fmt: skip
    return AscipLms(
        settings,
        transport=transport,
        pace=SettlePace(
            window_s=10, lag_s=5, first_s=1, most_s=5, sleep=clock.sleep, clock=clock.now
        ),
        retry=Retry(attempts=3, sleep=clock.sleep, clock=clock.now, jitter=_Sleeper.half),
    )


class _Sleeper:
    def __init__(self) -> None:
        self._now_s = 0.0

    async def sleep(self, seconds: float) -> None:
        self._now_s += seconds

    def now(self) -> float:
        return self._now_s

    @staticmethod
    def half() -> float:
        return 0.5


def _request(request: httpx.Request) -> Request:
    body = request.content if request.method != "GET" else b""
    path, _, query = request.url.raw_path.decode().partition("?")
    return Request(
        method=request.method, path=path, query=query, headers=request.headers, body=body,
        body_sha256=hashlib.sha256(body).hexdigest(), request_id="req-1",
    )  # fmt: skip


def _response(answer: Answer) -> httpx.Response:
    headers: dict[str, Any] = {"Content-Type": _JSON, **answer.headers}
    return httpx.Response(answer.status, content=answer.body, headers=headers)
