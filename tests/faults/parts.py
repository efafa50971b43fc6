"""The engine's own processes, as compose runs them: killed, frozen, ended, and started again.

They are forked from one that has imported already, since a start from nothing takes a second of
processor; what runs in them is `main` of the services and nothing else.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.flipped import flip

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess

WORKER, BEAT, WEB = "services.worker.__main__", "services.worker.beat", "services.web.__main__"
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        WORKER, BEAT, WEB, "shared.adapters.lms.target", "shared.adapters.queue.celery_app",
        "shared.adapters.lms.limiter",
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is started: a service with its arguments and environment, and where it prints."""

    name: str
    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    output: Path
    #: Of Celery, otherwise than the engine sets them.
    flips: Mapping[str, object]


class Running:
    """One part, started again as often as it ends until it is stopped."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self._process = _start(part)
        self._wanted = True
        # Whoever watches it and whoever heals would both start it again.
        self._lock = threading.Lock()
        self.starts = 1

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def kill(self, *, stay_dead: bool = False) -> None:
        """SIGKILL for it and its children, as the machine's end does."""
        with self._lock:
            self._wanted = self._wanted and not stay_dead
            self._signal(signal.SIGKILL)
            self._process.join()

    def kill_children(self) -> None:
        """SIGKILL for the pool alone."""
        for pid in self.children():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    @property
    def alive(self) -> bool:
        return self._process.exitcode is None

    def freeze(self) -> None:
        """SIGSTOP: a long pause of the garbage collector, a suspended machine."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def children(self) -> list[int]:
        """A worker's pool: one process, in which the work is done."""
        path = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        try:
            return [int(pid) for pid in path.read_text(encoding="ascii").split()]
        except FileNotFoundError:  # it has just ended
            return []

    def ask_to_end(self) -> None:
        """SIGTERM; it stays ended."""
        self._wanted = False
        os.kill(self.pid, signal.SIGTERM)

    def ended_within(self, seconds: float) -> bool:
        self._process.join(seconds)
        return self._process.exitcode is not None

    def revive(self) -> None:
        """Start it again, if it has ended and should run: what compose does."""
        with self._lock:
            if self._wanted and self._process.exitcode is not None:
                self._process = _start(self.part)
                self.starts += 1

    def bring_back(self) -> None:
        """Start what stayed dead."""
        self._wanted = True
        self.revive()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)


class Supervisor:
    """Starts again what ends, as `up` and compose do."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.running = {part.name: Running(part) for part in parts}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._thread.start()

    def __getitem__(self, name: str) -> Running:
        return self.running[name]

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        for each in self.running.values():
            each.kill(stay_dead=True)

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            for each in self.running.values():
                each.revive()


def _start(part: Part) -> "ForkServerProcess":
    process = _FORKS.Process(target=_main, args=(part,), name=part.name)
    process.start()
    deadline = time.monotonic() + 10
    # Its group is its own from its first line on; a kill must not miss it.
    while _group(process.pid) != process.pid and process.exitcode is None:
        assert time.monotonic() < deadline, f"{part.name} doesn't start"
        time.sleep(0.002)
    return process


def _group(pid: int | None) -> int | None:
    try:
        return os.getpgid(pid or 0)
    except ProcessLookupError:
        return None


def _end_with_test() -> None:
    """Nothing of a test outlives it, however it ends; who forked us does."""
    test = multiprocessing.parent_process()
    assert test is not None
    test.join()
    os.killpg(os.getpid(), signal.SIGKILL)


def _main(part: Part) -> None:
    os.setpgid(0, 0)
    threading.Thread(target=_end_with_test, daemon=True).start()
    os.environ.clear()
    os.environ.update(part.environment)
    printed = os.open(part.output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(printed, number)
        # Those of a forked process are others than its descriptors say.
        setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))  # noqa: SIM115
    os.close(printed)
    if part.flips:
        flip(part.flips, part.output.with_suffix(".flips.json"))
    sys.argv = [part.module, *part.arguments]
    # A pool of its own is what a worker starts.
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
    import_module(part.module).main()
