"""`AscipLms`: the ASCIP LMS behind the `Target` port, synchronous outside, concurrent inside."""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from shared.adapters.lms.apply import apply
from shared.adapters.lms.breaker import Breaker
from shared.adapters.lms.limiter import ValkeyLimiter
from shared.adapters.lms.loop import LoopThread, together, wind_up
from shared.adapters.lms.pacing import Pacer
from shared.adapters.lms.reads import Reads
from shared.adapters.lms.recording.recorder import Recorder
from shared.adapters.lms.recording.transport import RecordingTransport
from shared.adapters.lms.retry import PATIENCE_S, Retry, piece
from shared.adapters.lms.settle import SettlePace
from shared.adapters.lms.signing import Signer
from shared.adapters.lms.stream import Stream
from shared.adapters.lms.tally import Tally
from shared.adapters.lms.transport import Wire, WireSettings
from shared.adapters.lms.verify import verify
from shared.adapters.lms.writes import Lms
from shared.domain.errors import Transient
from shared.domain.snapshot import Login, Person, Reference
from shared.ports.limiter import Limiter
from shared.ports.target import (
    Attempt,
    CallCount,
    MissingDetail,
    Outcome,
    PeopleList,
    Target,
    Verified,
)

#: A late effect of a call that timed out may show this long after it.
_SETTLE_EXTRA_S = 15.0
#: Beyond two sends, each with its timeout and its settle window.
_PIECE_EXTRA_S = 20.0


def _nonce() -> str:
    return secrets.token_hex(12)


@dataclass(frozen=True, slots=True, kw_only=True)
class LmsSettings:
    """Plain values for the adapter: seconds, calls a second (0: no limit), calls in flight."""

    base_url: str
    key_id: str
    secret: str = field(repr=False)
    rate_per_s: float = 10.0
    concurrency: int = 32
    timeout_s: float = 30.0
    detail_retries: int = 1
    #: How long a lost effect is looked for; None: ``timeout_s`` + 15.
    settle_window_s: float | None = None
    #: How long a hold or an open breaker is waited for inside a call.
    patience_s: float = PATIENCE_S
    #: A folder for redacted exchanges, each process with a file of its own; None: nothing is kept.
    record: Path | None = None
    #: Noted in recordings.
    engine_version: str = "unknown"


