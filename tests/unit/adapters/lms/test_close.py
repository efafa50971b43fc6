"""Closing the client after an error: what the error left running has ended by then."""

import asyncio

import httpx
import pytest

from shared.adapters.lms.retry import Retry
from shared.adapters.lms.target import AscipLms, LmsSettings
from shared.domain.errors import Transient


class HalfDead(httpx.AsyncBaseTransport):
    """Refuses one call and lets the others wait."""

    def __init__(self) -> None:
        self.waiting = 0
        self._all_there = asyncio.Event()
        self.waiting_when_closed = -1

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/tenant"):
            await self._all_there.wait()
            raise httpx.ConnectError("refused")
        self.waiting += 1
        if self.waiting == 4:
            self._all_there.set()
        try:
            await asyncio.sleep(30)
        finally:
            self.waiting -= 1
        raise AssertionError("nobody waits so long")

    async def aclose(self) -> None:
        self.waiting_when_closed = self.waiting


def test_calls_that_an_error_left_behind_end_before_connections_are_released() -> None:
    transport = HalfDead()
    settings = LmsSettings(base_url="https://ascip.example/api/v1", key_id="k", secret="s")
    lms = AscipLms(settings, retry=Retry(attempts=1), transport=transport)
    with pytest.raises(Transient):
        lms.reference()
    lms.close()
    assert transport.waiting_when_closed == 0
