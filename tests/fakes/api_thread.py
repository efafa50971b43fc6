"""The REST interface and the console on a real socket, in a thread of the test's process."""

import asyncio
import itertools
import socket
import ssl
import threading
import time
from functools import cache
from typing import Any, ClassVar, cast

import httpx
import uvicorn

from services.web.server import configured
from services.web.site import Site
from shared.domain.access import Role, Scope
from shared.domain.audit import SYSTEM
from shared.domain.errors import Conflict
from shared.http.service import Service
from shared.observability import configure_logging
from shared.pipeline import access, accounts
from shared.pipeline.change_password import change_password
from shared.pipeline.sign_in import sign_in

#: Of everybody who uses `browser`.
PASSWORD = "plums on a windowsill"


@cache
def no_tls() -> ssl.SSLContext:
    """Of all clients: one that loads the certificates of the world takes longer to make than to use."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def listening() -> socket.socket:
    """A socket whose answers go out at once.

    asyncio sees to that for sockets it makes itself. A body that waits until the head was
    acknowledged comes 40 ms late.
    """
    made = socket.create_server(("127.0.0.1", 0))
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


class _Server(uvicorn.Server):
    """Looks ten times as often as uvicorn whether it is to end: a test waits for that."""

    async def main_loop(self) -> None:
        ticks = itertools.count()
        while not await self.on_tick(next(ticks) // 10):  # noqa: ASYNC110  # a flag of uvicorn's
            await asyncio.sleep(0.01)


class ApiThread:
    """One server; `caller` gives a client that shows a key."""

    #: Made from the code alone, in half a second: the first one serves for all.
    _document: ClassVar[dict[str, Any] | None] = None

    def __init__(self, service: Service) -> None:
        configure_logging()  # as its process does
        self.service, self.tools = service, service.tools
        config = configured(service)
        config.timeout_graceful_shutdown = 1
        self.app = cast("Site", config.app).rest
        self.app.openapi_schema = self._document
        self._server = _Server(config)
        listener = listening()
        self.port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, daemon=True
        )
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        self._clients: list[httpx.Client] = []

    def close(self) -> None:
        ApiThread._document = self.app.openapi_schema
        for client in self._clients:
            client.close()
        self._server.should_exit = True
        self._thread.join(10)

    def key(self, *roles: Role, user: str = "", scopes: tuple[Scope, ...] = (), **more: Any) -> str:
        """A key of a user with these roles, or a program's with these scopes."""
        if roles:
            user = user or roles[0].value
            access.put_user(self.tools, user, roles, SYSTEM)
        wanted = access.NewKey(name="test", user_name=user or None, scopes=scopes, **more)
        return access.create_key(self.tools, wanted, SYSTEM)[1]

    def client(self, key: str | None = None) -> httpx.Client:
        """A client that shows this key, or none."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        made = httpx.Client(
            base_url=self.url, headers=headers, timeout=30, trust_env=False, verify=no_tls()
        )
        self._clients.append(made)
        return made

    def browser(self, *roles: Role, user: str = "") -> httpx.Client:
        """A client that somebody with these roles has signed in with."""
        user = user or roles[0].value
        access.put_user(self.tools, user, roles, SYSTEM)
        token = sign_in(self.tools, user, PASSWORD) or self._first_time(user, roles)
        made = self.client()
        made.cookies.set("ascip_session", token, domain="127.0.0.1")
        return made

    def _first_time(self, user: str, roles: tuple[Role, ...]) -> str:
        try:
            present = accounts.create_account(self.tools, user, roles, SYSTEM)
        except Conflict:
            present = accounts.reset_password(self.tools, user, SYSTEM)
        token = sign_in(self.tools, user, present)
        changed = change_password(self.tools, token or "", present, PASSWORD)
        return (changed and changed.token) or ""

    def caller(self, *roles: Role, user: str = "") -> httpx.Client:
        """A client of a user with these roles."""
        return self.client(self.key(*roles, user=user))
