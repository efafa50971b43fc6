"""A log file that many processes share keeps every line whole and doesn't grow for ever."""

import fcntl
import multiprocessing
import os
import threading
import time
from pathlib import Path

import pytest

from shared.log_file import LogFile


def sizes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.iterdir()}


@pytest.mark.parametrize(("size", "rotated"), [(99, False), (100, True)])
def test_a_full_file_is_moved_aside(tmp_path: Path, size: int, rotated: bool) -> None:
    LogFile(tmp_path / "engine.log", most_bytes=100).append("x" * size)
    assert (tmp_path / "engine.log.1").exists() is rotated


def test_only_so_many_are_kept_and_the_newest_is_the_first(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "engine.log", most_bytes=10, kept=3)
    for number in range(1, 7):
        file.append(f"{number}" * 10)
    assert {p.name: p.read_text()[0] for p in tmp_path.iterdir()} == {
        "engine.log.1": "6", "engine.log.2": "5", "engine.log.3": "4",
    }  # fmt: skip


def test_what_logrotate_moves_is_left_alone(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "engine.log")
    file.append("before\n")
    (tmp_path / "engine.log").rename(tmp_path / "engine.log-20261120")
    file.append("after\n")
    assert (tmp_path / "engine.log").read_text() == "after\n"


def test_files_are_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        file = LogFile(tmp_path / "log" / "engine.log", most_bytes=1)
        file.append("x")
        file.append("")
    finally:
        os.umask(before)
    assert {p.stat().st_mode & 0o777 for p in (tmp_path / "log").iterdir()} == {0o600}
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o700


def test_who_waited_while_another_rotated_does_not_rotate_again(tmp_path: Path) -> None:
    """Two processes find the file full: the second must not move the new one aside."""
    path = tmp_path / "engine.log"
    file = LogFile(path, most_bytes=10)
    folder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    second = threading.Thread(target=file.append, args=("x" * 10,))
    second.start()
    time.sleep(0.2)
    assert path.read_text() == "x" * 10, "it waits for its turn"
    path.replace(tmp_path / "engine.log.1")
    path.write_text("new")
    os.close(folder)
    second.join(5)
    assert path.read_text() == "new"
    assert {p.name for p in tmp_path.iterdir()} == {"engine.log", "engine.log.1"}


def write_many(path: Path, name: str, count: int) -> None:
    file = LogFile(path, most_bytes=4000, kept=1000)
    for number in range(count):
        file.append(f"{name} {number} {'.' * 50}\n")


def test_several_processes_lose_no_line_and_mix_none(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    started = multiprocessing.get_context("fork")
    writers = [
        started.Process(target=write_many, args=(path, f"w{number}", 300)) for number in range(4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
        assert writer.exitcode == 0
    lines = [line for p in tmp_path.iterdir() for line in p.read_text().splitlines()]
    wanted = {f"w{w} {n} {'.' * 50}" for w in range(4) for n in range(300)}
    assert len(lines) == len(wanted)
    assert set(lines) == wanted
    # Who had opened the file just before it was moved still adds a line to it.
    assert max(sizes(tmp_path).values()) < 4000 + 8 * 60
