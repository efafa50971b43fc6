"""The lock that makes one supervisor per data directory."""

import fcntl
import os
import time

from shared.adapters.embedded import control
from shared.adapters.embedded.errors import EmbeddedError
from shared.adapters.embedded.layout import Layout
from shared.adapters.embedded.runtime import recorded_control

POLL_S = 0.02


def acquire(layout: Layout, deadline: float) -> int | None:
    """The lock's descriptor; None if a live supervisor holds it and takes connections.

    A holder that takes none is still starting, is stopping, or was killed and its PostgreSQL is
    shutting down: each of these ends, so it is waited for.
    """
    # Opened for reading only: PostgreSQL inherits it and has no business writing there.
    lock = os.open(layout.lock, os.O_RDONLY | os.O_CREAT, 0o600)
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if control.answers(recorded_control(layout)):
                os.close(lock)
                return None
        else:
            return lock
        if time.monotonic() > deadline:
            os.close(lock)
            raise EmbeddedError(
                f"{layout.lock} is held by processes that don't answer: an earlier supervisor or "
                "its PostgreSQL has not ended. Nothing was written. Wait and run the command "
                f"again; `fuser {layout.lock}` shows them."
            )
        time.sleep(POLL_S)
