"""The configuration as people read it: values, where each comes from, and never a secret."""

from pathlib import Path

import pytest

from shared.readiness.shown import shown
from shared.settings import load_settings

CONFIG = """\
[ascip]
base_url = "https://ascip.example/api/v1"
key_id = "district-sync"
secret = { env = "ASCIP_SECRET" }
rate_per_s = 5
[limits]
removals = { count = 3 }
[mail]
host = "mail.lincoln.example"
user = "sync"
password = { file = "mail.password" }
"""
LOCAL = """\
[ascip]
concurrency = 4
[database]
url = "postgresql://sync:hunter2@db.lincoln.example/sync"
"""


def test_each_key_says_its_value_and_where_it_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASCIP_SYNC__ASCIP__BURST", "7")
    monkeypatch.setenv("ASCIP_SECRET", "hunter2")
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "config.local.toml").write_text(LOCAL, encoding="utf-8")
    found = shown(load_settings(tmp_path / "config.toml"), "ascip", "limits", "mail", "database")
    said = {each.key: (each.value, each.origin) for each in found}
    assert said["ascip.rate_per_s"] == ("5", "config.toml:5")
    assert said["ascip.concurrency"] == ("4", "config.local.toml:2")
    assert said["ascip.burst"] == ("7", "ASCIP_SYNC__ASCIP__BURST")
    assert said["ascip.timeout_s"] == ("30", "default")
    assert said["ascip.secret"] == ("from the environment variable ASCIP_SECRET", "config.toml:4")
    assert said["limits.removals.count"] == ("3", "config.toml:7")
    assert said["limits.removals.percent"] == ("1", "default")
    assert said["mail.password"] == ("from the file mail.password", "config.toml:11")
    assert said["mail.from"][1] == "default", "by the name that the file has for it"
    assert said["mail.to"] == ("none", "default")
    assert "db.lincoln.example" in said["database.url"][0]
    assert "hunter2" not in "".join(each.value for each in found)
