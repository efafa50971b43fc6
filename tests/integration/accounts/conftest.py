"""One installation for a module's tests, each of which begins without any user."""

from collections.abc import Iterator

import pytest

from tests.fakes.database import Database
from tests.fakes.installation import Installation
from tests.fakes.servers import Servers
from tests.fakes.simulator_thread import SimulatorThread


@pytest.fixture(scope="module")
def shared_engine(
    servers: Servers, template: str, simulator_thread: SimulatorThread,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:  # fmt: skip
    """It takes longer to make than the tests do."""
    database = Database(servers.create("accounts", template))
    engine = Installation(database, simulator_thread, tmp_path_factory.mktemp("accounts"))
    yield engine
    engine.close()
    database.close()
    servers.drop("accounts")


@pytest.fixture
def engine(shared_engine: Installation) -> Iterator[Installation]:
    """Without users; what a test configures doesn't outlive it."""
    tools = shared_engine.tools
    shared_engine.database.change("TRUNCATE app_user CASCADE")
    yield shared_engine
    shared_engine.configure(passwords=tools.passwords, keyring=tools.keyring)
