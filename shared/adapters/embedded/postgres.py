"""Starts and stops the embedded PostgreSQL, and makes the one database in it."""

import signal
import subprocess
import time
from typing import TYPE_CHECKING

from shared.adapters.embedded.binaries import Binaries
from shared.adapters.embedded.cluster import ENVIRONMENT, ROLE, directory_argument
from shared.adapters.embedded.errors import EmbeddedError
from shared.adapters.embedded.layout import Layout
from shared.adapters.embedded.privileges import ServerUser, child_setup
from shared.adapters.embedded.runtime import Runtime

if TYPE_CHECKING:
    import psycopg

DATABASE = "ascip_sync"
#: Part of the socket's name; spelled out in the URL because PGPORT would change the default.
PORT = 5432
POLL_S = 0.02
#: Fast shutdown writes a checkpoint; on a slow disk that takes its time.
STOP_S = 60.0
#: `fsync` and `synchronous_commit` are not among them: on by default, and said here they couldn't be
#: switched off for a run of the tests, whose database nobody needs after a power cut.
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "cluster_name": "ascip-sync",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "max_wal_size": "2GB",
    # A failing statement's text and an error's DETAIL carry people's addresses: not in a log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


def start(
    binaries: Binaries, layout: Layout, runtime: Runtime, user: ServerUser | None, lock: int
) -> subprocess.Popen[bytes]:
    """Start the server; call it from the main thread (see die_with_parent).

    It inherits the lock, as all its processes do: who holds the lock knows that none of them is
    left, even if the supervisor was killed.
    """
    # True for the same reason. After a power cut the process id in it may by now be another
    # process of this user, and PostgreSQL would refuse to start.
    (layout.cluster / "postmaster.pid").unlink(missing_ok=True)
    command = [str(binaries.postgres)]
    for name, value in {**SETTINGS, "unix_socket_directories": str(runtime.servers)}.items():
        command += ["-c", f"{name}={value}"]
    with (
        layout.open_log("postgres") as log,
        directory_argument(layout.cluster, user) as (argument, inherited),
    ):
        return subprocess.Popen(
            [*command, "-D", argument],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=ENVIRONMENT,
            pass_fds=[*inherited, lock],
            # SIGINT is PostgreSQL's fast shutdown: it ends cleanly without its supervisor.
            preexec_fn=child_setup(user, signal.SIGINT),  # noqa: PLW1509  no threads here
        )


def wait_ready(
    process: subprocess.Popen[bytes], runtime: Runtime, password: str, deadline: float
) -> None:
    """Return once it answers SQL and the database exists."""
    # Imported here: its quarter of a second passes while the servers start.
    import psycopg  # noqa: PLC0415

    while True:
        if process.poll() is not None:
            raise EmbeddedError(
                f"PostgreSQL ended with code {process.returncode} while starting. Stored data was "
                "not touched. Look at the log below, then run the command again."
            )
        try:
            connection = psycopg.connect(
                host=str(runtime.servers),
                port=PORT,
                user=ROLE,
                password=password,
                dbname="postgres",
                autocommit=True,
                connect_timeout=2,
            )
        except psycopg.OperationalError as error:
            _raise_if_hopeless(error, deadline)
            time.sleep(POLL_S)
        else:
            with connection:
                _ensure_database(connection)
            return


def stop(process: subprocess.Popen[bytes]) -> None:
    """Fast shutdown, then less and less patient; reaps the process."""
    for number, patience_s in ((signal.SIGINT, STOP_S), (signal.SIGQUIT, 5.0)):
        process.send_signal(number)
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            continue
        return
    process.kill()
    process.wait()


def url(runtime: Runtime, password: str) -> str:
    """Where libpq and SQLAlchemy find the database. The password needs no escapes."""
    return f"postgresql://{ROLE}:{password}@/{DATABASE}?host={runtime.servers}&port={PORT}"


def _raise_if_hopeless(error: "psycopg.OperationalError", deadline: float) -> None:
    if "password authentication failed" in str(error):
        raise EmbeddedError(
            "PostgreSQL refuses the password in the data directory: secrets/postgres doesn't "
            "belong to this database. Nothing was written. Restore both from the same backup."
        ) from error
    if time.monotonic() > deadline:
        raise EmbeddedError(
            f"PostgreSQL was not ready in time ({error}). Stored data was not touched. After a "
            "crash it may need longer to recover: run the command again."
        ) from error


def _ensure_database(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    query = "SELECT 1 FROM pg_database WHERE datname = %s"
    if connection.execute(query, [DATABASE]).fetchone() is None:
        connection.execute(f"CREATE DATABASE {DATABASE}")
