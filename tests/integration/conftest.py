"""One PostgreSQL and Valkey per test run, a database per test, a simulator per process."""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from shared.adapters.db.connection import make_engine
from shared.adapters.db.migrate import upgrade
from shared.adapters.embedded import attach
from tests.fakes import in_memory
from tests.fakes.database import Database
from tests.fakes.installation import Installation
from tests.fakes.servers import Servers, outside, serving
from tests.fakes.simulator_thread import SimulatorThread

PEOPLE, SEED = 60, 2
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory, testrun_uid: str) -> Iterator[Servers]:
    """PostgreSQL and Valkey, shared by all processes of this run."""
    if (given := outside(testrun_uid)) is not None:
        yield given
        return
    base = tmp_path_factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("ASCIP_SYNC_EMBEDDED_GRACE_S", "1")
            embedded = stack.enter_context(attach(in_memory.folder(root) / "servers"))
        started = serving(embedded.database_url, embedded.redis_url, testrun_uid)
        started.forget_power_cuts()
        yield started


@pytest.fixture(scope="session")
def template(servers: Servers) -> Iterator[str]:
    """A migrated database of this process, to be copied."""
    engine = make_engine(servers.create("template"))
    upgrade(engine)
    engine.dispose()
    yield "template"
    for name in (*servers.left, "template"):
        servers.drop(name)


@pytest.fixture
def database(servers: Servers, template: str) -> Iterator[Database]:
    """A migrated database of this test."""
    name = str(next(_NUMBERS))
    made = Database(servers.create(name, template))
    yield made
    made.close()
    servers.drop_later(name)


@pytest.fixture
def empty_database_url(servers: Servers) -> Iterator[str]:
    """A database without any schema."""
    name = str(next(_NUMBERS))
    yield servers.create(name)
    servers.drop(name)


@pytest.fixture
def redis_url(servers: Servers) -> str:
    """A Valkey database of this process, empty."""
    return servers.broker()


@pytest.fixture(scope="session")
def simulator_thread() -> Iterator[SimulatorThread]:
    """The simulator of this process."""
    running = SimulatorThread()
    yield running
    running.close()


@pytest.fixture
def tenant(simulator_thread: SimulatorThread) -> SimulatorThread:
    """The simulator with 60 people; `reset` makes it larger."""
    simulator_thread.reset(PEOPLE, SEED)
    return simulator_thread


@pytest.fixture
def install(
    database: Database, tenant: SimulatorThread, tmp_path: Path
) -> Iterator[Callable[..., Installation]]:
    """Make installations; the first has the test's own database."""
    made: list[Installation] = []

    def make(other: Database | None = None) -> Installation:
        folder = tmp_path / f"data{len(made)}"
        made.append(Installation(other or database, tenant, folder))
        return made[-1]

    yield make
    for installation in made:
        installation.close()


@pytest.fixture
def engine(install: Callable[..., Installation]) -> Installation:
    """The engine over the test's database and the simulator."""
    return install()
