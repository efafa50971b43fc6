"""The connections to the LMS: what they never do by themselves. Used by `Wire`."""

import socket
import ssl

import aiohttp
from aiohttp.connector import Connection

from shared.adapters.lms.retry import require_owner

#: Below the usual 5 s of servers: a connection they just closed would cost a write its certainty.
_KEEPALIVE_S = 4.0


def make_session(*, secure: bool, concurrency: int, timeout_s: float) -> aiohttp.ClientSession:
    """At most ``concurrency`` connections; what wasn't delivered after ``timeout_s`` is thrown away."""
    milliseconds = round(timeout_s * 1000)

    def make_socket(address: aiohttp.AddrInfoType) -> socket.socket:
        made = socket.socket(*address[:3])
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            # Otherwise the system goes on to deliver for minutes what a closed connection still had to
            # send: a write would arrive after anybody looked for it, once the network is back.
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        return made

    connector = aiohttp.TCPConnector(
        limit=concurrency,
        keepalive_timeout=_KEEPALIVE_S,
        ssl=ssl.create_default_context() if secure else True,
        socket_factory=make_socket,
    )
    session = aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), request_class=_OwnedRequest
    )
    # aiohttp resends GET and PUT after a reset by itself: the nonce would come twice, and a
    # write too. There is no public switch; a test against a resetting server watches this.
    session._retry_connection = False  # noqa: SLF001
    return session


class _OwnedRequest(aiohttp.ClientRequest):
    """Asks once more when the connection is there: that may take seconds, and the first byte is next."""

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        require_owner()
        return await super().send(conn)
