"""One HTTP exchange with what faults need around it: the socket, the journal, the plain answer.

Used by `app`, `hostile` and `endings`.
"""

import asyncio
import socket
import struct
from dataclasses import dataclass

from aiohttp import web

from .api import Api
from .journal import Journal
from .late import LateEffects
from .messages import Answer, Request
from .model import Effect

_JSON = "application/json; charset=utf-8"


@dataclass(slots=True, kw_only=True)
class Exchange:
    http: web.BaseRequest
    request: Request
    api: Api
    journal: Journal
    late: LateEffects
    connection: int
    #: names of the faults that hit it, for the journal
    fault: str | None = None

    def answer(self) -> Answer:
        return self.api.answer(self.request)

    def record(self, status: int, effect: Effect) -> int:
        request = self.request
        return self.journal.add(
            (request.method, request.path, request.query),
            status=status,
            effect=effect,
            body_sha256=request.body_sha256,
            connection=self.connection,
            fault=self.fault,
        )

    def send(self, answer: Answer) -> web.Response:
        self.record(answer.status, answer.effect)
        headers = answer.headers
        if answer.body:
            headers.setdefault("Content-Type", _JSON)
        return web.Response(status=answer.status, body=answer.body, headers=headers)

    def drop(self, *, reset: bool = True) -> web.Response:
        """Ends the connection without an answer: by RST, or by a plain close."""
        transport = self.http.transport
        if transport is not None:
            sock = transport.get_extra_info("socket")
            if reset and sock is not None:
                linger = struct.pack("ii", 1, 0)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            transport.abort()
        # Never reaches the client: the server finds the transport closed and gives up quietly.
        return web.Response(status=500)

    async def wait_for_client_to_leave(self, longest_s: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + longest_s
        while loop.time() < end:
            transport = self.http.transport
            if transport is None or transport.is_closing():
                return
            await asyncio.sleep(0.05)
