"""The supervisor's life while the servers run: count the pipes, watch the servers."""

import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass

from shared.adapters.embedded import control
from shared.adapters.embedded.errors import EmbeddedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Both servers, running."""

    #: By the name used in messages.
    processes: Mapping[str, subprocess.Popen[bytes]]
    #: What every command is told.
    answer: control.Answer

    def raise_if_dead(self) -> None:
        """One server without the other is of no use to anybody."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise EmbeddedError(
                    f"{name} ended by itself with code {process.returncode}; the other server is "
                    "stopped too. What was committed is kept. Run the command again."
                )


def serve_until_unused(listener: socket.socket, servers: Servers, grace_s: float) -> str:
    """Give the URLs to who connects; returns ``grace_s`` after the last of them has gone."""
    pipes: set[socket.socket] = set()
    unused_since = time.monotonic()
    with selectors.DefaultSelector() as selector:
        child_ended = _child_alarm()
        selector.register(child_ended, selectors.EVENT_READ)
        selector.register(listener, selectors.EVENT_READ)
        servers.raise_if_dead()
        while True:
            patience_s = None if pipes else max(0.0, unused_since + grace_s - time.monotonic())
            events = selector.select(patience_s)
            # Only after a look at the listener: who waits there keeps us alive.
            if not pipes and not events and time.monotonic() >= unused_since + grace_s:
                return f"unused for {grace_s:g} s"
            if pipes:
                unused_since = time.monotonic()
            for key, _ in events:
                if key.fileobj is listener:
                    for pipe in control.accept_all(listener, servers.answer):
                        pipes.add(pipe)
                        selector.register(pipe, selectors.EVENT_READ)
                elif key.fileobj == child_ended:
                    os.read(child_ended, 1024)
                    servers.raise_if_dead()
                elif isinstance(key.fileobj, socket.socket) and _closed(key.fileobj):
                    selector.unregister(key.fileobj)
                    pipes.discard(key.fileobj)
                    key.fileobj.close()


def _closed(pipe: socket.socket) -> bool:
    """Nothing is expected on a pipe but its end; what a stranger sends is thrown away."""
    try:
        return pipe.recv(4096) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _child_alarm() -> int:
    """A descriptor that becomes readable when a child ends, so that the loop can sleep."""
    readable, writable = os.pipe()
    os.set_blocking(readable, False)
    os.set_blocking(writable, False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.set_wakeup_fd(writable)
    return readable
