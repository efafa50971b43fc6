"""Why ASCIP can't be reached is said in words, by the client of the runs and by the check alike."""

import asyncio
import http.server
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from shared.adapters.lms.probes import Access, probe
from shared.adapters.lms.signing import Signer
from shared.adapters.lms.transport import Wire, WireSettings
from shared.domain.errors import Transient


@pytest.fixture
def plain() -> Iterator[int]:
    """A port that answers without TLS."""
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def closed() -> int:
    """A port where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


def told_by_wire(base_url: str) -> str:
    async def ask() -> None:
        signer = Signer("key", "secret", lambda: 1763600000.0, lambda: "nonce-1")
        wire = Wire(WireSettings(base_url=base_url, timeout_s=3), signer)
        try:
            await wire.call("GET", "/tenant", lambda data: data)
        finally:
            await wire.close()

    with pytest.raises(Transient) as caught:
        asyncio.run(ask())
    assert caught.value.code == "unreachable"
    return str(caught.value)


def told_by_check(base_url: str) -> str:
    access = Access(base_url=base_url, key_id="key", secret="secret", rate_per_s=1)
    (finding,) = probe(access).look()
    return finding.detail


@pytest.mark.parametrize("told", [told_by_wire, told_by_check])
def test_each_cause_has_its_words(told: Callable[[str], str], plain: int, closed: int) -> None:
    assert "its name is not known" in told("http://nohost.invalid/api/v1")
    assert "the connection is refused" in told(f"http://127.0.0.1:{closed}/api/v1")
    assert "what answers there doesn't speak TLS" in told(f"https://127.0.0.1:{plain}/api/v1")
