"""Starts other services as processes: `python -m services.X`, ended with the command that began them."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shared.bootstrap import die_with_parent
from shared.domain.errors import EngineError

#: A worker finishes its item before it ends; what takes longer is killed and taken over.
STOP_S = 30.0


def die_with_command() -> Callable[[], None]:
    """A ``preexec_fn``: a SIGKILL of this command leaves nothing behind."""
    return die_with_parent(signal.SIGTERM)


def start(
    module: str, arguments: Sequence[str], log: Path | None = None, **env: str
) -> "subprocess.Popen[str]":
    """Start a service; its output goes to ``log``, or is inherited."""
    out = _private(log) if log else None
    try:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, text=True,
            process_group=0,  # a ^C is ours to pass on
            preexec_fn=die_with_command(),  # noqa: PLW1509  # a command has one thread
            env={**os.environ, **env},
        )  # fmt: skip
    finally:
        if out is not None:
            os.close(out)


def stop(processes: Sequence["subprocess.Popen[str]"]) -> None:
    """Ask all to end, wait, then insist."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + STOP_S
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass(frozen=True, slots=True)
class Part:
    """A process that is started again when it ends."""

    name: str
    module: str
    arguments: tuple[str, ...]
    log: Path

    def start(self) -> "subprocess.Popen[str]":
        """Start it."""
        return start(self.module, self.arguments, self.log)


class Parts:
    """A relay and workers."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self._running = [(part, part.start()) for part in parts]

    def restart(self) -> str:
        """Start again what has ended; its name, or nothing."""
        for index, (part, process) in enumerate(self._running):
            if process.poll() is not None:
                self._running[index] = (part, part.start())
                return part.name
        return ""

    def require_running(self) -> None:
        """Raise if one has ended by itself: nobody would go on with the work."""
        for part, process in self._running:
            if process.poll() is not None:
                raise EngineError(
                    f"{part.name} ended with code {process.returncode}; {part.log} says why."
                    " What was recorded is kept and goes on with the next command that works.",
                    code="worker_ended",
                )

    def stop(self) -> None:
        """End them in order: work that is in hand is finished."""
        stop([process for _, process in self._running])


@contextmanager
def workers(config: Path, data_dir: Path, count: int) -> Iterator[Parts]:
    """A relay and ``count`` workers for the time of the block."""
    common = ("--config", str(config))
    logs = data_dir / "log"
    names = [f"worker-{number}" for number in range(1, count + 1)]
    parts = Parts(
        [
            Part("relay", "services.worker.relay", common, logs / "relay.log"),
            *(
                Part(name, "services.worker", (*common, "--name", name), logs / f"{name}.log")
                for name in names
            ),
        ]
    )
    try:
        yield parts
    finally:
        parts.stop()


def hold_up_lock(data_dir: Path) -> int | None:
    """Take the lock that says `up` runs here; None if another has it. Held until the process ends."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(data_dir / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def up_is_running(data_dir: Path) -> bool:
    """Whether `ascip-sync up` works for this data directory."""
    handle = hold_up_lock(data_dir)
    if handle is None:
        return True
    os.close(handle)
    return False


def _private(path: Path) -> int:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
