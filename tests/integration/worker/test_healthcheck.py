"""The container's check: by progress, as exit code and one line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from services.worker.healthcheck import check
from tests.fakes.installation import Installation


@pytest.fixture
def run(
    engine: Installation,
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[[], tuple[int, str]]:
    """Exit code and line."""
    monkeypatch.setenv("ASCIP_SECRET", "x")
    config = tmp_path / "config.toml"
    config.write_text(
        f'[ascip]\nbase_url = "{engine.simulator.base_url}"\nkey_id = "k"\n'
        f'secret = {{ env = "ASCIP_SECRET" }}\n'
        f"[data]\ndir = {json.dumps(str(tmp_path / 'data'))}\n",
        encoding="utf-8",
    )
    local = f'[database]\nurl = "{engine.database.url}"\n[redis]\nurl = "{redis_url}"\n'
    config.with_name("config.local.toml").write_text(local, encoding="utf-8")

    def _run() -> tuple[int, str]:
        code = check(config)
        (line,) = capsys.readouterr().out.splitlines()
        return code, line

    return _run


def test_an_idle_worker_is_well(run: Callable[[], tuple[int, str]]) -> None:
    assert run() == (0, "ok: nothing to do")


def test_one_that_leaves_work_undone_is_not(
    engine: Installation, run: Callable[[], tuple[int, str]]
) -> None:
    engine.land(engine.extract())
    engine.database.change("UPDATE work_item SET not_before = now() - interval '59 s'")
    assert run()[0] == 0
    engine.database.change("UPDATE work_item SET not_before = now() - interval '90 s'")
    code, line = run()
    assert code == 1
    assert line.startswith("error: 1 item due, the oldest for 90 s; nobody has worked yet")


def test_a_configuration_that_can_t_be_read_is_not_well(tmp_path: Path) -> None:
    assert check(tmp_path / "none.toml") == 1
