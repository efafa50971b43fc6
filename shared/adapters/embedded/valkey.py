"""Starts and stops the embedded Valkey: a broker in memory, nothing of it is on disk.

Emptying it loses nothing (the truth is in PostgreSQL), so it is killed without ceremony.
"""

import signal
import socket
import subprocess
import time

from shared.adapters.embedded.binaries import Binaries
from shared.adapters.embedded.errors import EmbeddedError
from shared.adapters.embedded.layout import Layout
from shared.adapters.embedded.privileges import ServerUser, child_setup
from shared.adapters.embedded.runtime import Runtime

POLL_S = 0.02
OPTIONS = {
    "port": "0",
    "unixsocketperm": "700",
    "save": "",
    "appendonly": "no",
    # A full broker must refuse a message, never forget one in silence.
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
}


def start(
    binaries: Binaries, layout: Layout, runtime: Runtime, user: ServerUser | None
) -> subprocess.Popen[bytes]:
    """Start the server; call it from the main thread (see die_with_parent)."""
    options = {**OPTIONS, "unixsocket": str(runtime.valkey_socket), "dir": str(runtime.servers)}
    command = [str(binaries.valkey)]
    for name, value in options.items():
        command += [f"--{name}", value]
    with layout.open_log("valkey") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env={"LC_ALL": "C", "TZ": "UTC"},
            preexec_fn=child_setup(user, signal.SIGKILL),  # noqa: PLW1509  no threads here
        )


def wait_ready(process: subprocess.Popen[bytes], runtime: Runtime, deadline: float) -> None:
    """Return once it answers PING."""
    while not _answers(runtime):
        if process.poll() is not None:
            raise EmbeddedError(
                f"Valkey ended with code {process.returncode} while starting. "
                "Stored data was not touched. See log/valkey.log in the data directory."
            )
        if time.monotonic() > deadline:
            raise EmbeddedError(
                "Valkey did not answer in time. Stored data was not touched. "
                "See log/valkey.log in the data directory."
            )
        time.sleep(POLL_S)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Kill it and reap it."""
    process.kill()
    process.wait()


def url(runtime: Runtime) -> str:
    """Where redis-py finds it."""
    return f"unix://{runtime.valkey_socket}?db=0"


def _answers(runtime: Runtime) -> bool:
    # By hand: importing redis for one PING would cost more than Valkey's whole start.
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(1.0)
        try:
            client.connect(str(runtime.valkey_socket))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
