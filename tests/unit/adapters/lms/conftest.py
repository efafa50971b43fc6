"""A clock that only sleeping moves, and a wire to a router instead of a network."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import respx

from shared.adapters.lms.signing import Signer
from shared.adapters.lms.transport import Wire, WireSettings
from tests.unit.adapters.lms.fake_time import FakeTime

BASE = "https://lms.example/api/v1"


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def router() -> respx.Router:
    return respx.Router(assert_all_called=False, base_url=BASE)


@pytest.fixture
def wire(router: respx.Router) -> Callable[..., Wire]:
    """Makes a wire inside the running loop."""

    def make(
        max_body_bytes: int = 10_000,
        transport: httpx.AsyncBaseTransport | None = None,
        **parts: Any,
    ) -> Wire:
        signer = Signer("key", "secret", lambda: 1763600000.0, lambda: "nonce-1")
        settings = WireSettings(base_url=BASE, timeout_s=0.2, max_body_bytes=max_body_bytes)
        routed = transport or httpx.MockTransport(router.async_handler)
        return Wire(settings, signer, transport=routed, **{"now": lambda: 1763600000.0, **parts})

    return make
