"""A Valkey of the tests' own, the network before it, and a worker behind that: all that may be mistreated."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from shared.adapters.embedded.binaries import locate
from shared.adapters.queue.celery_app import CeleryDoorbell, make_celery
from tests.faults.proxy import FaultProxy, Network

ROOT = Path(__file__).resolve().parents[3]


class Broker:
    """Started by the constructor; ``url`` is past the proxy, ``proxied_url`` through it."""

    def __init__(self, folder: Path) -> None:
        socket_path = folder / "s"
        self.url = f"unix://{socket_path}?db=0"
        self._server = subprocess.Popen(
            [str(locate().valkey), "--port", "0", "--unixsocket", str(socket_path), "--save", "",
             "--maxmemory-policy", "noeviction"],
            stdout=subprocess.DEVNULL, cwd=folder,
        )  # fmt: skip
        self.redis = Redis.from_url(self.url)
        self._wait()
        self._network = Network()
        self.proxy = FaultProxy(self._network, str(socket_path))
        self.proxied_url = f"redis://127.0.0.1:{self.proxy.port}/0"

    def fill(self) -> None:
        """No more memory than it has in use."""
        self.redis.config_set("maxmemory", 1)

    def make_room(self) -> None:
        self.redis.config_set("maxmemory", 0)

    def close(self) -> None:
        self.proxy.close()
        self._network.close()
        self.redis.close()
        self._server.kill()
        self._server.wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with suppress(RedisError, OSError):
                self.redis.ping()
                return
            time.sleep(0.02)
        raise AssertionError("valkey doesn't start")


class Worker:
    """A worker behind the proxy, told by somebody who isn't."""

    def __init__(self, broker: Broker, folder: Path) -> None:
        self._notes = folder / "notes"
        self._notes.touch()
        self._bell = CeleryDoorbell(make_celery(broker.url))
        self._next = 0
        with (folder / "log").open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.integration.queue.a_worker", broker.proxied_url,
                 str(self._notes)],
                cwd=ROOT, stdout=log, stderr=log, process_group=0,
            )  # fmt: skip

    @property
    def notes(self) -> list[str]:
        return self._notes.read_text(encoding="ascii").split()

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def ring(self, *item_ids: int) -> None:
        self._bell.ring(item_ids)

    def hears_after(self) -> float:
        """Ring until it has heard, as the sweep does; how long that takes."""
        self._next += 1
        began = time.monotonic()
        while str(self._next) not in self.notes:
            assert time.monotonic() - began < 60
            self.ring(self._next)
            time.sleep(0.25)
        return time.monotonic() - began

    def waits_for(self, note: str) -> None:
        deadline = time.monotonic() + 30
        while note not in self.notes:
            assert time.monotonic() < deadline, self.notes
            time.sleep(0.05)

    def close(self) -> None:
        if self.lives:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
