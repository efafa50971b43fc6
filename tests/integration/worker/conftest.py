"""A configuration that a worker's process can be started with."""

import json
from pathlib import Path

import pytest

from tests.fakes.installation import Installation


@pytest.fixture
def config(
    engine: Installation, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A configuration for the test's servers: every day at four, from a file that isn't there."""
    monkeypatch.setenv("ASCIP_SECRET", "x")
    path = tmp_path / "config.toml"
    path.write_text(
        f'[ascip]\nbase_url = "{engine.simulator.base_url}"\nkey_id = "k"\n'
        f'secret = {{ env = "ASCIP_SECRET" }}\n'
        f"[data]\ndir = {json.dumps(str(tmp_path / 'data'))}\n"
        '[schedule]\nstaff = "0 4 * * *"\n[feeds.staff]\nsource = "hr/staff.csv"\n',
        encoding="utf-8",
    )
    local = f'[database]\nurl = "{engine.database.url}"\n[redis]\nurl = "{redis_url}"\n'
    path.with_name("config.local.toml").write_text(local, encoding="utf-8")
    (tmp_path / "mapping.json").write_text(engine.extract().mapping_text, encoding="utf-8")
    return path
