"""Commands as real processes, and what is left of them; for the tests of the embedded default."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.adapters.embedded import attach

GRACE_S = 0.3
PATIENCE_S = 10.0
ROOT = Path(__file__).resolve().parents[3]
#: A command as others are: attaches, prints the URLs, works until its input ends.
COMMAND = """
import json, sys
from pathlib import Path
from shared.adapters.embedded import attach
embedded = attach(Path(sys.argv[1]))
print(json.dumps([embedded.database_url, embedded.redis_url]), flush=True)
sys.stdin.read()
"""

Command = subprocess.Popen[str]
StartCommand = Callable[[Path], Command]


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASCIP_SYNC_EMBEDDED_GRACE_S", str(GRACE_S))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory after its first start: copying it is quicker than initdb each time."""
    path = tmp_path_factory.mktemp("template") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASCIP_SYNC_EMBEDDED_GRACE_S", "0")
        attach(path).close()
    _wait_until_unlocked(path)
    return path


@pytest.fixture
def new_data_dir(tmp_path: Path) -> Iterator[Path]:
    """A place for a data directory, behind a private one; afterwards its servers have stopped."""
    path = tmp_path / "private" / "data"
    path.parent.mkdir(mode=0o700)
    yield path
    _wait_until_unlocked(path)


@pytest.fixture
def data_dir(new_data_dir: Path, template: Path) -> Path:
    """A data directory that has been used before; afterwards its servers have stopped."""
    # Not shutil: it would give `nobody`'s files to root.
    subprocess.run(["/bin/cp", "-a", str(template), str(new_data_dir)], check=True)
    return new_data_dir


@pytest.fixture
def other_data_dir(tmp_path: Path, template: Path) -> Iterator[Path]:
    """A second one."""
    path = tmp_path / "other"
    subprocess.run(["/bin/cp", "-a", str(template), str(path)], check=True)
    yield path
    _wait_until_unlocked(path)


@pytest.fixture
def start_command(new_data_dir: Path) -> Iterator[StartCommand]:
    """Starts commands in processes of their own; those that live at the end are killed."""
    del new_data_dir  # asked for so that the commands are killed before its servers are waited for
    started: list[Command] = []
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def start(directory: Path) -> Command:
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, str(directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def urls() -> Callable[[Command], tuple[str, str]]:
    """Waits for a command's URLs: the database's, then the broker's."""

    def read(command: Command) -> tuple[str, str]:
        assert command.stdout is not None
        database_url, redis_url = json.loads(command.stdout.readline())
        return database_url, redis_url

    return read


@pytest.fixture
def family() -> Callable[[Path], list[int]]:
    """The process ids of a data directory's supervisor and everything below it."""

    def find(directory: Path) -> list[int]:
        record = json.loads((directory / "supervisor.json").read_text())
        found = [int(record["pid"])]
        for pid in found:
            found.extend(_children(pid))
        return found

    return find


@pytest.fixture
def runtime() -> Callable[[Path], Path]:
    """The runtime directory of a data directory's supervisor."""

    def find(directory: Path) -> Path:
        record = json.loads((directory / "supervisor.json").read_text())
        return Path(record["control"]).parent

    return find


@pytest.fixture
def gone() -> Callable[[list[int]], bool]:
    """Whether all these processes end soon; a zombie of ours has not ended."""

    def wait(pids: list[int]) -> bool:
        return _soon(lambda: not any(_lives(pid) for pid in pids))

    return wait


@pytest.fixture
def unlocked() -> Callable[[Path], None]:
    """Waits until the servers of a data directory have ended, and fails if they don't."""
    return _wait_until_unlocked


def _lives(pid: int) -> bool:
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return False
    # An orphan's zombie belongs to init, which may take seconds to reap it.
    return not (state == "Z" and parent == "1")


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task")
    try:
        lists = [(task / "children").read_text().split() for task in tasks.iterdir()]
    except (FileNotFoundError, ProcessLookupError):
        # PostgreSQL's workers come and go.
        return []
    return [int(child) for names in lists for child in names]


def _wait_until_unlocked(directory: Path) -> None:
    lock, record = directory / "supervisor.lock", directory / "supervisor.json"
    if lock.exists() and not _is_free(lock) and record.exists():
        # The grace has tests of its own; here it would only take time.
        os.kill(int(json.loads(record.read_text())["pid"]), signal.SIGTERM)
    assert not lock.exists() or _soon(lambda: _is_free(lock)), "the servers did not stop"


def _is_free(lock: Path) -> bool:
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _soon(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
