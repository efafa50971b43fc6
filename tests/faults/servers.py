"""PostgreSQL and Valkey of the tests' own, which can be killed, frozen and started again at any moment."""

import os
import signal
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import psycopg
from redis import Redis

from shared.adapters.embedded import binaries, cluster, layout, lock, postgres, privileges, runtime
from shared.adapters.embedded import valkey as embedded_valkey

_START_S = 60.0


class Servers:
    """Both, over sockets in a directory of their own; started by the constructor."""

    def __init__(self, folder: Path) -> None:
        self._stack = ExitStack()
        self._user = privileges.server_user()
        self._layout = layout.prepare(folder)
        self._runtime = self._stack.enter_context(runtime.runtime_dir(self._user))
        programs = binaries.locate()
        if self._user is not None and not binaries.reachable_by_others(programs):
            programs = binaries.copy_to(programs, self._runtime.programs)
        self._programs = programs
        deadline = time.monotonic() + _START_S
        held = lock.acquire(self._layout, deadline)
        assert held is not None, "its own directory is taken"
        self._lock = held
        self._password = cluster.ensure(
            programs, self._layout, self._runtime, self._user, self._lock
        )
        self.start_postgres()
        self.start_valkey()
        self._forget_power_cuts()

    # Where they are, past every proxy

    @property
    def postgres_socket(self) -> str:
        return str(self._runtime.servers / f".s.PGSQL.{postgres.PORT}")

    @property
    def valkey_socket(self) -> str:
        return str(self._runtime.valkey_socket)

    def database_url(self, name: str) -> str:
        """Of a database, past the proxies."""
        url = postgres.url(self._runtime, self._password)
        return url.replace(f"/{postgres.DATABASE}?", f"/{name}?")

    def proxied_url(self, name: str, port: int) -> str:
        """Of a database, through a proxy."""
        return f"postgresql://{cluster.ROLE}:{self._password}@127.0.0.1:{port}/{name}"

    @property
    def redis(self) -> "Redis":
        """A client past the proxies."""
        return Redis(unix_socket_path=self.valkey_socket)

    # What happens to them

    def start_postgres(self) -> None:
        self.postgres = postgres.start(
            self._programs, self._layout, self._runtime, self._user, self._lock
        )
        deadline = time.monotonic() + _START_S
        postgres.wait_ready(self.postgres, self._runtime, self._password, deadline)

    def kill_postgres(self) -> None:
        """All its processes at once, as a power cut does: no checkpoint, no farewell."""
        children = Path(f"/proc/{self.postgres.pid}/task/{self.postgres.pid}/children")
        pids = [int(pid) for pid in children.read_text(encoding="ascii").split()]
        for pid in (self.postgres.pid, *pids):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.postgres.wait()
        for pid in pids:
            while Path(f"/proc/{pid}").exists():
                time.sleep(0.005)

    def start_valkey(self) -> None:
        self.valkey = embedded_valkey.start(self._programs, self._layout, self._runtime, self._user)
        deadline = time.monotonic() + _START_S
        embedded_valkey.wait_ready(self.valkey, self._runtime, deadline)

    def kill_valkey(self) -> None:
        """Whatever it had in memory is gone."""
        embedded_valkey.stop(self.valkey)

    def flush_valkey(self) -> None:
        """FLUSHALL."""
        with self.redis as client:
            client.flushall()

    # Databases

    def create(self, name: str, template: str = "") -> None:
        """Make a database, empty or as a copy."""
        kind = f'TEMPLATE "{template}"' if template else ""
        self.execute(f'CREATE DATABASE "{name}" {kind}')

    def drop(self, name: str) -> None:
        self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.database_url(postgres.DATABASE), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _forget_power_cuts(self) -> None:
        # A killed process loses nothing that it has written, synced or not.
        for setting in ("fsync", "full_page_writes"):
            self.execute(f"ALTER SYSTEM SET {setting} = off")
        self.execute("SELECT pg_reload_conf()")

    def close(self) -> None:
        for process in (self.postgres, self.valkey):
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGQUIT if process is self.postgres else signal.SIGKILL)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        os.close(self._lock)
        self._stack.close()
