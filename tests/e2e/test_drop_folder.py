"""The watcher as a process: a file that is dropped comes to a plan, and nothing it meets ends it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.conftest import Installation
from tests.e2e.test_processes import processes_of, wait_until

STABLE_S = 0.4


@pytest.fixture
def drop(installation: Installation) -> Path:
    folder = installation.folder / "drop"
    folder.mkdir(mode=0o770)
    installation.configure(f'{installation.config}[drop]\ndir = "drop"\nstable_s = {STABLE_S}\n')
    return folder


@contextmanager
def watcher(installation: Installation) -> Iterator["subprocess.Popen[str]"]:
    """The watcher while the block runs; it ends at once and soundly."""
    process = subprocess.Popen(
        [sys.executable, "-m", "services.watcher", "--config", installation.folder / "config.toml"],
        cwd="/", env=installation.environment, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=20)
        installation.errors = output
    assert process.returncode == 0, output


@contextmanager
def up(installation: Installation) -> Iterator[None]:
    """`ascip-sync up` with schedule, worker and watcher, while the block runs."""
    parts = [word for part in ("beat", "worker", "watcher") for word in ("--only", part)]
    config = str(installation.folder / "config.toml")
    process = installation.start("up", "--config", config, *parts)
    try:
        wait_until(lambda: bool(processes_of(installation, "services.watcher")))
        yield
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=40)
    assert process.returncode == 0, output
    assert "was started again" not in output


@pytest.mark.slow
def test_a_dropped_file_comes_to_a_plan(installation: Installation, drop: Path) -> None:
    """`up` with all its processes: about 15 s."""
    installation.extract.rename(installation.extract.ids[:5])
    installation.write()
    with up(installation):
        (drop / "personnel.csv").write_bytes(installation.extract.csv())
        wait_until(lambda: any((drop / "processed").glob("run_*--personnel.csv")))
        (run,) = installation.ask("runs")
        wait_until(lambda: installation.ask("status")["state"] == "awaiting_approval")
        assert installation.ask("status")["id"] == run["id"]
        (drop / "empty.csv").touch()
        wait_until(lambda: any((drop / "refused").glob("*.reason.txt")))
    log = (installation.data / "log" / "watcher.log").read_text(encoding="utf-8")
    assert "taken" in log
    assert "refused" in log
    assert "personnel" not in log
    assert list(drop.glob("*.csv")) == []


@pytest.mark.slow
def test_what_keeps_files_from_being_taken_is_said_once_and_passes(
    installation: Installation, drop: Path
) -> None:
    """A mapping that is not there, and its return after a longer wait: about 10 s."""
    mapping = installation.folder / "mapping.json"
    log = installation.folder / "watcher.log"
    installation.configure(f'{installation.config}[log]\nfile = "watcher.log"\n')
    mapping.rename(installation.folder / "away.json")
    installation.ask("runs")  # makes the schema
    with watcher(installation):
        (drop / "staff.csv").write_bytes(installation.extract.csv())
        wait_until((drop / "taking").exists)
        time.sleep(4)  # two attempts
        assert (drop / "staff.csv").exists()
        (installation.folder / "away.json").rename(mapping)
        wait_until(lambda: any((drop / "processed").glob("run_*--staff.csv")))
        wait_until(lambda: "taking_again" in log.read_text(encoding="utf-8"))
    said = log.read_text(encoding="utf-8")
    assert said.count("nothing_taken") == 1
    assert "mapping_missing" in said
    assert len(installation.ask("runs")) == 1


def test_without_a_drop_folder_the_watcher_says_so(installation: Installation) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "services.watcher", "--config", installation.folder / "config.toml"],
        env=installation.environment, text=True, capture_output=True, check=False, timeout=20,
    )  # fmt: skip
    assert process.returncode == 4
    assert process.stderr.startswith("There is no drop folder to watch: drop.dir is not set.")
