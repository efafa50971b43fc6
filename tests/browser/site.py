"""The composed site over an installation, on a socket of this machine, and workers beside it."""

import threading
import time
from pathlib import Path
from typing import Self

import uvicorn

from services.web.server import configured
from shared import bootstrap
from shared.bootstrap import Urls
from shared.http.service import Service
from shared.observability import configure_logging
from shared.settings import load_settings
from tests.fakes.api_thread import listening
from tests.fakes.installation import Installation

_CONFIG = """\
[district]
name = "Lincoln USD"
environment = "test"

[ascip]
base_url = "BASE_URL"
key_id = "district-sync"
secret = { env = "ASCIP_SECRET" }

[data]
dir = "DATA"

[server]
max_upload_mb = 3
"""
_BETWEEN_ROUNDS_S = 0.05


class Site:
    """One server, in a thread of the test's process."""

    def __init__(self, engine: Installation, folder: Path, redis_url: str) -> None:
        configure_logging()  # as its process does
        self.engine = engine
        config = folder / "config.toml"
        text = _CONFIG.replace("BASE_URL", engine.simulator.base_url)
        config.write_text(text.replace("DATA", str(engine.folder)), encoding="utf-8")
        self.mapping = folder / "mapping.json"
        self.mapping.write_text(_mapping(engine), encoding="utf-8")
        loaded = load_settings(config)
        urls = Urls(database=engine.database.url, redis=redis_url, embedded=True)
        probes = bootstrap.probes(loaded, urls)
        served = configured(Service(loaded=loaded, tools=engine.tools, probes=probes))
        served.timeout_graceful_shutdown = 1
        self._server = uvicorn.Server(served)
        listener = listening()
        self.origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, daemon=True
        )
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)

    def close(self) -> None:
        """End it; streams of events end with it."""
        self._server.should_exit = True
        self._thread.join(10)


def _mapping(engine: Installation) -> str:
    """The one that the newest run was planned with: another one would make its plan stale."""
    kept = engine.database.rows("SELECT body FROM mapping_version ORDER BY version DESC LIMIT 1")
    return str(kept[0].body) if kept else engine.extract().mapping_text


class Working:
    """Workers that go on by themselves while a browser looks; waiting times are really waited for."""

    def __init__(self, engine: Installation) -> None:
        self._engine = engine
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(30)

    def _work(self) -> None:
        while not self._ending.is_set():
            if not self._engine.workers.round():
                self._ending.wait(_BETWEEN_ROUNDS_S)
