"""What a command calls: find the supervisor of a data directory, or start it, and hold its pipe."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from shared.adapters.embedded import control
from shared.adapters.embedded.errors import EmbeddedError
from shared.adapters.embedded.layout import Layout, prepare
from shared.adapters.embedded.privileges import server_user
from shared.adapters.embedded.runtime import recorded_control

POLL_S = 0.02
#: The folder that holds the package `shared`: a supervisor in "/" must find it too.
IMPORT_ROOT = Path(__file__).resolve().parents[3]


class Pipe:
    """Our open connection to the supervisor, as a bare descriptor.

    A socket object would close itself when the last reference goes, and the servers with it; this
    lives as long as the process unless it is closed. Forked children share it.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def close(self) -> None:
        """Let go, once."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """The running servers. They run while any process holds one of these, and 10 s longer.

    Held until ``close`` or the end of the process, whether or not this object is kept. After the
    crash of a server or of the supervisor the URLs are dead, and a new ``attach`` is needed.
    """

    #: For libpq and, as ``postgresql+psycopg://…``, for SQLAlchemy. Holds the password.
    database_url: str = field(repr=False)
    #: For redis-py: ``unix:///path/valkey.sock?db=0``. Celery and Kombu want the same path as
    #: ``redis+socket:///path/valkey.sock?virtual_host=0``.
    redis_url: str
    pipe: Pipe = field(repr=False, compare=False)

    def close(self) -> None:
        """Let the servers go; they stop 10 s after the last one did."""
        self.pipe.close()

    def __enter__(self) -> Self:
        """Hold the servers for a `with` block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let them go, whatever happened in the block."""
        self.close()


@dataclass(frozen=True, slots=True)
class Starter:
    """A supervisor on its way; it writes to its status pipe why it gave up, if it does."""

    status: int

    def outcome(self) -> str | None:
        """None while it runs, then its message, empty if it left because another one serves."""
        try:
            return os.read(self.status, 65536).decode()
        except BlockingIOError:
            return None


def attach(data_dir: Path, *, timeout_s: float = 60.0) -> Embedded:
    """Both servers of ``data_dir``, started if they don't run; raises EmbeddedError."""
    deadline = time.monotonic() + timeout_s
    server_user()
    layout = prepare(data_dir)
    starter: Starter | None = None
    try:
        while time.monotonic() < deadline:
            found = _ask(layout, deadline)
            if found is not None:
                return found
            if starter is None:
                starter = _start_supervisor(layout, timeout_s)
            elif (outcome := starter.outcome()) is not None:
                # It left, or lost the race, or was stopping when we asked: the next one serves.
                os.close(starter.status)
                starter = None
                if outcome:
                    raise _failure(layout, outcome)
            time.sleep(POLL_S)
    finally:
        if starter is not None:
            os.close(starter.status)
    raise _failure(
        layout,
        f"The embedded servers were not ready after {timeout_s:g} s. Stored data was not touched. "
        "If the machine is busy or the database recovers from a crash, run the command again.",
    )


def _ask(layout: Layout, deadline: float) -> Embedded | None:
    """The servers of the supervisor that runs, None if none does or it is just stopping."""
    pipe = control.connect(recorded_control(layout))
    if pipe is None:
        return None
    with pipe:
        answer = control.receive(pipe, deadline)
        if answer is None:
            return None
        if "error" in answer:
            raise _failure(layout, answer["error"])
        return Embedded(
            database_url=answer["database_url"],
            redis_url=answer["redis_url"],
            pipe=Pipe(pipe.detach()),
        )


def _start_supervisor(layout: Layout, timeout_s: float) -> Starter:
    readable, writable = os.pipe()
    os.set_blocking(readable, False)
    # PG* variables are for other databases of the user; the supervisor's own must not obey them.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    inherited = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(IMPORT_ROOT), inherited)))
    module = "shared.adapters.embedded.supervisor"
    options = ("--timeout-s", str(timeout_s), "--status-fd", str(writable))
    try:
        with layout.open_log("supervisor") as log:
            # Returns at once: the supervisor forks away from us (see its _leave_parent).
            # -P: "/" is not a place to import from.
            subprocess.run(
                [sys.executable, "-P", "-m", module, str(layout.root), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=environment,
                pass_fds=[writable],
                start_new_session=True,
                check=True,
            )
    except (OSError, subprocess.CalledProcessError) as error:
        os.close(readable)
        raise _failure(
            layout, f"The supervisor could not be started: {error}. No data was written."
        ) from error
    finally:
        os.close(writable)
    return Starter(readable)


def _failure(layout: Layout, what: str) -> EmbeddedError:
    return EmbeddedError(f"{what}\n{layout.log_tails()}".rstrip())
