"""The control socket: one JSON line from the supervisor, then an open connection is the pipe.

Nothing is ever sent to the supervisor: a command that lives keeps its end open, and the kernel
closes it for a command that was killed.
"""

import contextlib
import json
import socket
import time
from pathlib import Path

Answer = dict[str, str]


def listen(path: Path) -> socket.socket:
    """The supervisor's end; connections queue until it is ready to accept them."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen(128)
    listener.settimeout(0.0)
    return listener


def connect(path: Path | None) -> socket.socket | None:
    """A command's end, None if no supervisor listens there."""
    if path is None:
        return None
    pipe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # A full queue would block: the caller has its own deadline and asks again.
        pipe.settimeout(1.0)
        pipe.connect(str(path))
    except OSError:
        pipe.close()
        return None
    return pipe


def answers(path: Path | None) -> bool:
    """Whether a supervisor takes connections there."""
    pipe = connect(path)
    if pipe is None:
        return False
    pipe.close()
    return True


def accept_all(listener: socket.socket, answer: Answer) -> list[socket.socket]:
    """Accept who waits and tell each of them ``answer``; those who left already are dropped."""
    line = json.dumps(answer).encode() + b"\n"
    accepted: list[socket.socket] = []
    while True:
        try:
            pipe, _ = listener.accept()
        except BlockingIOError:
            return accepted
        pipe.settimeout(0.0)
        try:
            pipe.sendall(line)
        except OSError:
            pipe.close()
        else:
            accepted.append(pipe)


def receive(pipe: socket.socket, deadline: float) -> Answer | None:
    """The supervisor's line; None if it closed the connection or the deadline passed."""
    received = b""
    with contextlib.suppress(TimeoutError, ConnectionResetError):
        while not received.endswith(b"\n"):
            pipe.settimeout(max(0.001, deadline - time.monotonic()))
            chunk = pipe.recv(4096)
            if not chunk:
                return None
            received += chunk
        answer: Answer = json.loads(received)
        return answer
    return None