class AscipLms(Target):
    """Owns one loop thread and one client, both made by the first call and kept until `close`.

    Made before a fork it works in the child; a child must not use it while the parent's calls run.
    ``limiter`` is shared by all processes; without it, or with a rate of 0, nothing is paced.
    """

    def __init__(
        self,
        settings: LmsSettings,
        limiter: Limiter | None = None,
        *,
        now: Callable[[], float] = time.time,
        nonce: Callable[[], str] = _nonce,
        retry: Retry | None = None,
        pace: SettlePace | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._settings = settings
        self._limiter = limiter
        self._now = now
        self._signer = Signer(settings.key_id, settings.secret, now, nonce)
        self._retry = retry or Retry(patience_s=settings.patience_s)
        window_s = settings.settle_window_s
        if window_s is None:
            window_s = settings.timeout_s + _SETTLE_EXTRA_S
        self._pace = pace or SettlePace(window_s=window_s)
        # What is under way when it ends takes a timeout more: 200 s in all with the defaults,
        # within the 240 s that a task may take.
        self._piece_s = 2 * (settings.timeout_s + self._pace.window_s) + _PIECE_EXTRA_S
        self._transport = transport
        self._tally = Tally()
        self._loop = LoopThread()
        self._lms: Lms | None = None
        self._lms_loop: asyncio.AbstractEventLoop | None = None

    def reference(self) -> Reference:
        """See `Target`; a list that can't be read whole is `Transient` (`list_incomplete`)."""
        return self._loop.run(self._reference())

    def list_people(self) -> PeopleList:
        """See `Target`."""
        return self._loop.run(self._list_people())

    def fetch_people(
        self, ids: Sequence[int], *, again: bool = False
    ) -> Iterator[list[Person | MissingDetail]]:
        """See `Target`. Up to 200 results a batch; calls go on while the caller works on one.

        `KeyRefused` and `Transient` are raised after all that was read before has been yielded.
        """
        stream = self._loop.run(self._stream(ids, again=again))
        try:
            while (batch := self._loop.run(stream.take())) is not None:
                yield batch
        finally:
            self._loop.run(stream.stop())

    def group_members(self, group_ids: Iterable[int]) -> dict[int, frozenset[int]]:
        """See `Target`. A group that is gone (404) is left out of the answer."""
        return self._loop.run(self._group_members(list(group_ids)))

    def nobody_has(self, logins: Sequence[Login]) -> list[bool]:
        """See `Target`."""
        return self._loop.run(self._nobody_has(list(logins)))

    def apply(self, attempts: Sequence[Attempt], *, may_send: Callable[[], bool]) -> list[Outcome]:
        """See `Target`; outcomes in the order of ``attempts``, whatever happens on the way.

        `KeyRefused` is a value here, so that no outcome is lost: what was done keeps its outcome,
        what was not is `TRANSIENT` with code `key_refused`, and nothing more is sent; what was
        sent without an answer is `UNKNOWN` with that code. The caller pauses the run on the code.
        """
        return self._loop.run(self._apply(attempts, may_send))

    def verify(self, attempts: Sequence[Attempt]) -> list[Verified]:
        """See `Target`."""
        return self._loop.run(self._verify(attempts))

    def ping(self) -> None:
        """See `Target`."""
        self._loop.run(self._ping())

    def held_s(self) -> float:
        """See `Target`; the limiter knows it for all processes."""
        if self._limiter is None:
            return 0.0
        try:
            return self._loop.run(self._limiter.held_s())
        except Transient:
            return 0.0

    def take_calls(self) -> list[CallCount]:
        """See `Target`. Paths are templates: no label can hold a value."""
        return self._tally.take()

    def close(self) -> None:
        """Release connections and the loop; the next call makes new ones."""
        if self._loop.running:
            self._loop.run(self._disconnect())
        self._lms = None
        self._loop.close()

    async def _reference(self) -> Reference:
        return await self._connected().reads.reference()

    async def _list_people(self) -> PeopleList:
        return await self._connected().reads.list_people()

    async def _group_members(self, group_ids: list[int]) -> dict[int, frozenset[int]]:
        return await self._connected().reads.group_members(group_ids)

    async def _nobody_has(self, logins: list[Login]) -> list[bool]:
        return await together(map(self._connected().reads.nobody_has, logins))

    async def _stream(self, ids: Sequence[int], *, again: bool) -> Stream[Person | MissingDetail]:
        detail = partial(self._connected().reads.detail, again=again)
        return Stream(ids, detail, self._settings.concurrency)

    async def _apply(
        self, attempts: Sequence[Attempt], may_send: Callable[[], bool]
    ) -> list[Outcome]:
        with piece(self._piece_s, may_send=may_send):
            return await apply(self._connected(), attempts)

    async def _verify(self, attempts: Sequence[Attempt]) -> list[Verified]:
        with piece(self._piece_s):
            return await verify(self._connected().reads, self._pace, attempts)

    async def _ping(self) -> None:
        await self._connected().reads.tenant()

    def _connected(self) -> Lms:
        """The client of the running loop; a new call may try a key that was refused before."""
        loop = asyncio.get_running_loop()
        if self._lms is None or self._lms_loop is not loop:
            self._lms, self._lms_loop = self._made(), loop
        self._lms.wire.reopen()
        return self._lms

    def _made(self) -> Lms:
        given = self._settings
        patience_s = given.patience_s
        pacer = None
        if self._limiter and given.rate_per_s > 0:
            pacer = Pacer(self._limiter, given.rate_per_s, patience_s=patience_s)
        settings = WireSettings(
            base_url=given.base_url, concurrency=given.concurrency, timeout_s=given.timeout_s
        )
        wire = Wire(
            settings, self._signer, pacer, breaker=Breaker(patience_s=patience_s),
            tally=self._tally, transport=self._transport, wrap=self._recording(), now=self._now,
        )  # fmt: skip
        reads = Reads(wire, self._retry, detail_retries=given.detail_retries)
        return Lms(wire, self._retry, reads, self._pace)

    def _recording(self) -> Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport] | None:
        given = self._settings
        if given.record is None:
            return None
        base_path = urlsplit(given.base_url).path
        recorder = Recorder(
            given.record, base_path=base_path, engine_version=given.engine_version, now=self._now
        )
        return lambda transport: RecordingTransport(transport, recorder)

    async def _disconnect(self) -> None:
        # Calls that an error left behind would open connections that nobody closes.
        await wind_up()
        if self._lms is not None:
            await self._lms.wire.close()
        if isinstance(self._limiter, ValkeyLimiter):
            await self._limiter.close()
