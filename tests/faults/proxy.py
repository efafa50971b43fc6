"""A TCP proxy on one edge between two parts, which can make the network as bad as it gets.

Every mode is about connections that stand and those to come, at once; `OPEN` heals.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

_CHUNK = 65536
_RESET = struct.pack("ii", 1, 0)
#: A Unix socket, or a host and a port.
Upstream = str | tuple[str, int]


class Mode(StrEnum):
    """What the network does."""

    OPEN = "everything passes"
    SLOW = "everything passes, later"
    SLICED = "everything passes, in crumbs"
    SILENT = "connections stand, and nothing passes"
    HALF_OPEN = "what is asked passes, what is answered doesn't"
    DOWN = "connections end, and none is made"


@dataclass(eq=False, slots=True)
class _Connection:
    """Both ends, and the tasks that carry between them."""

    ends: list[asyncio.StreamWriter]
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def end(self) -> None:
        """By reset, as a machine that is gone does."""
        for task in self.tasks:
            task.cancel()
        for writer in self.ends:
            sock = writer.get_extra_info("socket")
            if sock is not None:
                with suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()


class Network:
    """The thread that all proxies of a plant work in."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="network", daemon=True)
        self._thread.start()

    def ask(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Carry it out there."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    def close(self) -> None:
        self.ask(_let_end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _let_end() -> None:
    """What was aborted ends in the loop's next round."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0)


class FaultProxy:
    """Listens on a port of its own; `mode` changes what it lets through."""

    def __init__(self, network: Network, upstream: Upstream) -> None:
        self._network, self._upstream = network, upstream
        self._mode = Mode.OPEN
        self._connections: set[_Connection] = set()
        #: Called with what a client sends, before it passes; what it answers passes instead of it.
        self.on_sent: Callable[[bytes], bytes] = lambda data: data
        self.late_s = 0.05
        self._server = network.ask(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    @property
    def mode(self) -> Mode:
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._network.ask(self._turn(mode))

    def mode_from_within(self, mode: Mode) -> None:
        """From `on_sent`, which is called by the proxy itself: what stands is kept."""
        self._mode = mode

    def cut(self) -> None:
        """End what stands; new connections are made."""
        self._network.ask(self._cut())

    def forget(self) -> None:
        """What stands says nothing more, as after a firewall forgot it; new connections are made."""
        self._network.ask(self._forget())

    def close(self) -> None:
        self._network.ask(self._close())

    async def _turn(self, mode: Mode) -> None:
        # What was held back is lost with its connection, as after a router's restart.
        if self._mode in (Mode.SILENT, Mode.HALF_OPEN) or mode is Mode.DOWN:
            await self._cut()
        self._mode = mode

    async def _cut(self) -> None:
        for connection in list(self._connections):
            connection.end()
        self._connections.clear()

    async def _forget(self) -> None:
        for connection in self._connections:
            for end in connection.ends:
                end.transport.pause_reading()  # type: ignore[attr-defined]  # of a socket's transport

    async def _close(self) -> None:
        self._server.close()
        await self._cut()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection([writer])
        if self._mode is Mode.DOWN:
            connection.end()
            return
        self._connections.add(connection)
        try:
            far_reader, far_writer = await self._connect()
        except OSError:
            connection.end()
            self._connections.discard(connection)
            return
        connection.ends.append(far_writer)
        if connection not in self._connections:  # cut meanwhile
            connection.end()
            return
        connection.tasks = [
            asyncio.create_task(self._carry(reader, far_writer, sent=True)),
            asyncio.create_task(self._carry(far_reader, writer, sent=False)),
        ]
        await asyncio.wait(connection.tasks, return_when=asyncio.FIRST_COMPLETED)
        if connection in self._connections:
            self._connections.discard(connection)
            for task in connection.tasks:
                task.cancel()
            for end in connection.ends:
                end.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._upstream, str):
            return await asyncio.open_unix_connection(self._upstream)
        return await asyncio.open_connection(*self._upstream)

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, sent: bool
    ) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(_CHUNK):
                await self._wait_while_held(sent=sent)
                if sent:
                    data = self.on_sent(data)
                await self._pass(data, writer)

    async def _wait_while_held(self, *, sent: bool) -> None:
        if self._mode is Mode.SILENT or (self._mode is Mode.HALF_OPEN and not sent):
            # What is held back never passes: its connection ends when the network heals.
            await asyncio.Event().wait()
        if self._mode is Mode.SLOW:
            await asyncio.sleep(self.late_s)

    async def _pass(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        size = 7 if self._mode is Mode.SLICED else len(data)
        for first in range(0, len(data), max(size, 1)):
            writer.write(data[first : first + size])
            await writer.drain()
            if size < len(data):
                await asyncio.sleep(0)
