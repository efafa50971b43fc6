"""One embedded PostgreSQL and Valkey per test run, a database per test, a simulator per process."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from redis import Redis
from sqlalchemy import make_url

from shared.adapters.db.connection import make_engine
from shared.adapters.db.migrate import upgrade
from shared.adapters.embedded import Embedded, attach
from tests.fakes.database import Database
from tests.fakes.installation import Installation
from tests.fakes.simulator_thread import SimulatorThread

PEOPLE, SEED = 60, 2
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def process_name() -> str:
    """The xdist worker, or `main` without xdist."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory, process_name: str) -> Iterator[Embedded]:
    """PostgreSQL and Valkey, shared by all processes of this run."""
    base = tmp_path_factory.getbasetemp()
    root = base if process_name == "main" else base.parent
    with attach(root / "servers") as embedded:
        yield embedded


@pytest.fixture(scope="session")
def template(servers: Embedded, process_name: str) -> Iterator[str]:
    """A migrated database of this process, to be copied."""
    name = f"template_{process_name}"
    _execute(servers, f"CREATE DATABASE {name}")
    engine = make_engine(_url(servers, name))
    upgrade(engine)
    engine.dispose()
    yield name
    _execute(servers, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(servers: Embedded, template: str, process_name: str) -> Iterator[Database]:
    """A migrated database of this test."""
    name = f"test_{process_name}_{next(_NUMBERS)}"
    _execute(servers, f"CREATE DATABASE {name} TEMPLATE {template}")
    made = Database(_url(servers, name))
    yield made
    made.close()
    _execute(servers, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_database_url(servers: Embedded, process_name: str) -> Iterator[str]:
    """A database without any schema."""
    name = f"empty_{process_name}_{next(_NUMBERS)}"
    _execute(servers, f"CREATE DATABASE {name}")
    yield _url(servers, name)
    _execute(servers, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def redis_url(servers: Embedded, process_name: str) -> str:
    """A Valkey database of this process, empty."""
    number = 1 + int(process_name.removeprefix("gw") if process_name != "main" else 0)
    url = servers.redis_url.replace("db=0", f"db={number}")
    with Redis.from_url(url) as client:
        client.flushdb()
    return url


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


def _url(servers: Embedded, name: str) -> str:
    url = make_url(servers.database_url).set(database=name)
    return url.render_as_string(hide_password=False)


def _execute(servers: Embedded, statement: str) -> None:
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        connection.execute(statement.encode())
