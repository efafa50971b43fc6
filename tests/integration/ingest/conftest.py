"""The REST interface of an installation, with callers of each role."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.domain.access import Role
from shared.http.service import Service
from shared.settings import load_settings
from tests.fakes.api_thread import ApiThread
from tests.fakes.database import Database
from tests.fakes.installation import Installation
from tests.fakes.servers import Servers
from tests.fakes.simulator_thread import SimulatorThread

CONFIG = """\
[ascip]
base_url = "BASE_URL"
key_id = "district-sync"
secret = { env = "ASCIP_SECRET" }
[server]
max_upload_mb = 3
"""


@contextmanager
def serving(engine: Installation, folder: Path) -> Iterator[ApiThread]:
    config = folder / "config.toml"
    config.write_text(CONFIG.replace("BASE_URL", engine.simulator.base_url), encoding="utf-8")
    (folder / "mapping.json").write_text(engine.extract().mapping_text, encoding="utf-8")
    running = ApiThread(Service(loaded=load_settings(config), tools=engine.tools))
    yield running
    running.close()


@pytest.fixture
def api(engine: Installation, tmp_path: Path) -> Iterator[ApiThread]:
    """The interface over the test's installation."""
    with serving(engine, tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def idle(
    servers: Servers, template: str, simulator_thread: SimulatorThread,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ApiThread]:  # fmt: skip
    """One for a module's tests that bring nothing about: it takes longer to make than they do."""
    folder = tmp_path_factory.mktemp("idle")
    database = Database(servers.create("idle", template))
    engine = Installation(database, simulator_thread, folder / "data")
    with serving(engine, folder) as running:
        yield running
    engine.close()
    database.close()
    servers.drop("idle")


@pytest.fixture
def operator(api: ApiThread) -> httpx.Client:
    return api.caller(Role.OPERATOR)


@pytest.fixture
def approver(api: ApiThread) -> httpx.Client:
    return api.caller(Role.APPROVER)


@pytest.fixture
def viewer(api: ApiThread) -> httpx.Client:
    return api.caller(Role.VIEWER)


Post = Callable[..., httpx.Response]


def post(
    client: httpx.Client, path: str, body: object, *, key: str | None = None
) -> httpx.Response:
    """Send JSON under an `Idempotency-Key` of its own."""
    headers = {"Idempotency-Key": key or str(uuid.uuid4())}
    return client.post(f"/api/v1{path}", json=body, headers=headers)


def upload(client: httpx.Client, content: bytes, name: str = "staff.csv") -> Any:
    """Send a file raw; its document."""
    answer = client.post(
        "/api/v1/uploads",
        params={"name": name},
        content=content,
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


@pytest.fixture
def planned(engine: Installation, operator: httpx.Client) -> Any:
    """A plan that waits for approval, made by REST."""
    extract = engine.extract()
    extract.rename(extract.ids[:5])
    sent = upload(operator, extract.csv())
    answer = post(operator, "/runs", {"upload_id": sent["id"]})
    assert answer.status_code == 202, answer.text
    engine.workers.until_quiet()
    return operator.get(answer.headers["location"]).json()
