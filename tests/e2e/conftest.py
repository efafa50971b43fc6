"""An installation in a folder of its own, driven by the command line as its users do."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.simulator_thread import KEY_ID, SECRET, SimulatorThread
from tests.fakes.staff_extract import StaffExtract

ROOT = Path(__file__).resolve().parents[2]

CONFIG = f"""\
[district]
name = "Lincoln USD"
environment = "test"
[ascip]
base_url = "BASE_URL"
key_id = "{KEY_ID}"
secret = {{ env = "ASCIP_SECRET" }}
rate_per_s = 2000
burst = 200
timeout_s = 2
[staff.removal]
first_run = "allow"
[data]
dir = "data"
"""


class Installation:
    """A configuration, an extract, and the commands."""

    def __init__(self, folder: Path, simulator: SimulatorThread) -> None:
        self.folder, self.simulator = folder, simulator
        self.extract = StaffExtract(simulator.state())
        self.data = folder / "data"
        text = CONFIG.replace("BASE_URL", simulator.base_url)
        self.configure(text.replace('"data"', json.dumps(str(self.data))))
        self.write()
        self.environment = {
            **os.environ,
            "ASCIP_SECRET": SECRET,
            "PYTHONPATH": str(ROOT),
            "ASCIP_SYNC_EMBEDDED_GRACE_S": "2",
        }

    @property
    def config(self) -> str:
        return (self.folder / "config.toml").read_text(encoding="utf-8")

    def configure(self, text: str) -> None:
        (self.folder / "config.toml").write_text(text, encoding="utf-8")

    def write(self, name: str = "staff.csv") -> None:
        """Put the extract and its mapping where the commands find them."""
        (self.folder / name).write_bytes(self.extract.csv())
        (self.folder / "mapping.json").write_text(self.extract.mapping_text, encoding="utf-8")

    def cli(self, *words: str, expect: int = 0, stdin: str = "") -> str:
        """Run a command; its standard output."""
        done = subprocess.run(
            self.argv(*words), cwd=self.folder, env=self.environment, check=False,
            input=stdin, text=True, capture_output=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == expect, (
            f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        self.errors = done.stderr
        return done.stdout

    def ask(self, *words: str, expect: int = 0) -> Any:
        """Run a command for its JSON document."""
        return json.loads(self.cli(*words, "--json", expect=expect))

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start a command that goes on."""
        return subprocess.Popen(
            self.argv(*words), cwd=self.folder, env=self.environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "services.cli.main", *words]


@pytest.fixture
def simulator() -> Iterator[SimulatorThread]:
    started = SimulatorThread()
    started.reset(120, 3)
    yield started
    started.close()


@pytest.fixture
def installation(tmp_path: Path, simulator: SimulatorThread) -> Installation:
    return Installation(tmp_path, simulator)
