"""Redis that says nothing more, on connections that stand: everybody leaves them, and makes new ones."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.adapters.queue.celery_app import CeleryDoorbell, make_celery
from shared.domain.errors import Transient
from tests.faults.proxy import FaultProxy, Mode, Network
from tests.integration.queue.a_worker import PATIENCE_S, SLOW_ITEM, SLOW_S, impatient

ROOT = Path(__file__).resolve().parents[3]
#: Two looks and a wait for an answer; with the real ones about 15 s, of the minute that is promised.
NOTICED_S = 3 * PATIENCE_S + 3


@pytest.fixture
def proxy(redis_url: str) -> Iterator[FaultProxy]:
    """On the way to Redis."""
    parts = urlsplit(redis_url)
    network = Network()
    made = FaultProxy(network, parts.path or (parts.hostname or "", parts.port or 6379))
    yield made
    made.close()
    network.close()


@pytest.fixture
def proxied_url(proxy: FaultProxy, redis_url: str) -> str:
    parts = urlsplit(redis_url)
    database = parse_qs(parts.query)["db"][0] if parts.query else parts.path.strip("/")
    return f"redis://127.0.0.1:{proxy.port}/{database}"


def took(deed: Callable[[], object]) -> float:
    began = time.monotonic()
    deed()
    return time.monotonic() - began


def refused(ring: Callable[[], object]) -> float:
    """How long it takes to be told."""

    def deed() -> None:
        with pytest.raises(Transient):
            ring()

    return took(deed)


def test_who_rings_is_told_in_seconds_and_rings_on_a_new_connection(
    proxy: FaultProxy, proxied_url: str
) -> None:
    bell = CeleryDoorbell(impatient(make_celery(proxied_url)))
    bell.ring([1])
    proxy.forget()
    assert refused(lambda: bell.ring([2])) == pytest.approx(PATIENCE_S, abs=1)
    assert took(lambda: bell.ring([3])) < 1


class Worker:
    """A worker behind the proxy, told by somebody who isn't."""

    def __init__(self, url: str, redis_url: str, folder: Path) -> None:
        self._notes = folder / "notes"
        self._notes.touch()
        self._bell = CeleryDoorbell(make_celery(redis_url))
        self._next = 0
        with (folder / "log").open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.integration.queue.a_worker", url, str(self._notes)],
                cwd=ROOT, stdout=log, stderr=log, process_group=0,
            )  # fmt: skip

    @property
    def notes(self) -> list[str]:
        return self._notes.read_text(encoding="ascii").split()

    def ring(self, item_id: int) -> None:
        self._bell.ring([item_id])

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
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@pytest.fixture
def worker(proxied_url: str, redis_url: str, tmp_path: Path) -> Iterator[Worker]:
    made = Worker(proxied_url, redis_url, tmp_path)
    yield made
    made.close()


@pytest.mark.slow
def test_a_worker_finishes_what_it_has_and_leaves_a_connection_that_nobody_answers_on(
    worker: Worker, proxy: FaultProxy
) -> None:
    """A worker's start, 4 s of work while Redis is away, and the time until it notices: about 10 s."""
    worker.ring(SLOW_ITEM)
    worker.waits_for("begun")
    proxy.mode = Mode.DOWN
    time.sleep(SLOW_S / 2)
    proxy.mode = Mode.OPEN
    worker.waits_for(str(SLOW_ITEM))
    assert worker.notes.count("begun") == 1
    worker.hears_after()
    proxy.forget()
    assert worker.hears_after() < NOTICED_S
