"""An installation in a folder of its own, driven by the command line as its users do."""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from services.cli.processes import up_is_running
from shared.adapters.db.connection import make_engine
from shared.adapters.db.migrate import upgrade
from shared.adapters.embedded import attach
from tests.fakes.forked_command import run_command
from tests.fakes.servers import Servers, outside
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
[server]
port = 0
[staff.removal]
first_run = "allow"
# The few changes of a test are large shares of a small tenant: adds and removals alone are limited.
[limits]
memberships_removed.percent = 1000
updates.percent = 1000
blanked.percent = 1000
quarantined.percent = 1000
rows_fewer.percent = 1000
bytes_fewer.percent = 1000
removals.site_min = 1000
key_changes.min = 1000
[data]
dir = "data"
"""


#: Verbs that wait until somebody has worked.
WORKING = {"plan", "run", "apply", "resume", "retry", "drift"}
_NUMBERS = itertools.count()
TEMPLATE = "e2e_template"


class Installation:
    """A configuration, an extract, and the commands.

    With servers outside, whose workers no command starts, an `up` runs beside the commands.
    """

    def __init__(
        self, folder: Path, simulator: SimulatorThread, servers: Servers | None, number: int
    ) -> None:
        self.folder, self.simulator, self._servers = folder, simulator, servers
        self._up: subprocess.Popen[bytes] | None = None
        self._name = f"e2e{next(_NUMBERS)}"
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
        if servers is not None:
            self.environment["ASCIP_SYNC__DATABASE__URL"] = servers.create(self._name, TEMPLATE)
            self.environment["ASCIP_SYNC__REDIS__URL"] = servers.broker(number)

    def close(self) -> None:
        self._stop_up()
        if self._servers is not None:
            self._servers.drop(self._name)

    @contextmanager
    def database(self) -> Iterator[psycopg.Connection]:
        """Its database, past the engine."""
        with ExitStack() as stack:
            url = self.environment.get("ASCIP_SYNC__DATABASE__URL")
            url = url or stack.enter_context(attach(self.data)).database_url
            yield stack.enter_context(psycopg.connect(url))

    @property
    def config(self) -> str:
        return (self.folder / "config.toml").read_text(encoding="utf-8")

    def configure(self, text: str) -> None:
        """Another configuration: workers are started again with it."""
        self._stop_up()
        (self.folder / "config.toml").write_text(text, encoding="utf-8")

    def write(self, name: str = "staff.csv") -> None:
        """Put the extract and its mapping where the commands find them."""
        (self.folder / name).write_bytes(self.extract.csv())
        (self.folder / "mapping.json").write_text(self.extract.mapping_text, encoding="utf-8")

    def cli(self, *words: str, expect: int = 0, stdin: str = "") -> str:
        """Run a command; its standard output."""
        self._start_up(words)
        done = run_command(words, cwd=self.folder, env=self.environment, stdin=stdin, timeout_s=120)
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
        self._start_up(words)
        return subprocess.Popen(
            self.argv(*words), cwd=self.folder, env=self.environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "services.cli.main", *words]

    def _start_up(self, words: tuple[str, ...]) -> None:
        if self._servers and words[0] in WORKING and not up_is_running(self.data):
            self._up = subprocess.Popen(
                self.argv("up", "--config", str(self.folder / "config.toml")),
                cwd=self.folder, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip

    def _stop_up(self) -> None:
        if self._up is not None:
            self._up.terminate()
            self._up.wait(60)
            self._up = None


@pytest.fixture
def simulator() -> Iterator[SimulatorThread]:
    started = SimulatorThread()
    started.reset(120, 3)
    yield started
    started.close()


@pytest.fixture(scope="session")
def servers(testrun_uid: str) -> Iterator[Servers | None]:
    """Servers outside, if there are any, with a migrated database to copy.

    Installations bring their own servers otherwise.
    """
    if (given := outside(testrun_uid)) is None:
        yield None
        return
    engine = make_engine(given.create(TEMPLATE))
    upgrade(engine)
    engine.dispose()
    yield given
    given.drop(TEMPLATE)


@pytest.fixture
def install(
    tmp_path_factory: pytest.TempPathFactory, simulator: SimulatorThread, servers: Servers | None
) -> Iterator[Callable[[], Installation]]:
    """Make installations."""
    made: list[Installation] = []

    def make() -> Installation:
        folder = tmp_path_factory.mktemp("installation")
        made.append(Installation(folder, simulator, servers, len(made)))
        return made[-1]

    yield make
    for installation in made:
        installation.close()


@pytest.fixture
def installation(install: Callable[[], Installation]) -> Installation:
    return install()
