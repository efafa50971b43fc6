"""Who keeps the servers running, and that nothing is left however the others end."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from shared.adapters.embedded import EmbeddedError, attach
from shared.adapters.embedded.layout import Layout
from shared.adapters.embedded.runtime import remove_stale

pytestmark = pytest.mark.embedded("their starting and stopping")
#: Twice the grace of these tests.
PAST_THE_GRACE_S = 0.6

Command = subprocess.Popen[str]
StartCommand = Callable[[Path], Command]
Urls = Callable[[Command], tuple[str, str]]
Family = Callable[[Path], list[int]]
Gone = Callable[[list[int]], bool]
Runtime = Callable[[Path], Path]


def test_they_stop_after_the_grace_when_the_last_pipe_closes(
    data_dir: Path, family: Family, gone: Gone, runtime: Runtime
) -> None:
    first, second = attach(data_dir), attach(data_dir)
    pids, place = family(data_dir), runtime(data_dir)
    first.close()
    first.close()
    time.sleep(PAST_THE_GRACE_S)
    assert all(Path(f"/proc/{pid}").exists() for pid in pids[:3])
    second.close()
    assert gone(pids)
    assert not place.exists()
    assert not (data_dir / "supervisor.json").exists()


def test_a_new_command_within_the_grace_keeps_them(data_dir: Path, family: Family) -> None:
    attach(data_dir).close()
    before = family(data_dir)
    with attach(data_dir):
        time.sleep(PAST_THE_GRACE_S)
        assert family(data_dir)[:3] == before[:3]


def test_attaching_again_and_again_around_the_grace_always_works(data_dir: Path) -> None:
    for pause_s in (0.28, 0.29, 0.30, 0.31, 0.32, 0.33):
        with attach(data_dir) as embedded, psycopg.connect(embedded.database_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        time.sleep(pause_s)


def test_a_killed_command_leaves_nothing(
    data_dir: Path, start_command: StartCommand, urls: Urls, family: Family, gone: Gone
) -> None:
    command = start_command(data_dir)
    urls(command)
    pids = family(data_dir)
    command.kill()
    assert gone(pids)


def test_five_commands_at_once_share_one_supervisor(
    data_dir: Path, start_command: StartCommand, urls: Urls, family: Family, runtime: Runtime
) -> None:
    commands = [start_command(data_dir) for _ in range(5)]
    assert len({urls(command) for command in commands}) == 1
    assert len([path for path in runtime(data_dir).iterdir() if path.name == "control.sock"]) == 1
    supervisor = family(data_dir)[0]
    mine = [
        entry.name
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and _runs_supervisor(entry, data_dir)
    ]
    assert mine == [str(supervisor)]


def test_a_killed_supervisor_takes_the_servers_along_and_the_data_stays(
    data_dir: Path, family: Family, gone: Gone, runtime: Runtime
) -> None:
    with attach(data_dir) as embedded:
        with psycopg.connect(embedded.database_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        pids, place = family(data_dir), runtime(data_dir)
        os.kill(pids[0], signal.SIGKILL)
        # At once: the new supervisor itself must wait for the old PostgreSQL to end.
        with attach(data_dir) as again:
            assert gone(pids)
            assert not place.exists()
            with psycopg.connect(again.database_url) as connection:
                assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_a_supervisor_told_to_stop_stops_cleanly(
    data_dir: Path, family: Family, gone: Gone, runtime: Runtime
) -> None:
    with attach(data_dir):
        pids, place = family(data_dir), runtime(data_dir)
        os.kill(pids[0], signal.SIGTERM)
        assert gone(pids)
        assert not place.exists()
    log = (data_dir / "log" / "postgres.log").read_text().splitlines()
    assert log[-1].endswith("database system is shut down")


@pytest.mark.parametrize("server", ["postgres", "valkey-server"])
def test_a_crashed_server_stops_the_other_and_the_next_attach_works(
    data_dir: Path, family: Family, gone: Gone, server: str
) -> None:
    with attach(data_dir):
        pids = family(data_dir)
        victim = next(pid for pid in pids if _program(pid) == server)
        os.kill(victim, signal.SIGKILL)
        assert gone(pids)
        assert "ended by itself" in (data_dir / "log" / "supervisor.log").read_text()
    with attach(data_dir) as embedded, psycopg.connect(embedded.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_first_start_that_was_killed_is_begun_again(
    new_data_dir: Path, start_command: StartCommand, family: Family, gone: Gone
) -> None:
    command = start_command(new_data_dir)
    deadline = time.monotonic() + 10
    while not (new_data_dir / "postgres.unfinished" / "PG_VERSION").exists():
        assert time.monotonic() < deadline, "initdb did not begin"
        time.sleep(0.005)
    supervisor = family(new_data_dir)
    os.kill(supervisor[0], signal.SIGKILL)
    command.kill()
    assert gone(supervisor)
    assert not (new_data_dir / "postgres").exists()
    with attach(new_data_dir) as embedded, psycopg.connect(embedded.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not (new_data_dir / "postgres.unfinished").exists()


def test_a_leftover_process_id_of_another_process_does_not_block_the_start(
    data_dir: Path, family: Family, gone: Gone
) -> None:
    with attach(data_dir):
        pids = family(data_dir)
    assert gone(pids)
    stale = data_dir / "postgres" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{data_dir}\n1\n5432\n/tmp\n\n")
    attach(data_dir).close()


def test_a_supervisor_that_hangs_is_not_waited_for_forever(
    data_dir: Path, family: Family, gone: Gone
) -> None:
    with attach(data_dir):
        pids = family(data_dir)
        os.kill(pids[0], signal.SIGSTOP)
        with pytest.raises(EmbeddedError, match=r"not ready after 0\.5 s"):
            attach(data_dir, timeout_s=0.5)
        os.kill(pids[0], signal.SIGCONT)
    assert gone(pids)


@pytest.mark.parametrize("name", ["ascip-sync-lookalike", "something-else"])
def test_only_what_looks_like_a_runtime_directory_is_removed(tmp_path: Path, name: str) -> None:
    foreign = tmp_path / name
    foreign.mkdir()
    (foreign / "precious").touch()
    record = {"pid": 1, "control": str(foreign / "control.sock"), "data_dir": "1:1"}
    (tmp_path / "supervisor.json").write_text(json.dumps(record))
    remove_stale(Layout(tmp_path))
    assert (foreign / "precious").exists()
    assert not (tmp_path / "supervisor.json").exists()


def test_a_child_dies_with_its_parent(gone: Gone) -> None:
    script = (
        "import signal, subprocess, sys\n"
        "from shared.adapters.embedded.die_with_parent import die_with_parent\n"
        "child = subprocess.Popen(['sleep', '60'], preexec_fn=die_with_parent(signal.SIGTERM))\n"
        "print(child.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    root = Path(__file__).resolve().parents[3]
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    assert gone([child])


def _program(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def _runs_supervisor(process: Path, data_dir: Path) -> bool:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except FileNotFoundError:
        return False
    return b"shared.adapters.embedded.supervisor" in words and str(data_dir).encode() in words
