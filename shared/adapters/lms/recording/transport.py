"""Transports that hand requests on, and what came of them to a `Recorder`."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from shared.adapters.lms.recording.recorder import Answer, Broke, Exchange, Mark, Recorder
from shared.adapters.lms.transport import never_sent

#: Who waits that much of a time limit and is canceled then met the limit: `Wire` cancels.
_LIMIT_MET = 0.95


class RecordingTransport(httpx.AsyncBaseTransport):
    """Of the client. Changes nothing for its caller but that bodies arrive decompressed."""

    def __init__(self, inner: httpx.AsyncBaseTransport, recorder: Recorder) -> None:
        self._inner, self._recorder = inner, recorder

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        asked = _Asked(self._recorder, self._recorder.mark(), request)
        try:
            answer = await self._inner.handle_async_request(request)
        except BaseException as error:
            asked.ended(None, asked.broke(error))
            raise
        return _passed_on(answer, _OverheardAsync(_Overheard(asked, answer)))

    async def aclose(self) -> None:
        await self._inner.aclose()
        self._recorder.close()


class RecordingSyncTransport(httpx.BaseTransport):
    """The same for checks, which have a synchronous client."""

    def __init__(self, inner: httpx.BaseTransport, recorder: Recorder) -> None:
        self._inner, self._recorder = inner, recorder

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked = _Asked(self._recorder, self._recorder.mark(), request)
        try:
            answer = self._inner.handle_request(request)
        except BaseException as error:
            asked.ended(None, asked.broke(error))
            raise
        return _passed_on(answer, _OverheardSync(_Overheard(asked, answer)))

    def close(self) -> None:
        self._inner.close()
        self._recorder.close()


def direct(base_url: str, folder: Path, engine_version: str) -> RecordingSyncTransport:
    """A recorded way to an LMS that takes nothing from the environment, proxies included."""
    recorder = Recorder(folder, base_path=urlsplit(base_url).path, engine_version=engine_version)
    plain = httpx.HTTPTransport(verify=ssl.create_default_context(), trust_env=False)
    return RecordingSyncTransport(plain, recorder)


def _passed_on(
    answer: httpx.Response, stream: httpx.AsyncByteStream | httpx.SyncByteStream
) -> httpx.Response:
    headers = [item for item in answer.headers.multi_items() if item[0] != "content-encoding"]
    return httpx.Response(
        answer.status_code, headers=headers, stream=stream, extensions=answer.extensions
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request that was sent."""

    recorder: Recorder
    mark: Mark
    request: httpx.Request

    def ended(self, answer: Answer | None, broke: Broke | None) -> None:
        self.recorder.record(
            Exchange(mark=self.mark, request=self.request, answer=answer, broke=broke)
        )

    def broke(self, error: BaseException) -> Broke:
        """What an error on the way says."""
        if isinstance(error, asyncio.CancelledError):
            limit_s = self.request.extensions.get("timeout", {}).get("read")
            waited_s = self.recorder.elapsed_ms(self.mark) / 1000
            met = limit_s is not None and waited_s >= limit_s * _LIMIT_MET
            return Broke.TIMEOUT if met else Broke.CANCELED
        if never_sent(error):
            return Broke.UNREACHABLE
        if isinstance(error, httpx.DecodingError):
            return Broke.UNDECODABLE
        # httpx-aiohttp calls a reset a `ConnectTimeout`: what aiohttp raised below decides.
        cause = error.__cause__ or error
        late = isinstance(cause, httpx.TimeoutException | TimeoutError)
        return Broke.TIMEOUT if late else Broke.RESET


@dataclass(slots=True)
class _Overheard:
    """An answer whose body is on its way to the caller."""

    asked: _Asked
    answer: httpx.Response
    body: bytearray = field(default_factory=bytearray)
    whole: bool = False
    broke: Broke | None = None

    def failed(self, error: BaseException) -> None:
        """Note why there is no more; a caller who has read enough is no failure."""
        if not isinstance(error, GeneratorExit):
            self.broke = self.asked.broke(error)

    def ended(self) -> None:
        """Record it: the caller has closed it."""
        answer = Answer(
            status=self.answer.status_code, headers=self.answer.headers,
            body=bytes(self.body), whole=self.whole,
        )  # fmt: skip
        self.asked.ended(answer, self.broke)


class _OverheardAsync(httpx.AsyncByteStream):
    def __init__(self, overheard: _Overheard) -> None:
        self._overheard = overheard

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._overheard.answer.aiter_bytes():
                self._overheard.body += chunk
                yield chunk
            self._overheard.whole = True
        except BaseException as error:
            self._overheard.failed(error)
            raise

    async def aclose(self) -> None:
        self._overheard.ended()
        await self._overheard.answer.aclose()


class _OverheardSync(httpx.SyncByteStream):
    def __init__(self, overheard: _Overheard) -> None:
        self._overheard = overheard

    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self._overheard.answer.iter_bytes():
                self._overheard.body += chunk
                yield chunk
            self._overheard.whole = True
        except BaseException as error:
            self._overheard.failed(error)
            raise

    def close(self) -> None:
        self._overheard.ended()
        self._overheard.answer.close()
