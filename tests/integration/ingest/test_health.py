"""`/livez`, `/readyz` and `/health` over real parts, for who shows a key and who doesn't."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared import bootstrap
from shared.bootstrap import Urls
from shared.domain.access import Scope
from shared.http.service import Service
from shared.ports.probe import Probe
from shared.settings import load_settings
from tests.fakes.api_thread import ApiThread
from tests.fakes.installation import Installation
from tests.fakes.simulator_thread import SECRET

DEAD = "http://127.0.0.1:1/api/v1"
Serve = Callable[..., ApiThread]


@pytest.fixture
def serve(
    engine: Installation, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Serve]:
    """Serve the installation with its probes, one of them pointed elsewhere if need be."""
    monkeypatch.setenv("ASCIP_SECRET", SECRET)
    running: list[ApiThread] = []

    def _serve(
        *, base_url: str = "", redis: str = "", database: str = "", data: Path = tmp_path
    ) -> ApiThread:
        config = tmp_path / "config.toml"
        config.write_text(
            f'[ascip]\nbase_url = "{base_url or engine.simulator.base_url}"\n'
            'key_id = "district-sync"\nsecret = { env = "ASCIP_SECRET" }\n'
            f'[data]\ndir = "{data}"\n',
            encoding="utf-8",
        )
        loaded = load_settings(config)
        urls = Urls(
            database=database or engine.database.url, redis=redis or redis_url, embedded=True
        )
        return _run(bootstrap.probes(loaded, urls))

    def _run(probes: Sequence[Probe]) -> ApiThread:
        loaded = load_settings(tmp_path / "config.toml")
        running.append(ApiThread(Service(loaded=loaded, tools=engine.tools, probes=probes)))
        return running[-1]

    yield _serve
    for api in running:
        api.close()


def monitor(api: ApiThread) -> httpx.Client:
    """A program that may see details."""
    return api.client(api.key(scopes=(Scope.METRICS_READ,)))


def checks(client: httpx.Client) -> dict[str, Any]:
    document = client.get("/health").json()
    return {name: found[0] for name, found in document["checks"].items()}


def test_everything_works(serve: Serve) -> None:
    api = serve()
    nobody = api.client()
    assert (nobody.get("/livez").status_code, nobody.get("/livez").text) == (200, "ok")
    assert (nobody.get("/readyz").status_code, nobody.get("/readyz").text) == (200, "ok")
    health = monitor(api).get("/health")
    assert (health.status_code, health.headers["content-type"]) == (200, "application/health+json")
    assert health.json()["status"] == "pass", health.text
    assert {
        "ascip:responseTime", "source:lastFileAge", "queue:depth", "queue:oldestDue",
        "worker:progress", "disk:free", "db:responseTime", "db:migrations", "runs:waiting",
    } <= set(health.json()["checks"])  # fmt: skip


def test_without_a_key_nobody_learns_more_than_the_status(serve: Serve) -> None:
    api = serve(redis="redis://127.0.0.1:1/0")
    for client in (
        api.client(),
        api.client("ascip_nonsense"),
        api.client(api.key(scopes=(Scope.RUNS_READ,))),
    ):
        assert client.get("/readyz?verbose").text == "degraded"
        assert client.get("/health").json() == {"status": "fail"}


def test_details_are_lines_as_kubernetes_writes_them(serve: Serve) -> None:
    api = serve(redis="redis://127.0.0.1:1/0")
    answer = monitor(api).get("/readyz?verbose")
    assert answer.status_code == 503
    first, second, third, fourth, last = answer.text.splitlines()
    assert (first, second, fourth) == ("[+]db ok", "[+]migrations ok", "[+]disk ok")
    assert third.startswith("[-]queue failed: Redis doesn't answer")
    assert last == "readyz check failed"


def test_a_part_can_be_left_out(serve: Serve) -> None:
    client = serve(redis="redis://127.0.0.1:1/0").client()
    assert client.get("/readyz").status_code == 503
    assert client.get("/readyz?exclude=queue").status_code == 200
    assert client.get("/readyz?exclude=disk&exclude=queue").status_code == 200
    assert client.get("/readyz?exclude=ascip").status_code == 422
    assert client.get("/readyz?verbos").status_code == 422


def test_ascip_down_is_a_warning_and_requests_still_come_here(serve: Serve) -> None:
    api = serve(base_url=DEAD)
    assert api.client().get("/readyz").status_code == 200
    health = monitor(api).get("/health")
    assert (health.status_code, health.json()["status"]) == (200, "warn")
    ascip = health.json()["checks"]["ascip:responseTime"][0]
    assert ascip["status"] == "warn"
    assert "can't be reached" in ascip["output"]


def test_the_database_down_fails_and_a_key_can_t_be_looked_up(serve: Serve) -> None:
    api = serve(database="postgresql://u@127.0.0.1:1/d")
    client = monitor(api)
    assert (client.get("/readyz?verbose").status_code, client.get("/readyz?verbose").text) == (
        503, "degraded",
    )  # fmt: skip
    assert client.get("/health").status_code == 503
    assert client.get("/livez").status_code == 200


def test_ascip_is_asked_once_however_often_health_is(engine: Installation, serve: Serve) -> None:
    client = serve().client()
    for _ in range(20):
        assert client.get("/health").status_code == 200
    asked = [e for e in engine.simulator.journal() if e["path"].endswith("/tenant")]
    assert len(asked) == 1


def test_workers_that_stopped_fail_and_an_idle_queue_doesn_t(
    engine: Installation, serve: Serve
) -> None:
    client = monitor(serve())
    assert checks(client)["worker:progress"]["status"] == "pass"
    engine.land(engine.extract())
    database = engine.database
    database.change(
        "UPDATE work_item SET notified_at = now(), not_before = now() - interval '59 s'"
    )
    assert checks(client)["worker:progress"]["status"] == "pass"
    database.change("UPDATE work_item SET not_before = now() - interval '62 s'")
    assert checks(client)["worker:progress"]["status"] == "fail"
    assert client.get("/health").status_code == 503
    assert client.get("/readyz").status_code == 200


def test_a_relay_that_stopped_is_told_apart_from_workers(
    engine: Installation, serve: Serve
) -> None:
    client = monitor(serve())
    engine.land(engine.extract())
    engine.database.change("UPDATE work_item SET not_before = now() - interval '62 s'")
    assert checks(client)["queue:unsent"]["status"] == "fail"
    assert "`beat`" in checks(client)["queue:unsent"]["output"]


def test_a_run_that_paused_by_itself_is_a_warning(engine: Installation, serve: Serve) -> None:
    client = monitor(serve())
    run = engine.plan(engine.extract())
    assert checks(client)["runs:waiting"]["status"] == "pass"
    database = engine.database
    database.change("UPDATE run SET state = 'paused', reason = 'operator', ended_at = NULL")
    assert checks(client)["runs:waiting"]["status"] == "pass"
    database.change("UPDATE run SET reason = 'auth'")
    found = checks(client)["runs:waiting"]
    assert (found["status"], "1 paused (auth)" in found["output"]) == ("warn", True), run
