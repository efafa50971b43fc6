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
from shared.settings import Loaded

#: A worker finishes its item before it ends; what takes longer is killed and taken over.
STOP_S = 30.0
MOST_PRINTED_BYTES = 10 * 1024 * 1024


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
            preexec_fn=die_with_command(),  # noqa: PLW1509  # a command has one thread by then
            env={**os.environ, **env},
        )  # fmt: skip
    finally:
        if out is not None:
            os.close(out)


def stop(processes: Sequence["subprocess.Popen[str]"]) -> None:
    """Ask all to end, wait, then insist."""
    ask_to_end(processes)
    deadline = time.monotonic() + STOP_S
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def ask_to_end(processes: Sequence["subprocess.Popen[str]"]) -> None:
    """A worker finishes what it has in hand first."""
    for process in processes:
        if process.poll() is None:
            process.terminate()


@dataclass(frozen=True, slots=True)
class Part:
    """A process that is started again when it ends."""

    name: str
    module: str
    arguments: tuple[str, ...]
    #: Its events; it keeps the size in bounds itself.
    log: Path
    #: What it, Celery or Python only print.
    printed: Path
    #: Where it records its calls to ASCIP.
    record: Path | None = None

    def start(self) -> "subprocess.Popen[str]":
        """Start it."""
        settings = {"ASCIP_SYNC__LOG__FILE": str(self.log)}
        if self.record is not None:
            settings["ASCIP_SYNC__ASCIP__RECORD"] = str(self.record)
        return start(self.module, self.arguments, self.printed, **settings)


class Parts:
    """Processes that belong together."""

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

    def let_go(self) -> None:
        """Have them end by themselves: an idle worker takes two seconds, which nobody needs to wait for."""
        ask_to_end([process for _, process in self._running])


@contextmanager
def running(parts: Iterable[Part]) -> Iterator[Parts]:
    """Parts for the time of the block."""
    started = Parts(parts)
    try:
        yield started
    finally:
        started.stop()


@contextmanager
def worker(loaded: Loaded) -> Iterator[Parts]:
    """A worker for the time of a command.

    One that is interrupted waits for the calls in flight; one that records waits until nobody keeps the
    key of its recordings any more.
    """
    started = Parts(_workers(loaded, 1))
    try:
        yield started
    except BaseException:
        started.stop()
        raise
    if loaded.record:
        started.stop()
    else:
        started.let_go()


#: What `up --only` takes.
PARTS_OF_UP = ("beat", "worker", "api", "watcher")


def parts_of_up(loaded: Loaded, count: int, only: Sequence[str] = ()) -> list[Part]:
    """What `up` runs: the metronome, which is a relay too, workers, the interface, the watcher.

    Without a drop folder there is nothing to watch.
    """
    wanted = set(only or PARTS_OF_UP)
    parts: list[Part] = []
    if "beat" in wanted:
        parts.append(_part(loaded, "beat", "services.worker.beat"))
    if "worker" in wanted:
        parts += _workers(loaded, count)
    if "api" in wanted:
        parts.append(_part(loaded, "api", "services.web"))
    if "watcher" in wanted and loaded.settings.drop.dir:
        parts.append(_part(loaded, "watcher", "services.watcher"))
    return parts


def _workers(loaded: Loaded, count: int) -> Iterator[Part]:
    for number in range(1, count + 1):
        name = f"worker-{number}"
        yield _part(loaded, name, "services.worker", "--name", name)


def _part(loaded: Loaded, name: str, module: str, *arguments: str) -> Part:
    """A part with a log of its own in the data directory, or with the one that is configured for all."""
    own = loaded.settings.data_dir / "log" / f"{name}.log"
    common = ("--config", str(loaded.files[0]))
    return Part(
        name, module, (*common, *arguments), log=loaded.log_file or own, printed=own,
        record=loaded.record,
    )  # fmt: skip


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
    """A file to append to; one that grew by many starts is begun anew."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > MOST_PRINTED_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
