"""The one process per data directory that owns both servers and stops them when nobody needs them.

Started by attach as ``python -m shared.adapters.embedded.supervisor DIR``; not for people.
"""

import argparse
import contextlib
import logging
import os
import signal
import sys
import time
import types
from pathlib import Path

from shared.adapters.embedded import binaries, cluster, control, postgres, valkey
from shared.adapters.embedded.errors import EmbeddedError
from shared.adapters.embedded.layout import Layout
from shared.adapters.embedded.lock import acquire
from shared.adapters.embedded.pipes import Servers, serve_until_unused
from shared.adapters.embedded.privileges import ServerUser, server_user
from shared.adapters.embedded.runtime import Runtime, remove_stale, runtime_dir, write_record

GRACE_VARIABLE = "ASCIP_SYNC_EMBEDDED_GRACE_S"
GRACE_S = 10.0
#: Longer than any command waits: a recovery after a crash goes on until the next command asks.
START_S = 600.0
log = logging.getLogger("supervisor")


def main() -> int:
    """Leave the command that started us, then supervise; a failure goes to the status pipe."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--timeout-s", type=float, required=True)
    parser.add_argument("--status-fd", type=int, required=True)
    arguments = parser.parse_args()
    _leave_parent()
    try:
        _supervise(Layout(arguments.data_dir), arguments.timeout_s)
    except EmbeddedError as error:
        log.critical("%s", error)
        # The command may be gone, or have its answer over the control socket already.
        with contextlib.suppress(BrokenPipeError):
            os.write(arguments.status_fd, str(error).encode())
        return 1
    return 0


def _leave_parent() -> None:
    """Fork once more: a command that outlives its supervisor would keep it as a zombie."""
    if os.fork() != 0:
        os._exit(0)
    os.umask(0o077)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s [%(process)d] %(message)s"
    )
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A polite kill unwinds the stack, and with it the servers and the runtime directory.
    signal.signal(signal.SIGTERM, _exit_now)


def _exit_now(_number: int, _frame: types.FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(0)


def _supervise(layout: Layout, timeout_s: float) -> None:
    lock = acquire(layout, time.monotonic() + timeout_s)
    if lock is None:
        return
    try:
        remove_stale(layout)
        user = server_user()
        with runtime_dir(user) as runtime:
            _run(layout, runtime, user, lock)
    except OSError as error:
        raise EmbeddedError(
            f"The embedded servers could not be run: {error}. Stored data was not touched. "
            "Look at the log below, then run the command again."
        ) from error
    finally:
        os.close(lock)


def _run(layout: Layout, runtime: Runtime, user: ServerUser | None, lock: int) -> None:
    grace_s = _grace_s()
    with contextlib.ExitStack() as cleanup:
        listener = cleanup.enter_context(control.listen(runtime.control))
        write_record(layout, runtime)
        try:
            servers = _start(layout, runtime, user, lock, cleanup)
        except EmbeddedError as error:
            for pipe in control.accept_all(listener, {"error": str(error)}):
                pipe.close()
            raise
        log.info("ready")
        # Stopping starts with the refusal of new connections: the stack's callbacks come later.
        with listener:
            reason = serve_until_unused(listener, servers, grace_s)
            runtime.control.unlink()
        log.info("stopping: %s", reason)
        layout.record.unlink(missing_ok=True)
    log.info("stopped")


def _start(
    layout: Layout,
    runtime: Runtime,
    user: ServerUser | None,
    lock: int,
    cleanup: contextlib.ExitStack,
) -> Servers:
    """Start both; whatever was started is stopped by ``cleanup``."""
    deadline = time.monotonic() + START_S
    programs = binaries.locate()
    if user is not None and not binaries.reachable_by_others(programs):
        log.info("copying the programs: they lie where the servers' account can't reach them")
        programs = binaries.copy_to(programs, runtime.programs)
    broker = valkey.start(programs, layout, runtime, user)
    cleanup.callback(valkey.stop, broker)
    password = cluster.ensure(programs, layout, runtime, user, lock)
    database = postgres.start(programs, layout, runtime, user, lock)
    cleanup.callback(postgres.stop, database)
    postgres.wait_ready(database, runtime, password, deadline)
    valkey.wait_ready(broker, runtime, deadline)
    # Runs first of all callbacks: a second request to stop must not cut the stop short.
    cleanup.callback(signal.signal, signal.SIGTERM, signal.SIG_IGN)
    return Servers(
        processes={"PostgreSQL": database, "Valkey": broker},
        answer={
            "database_url": postgres.url(runtime, password),
            "redis_url": valkey.url(runtime),
        },
    )


def _grace_s() -> float:
    text = os.environ.get(GRACE_VARIABLE, str(GRACE_S))
    try:
        return float(text)
    except ValueError as error:
        raise EmbeddedError(
            f"{GRACE_VARIABLE} is {text!r}, a number of seconds is needed. Nothing was written."
        ) from error


if __name__ == "__main__":
    sys.exit(main())
