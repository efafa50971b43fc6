"""A configuration with mistakes is read as far as it goes, and nothing is concluded from the rest."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.domain.errors import ConfigInvalid
from shared.readiness.survey import Survey, survey
from shared.settings import load_settings

GOOD = """\
[ascip]
base_url = "https://ascip.example/api/v1"
key_id = "district-sync"
secret = { env = "ASCIP_SECRET" }
"""
Write = Callable[..., Survey]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write config.toml and read it."""
    for name in [name for name in os.environ if name.startswith("ASCIP_SYNC__")]:
        monkeypatch.delenv(name)

    def _read(text: str, *, base: str = GOOD, local: str = "") -> Survey:
        (tmp_path / "config.toml").write_text(base + text, encoding="utf-8")
        if local:
            (tmp_path / "config.local.toml").write_text(local, encoding="utf-8")
        return survey(tmp_path / "config.toml")

    return _read


def test_a_good_configuration_is_read_as_any_other_command_does(
    read: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASCIP_SYNC__LIMITS__REMOVALS__COUNT", "7")
    found = read("[limits.removals]\npercent = 2\n", local="[ascip]\nrate_per_s = 3\n")
    assert found.loaded is not None
    loaded = load_settings(tmp_path / "config.toml")
    assert found.loaded.settings.model_dump() == loaded.settings.model_dump()
    assert (found.problems, found.doubtful) == ([], frozenset())


def test_wrong_keys_are_taken_out_and_the_rest_is_there(read: Write) -> None:
    found = read("""
[limits.adds]
percnt = 3
[limits.removals]
count = 25
percent = "many"
[staff]
delimiter = ";"
""")
    assert {(p.where, p.key) for p in found.problems} == {
        ("config.toml:7", "limits.adds.percnt"), ("config.toml:6", "limits.adds.percent"),
        ("config.toml:10", "limits.removals.percent"),
    }  # fmt: skip
    assert found.loaded is not None
    settings = found.loaded.settings
    assert (settings.limits.adds.percent, settings.limits.removals.count) == (20, 25)
    assert settings.staff.delimiter == ";"
    assert found.doubtful == {"limits"}


def test_a_table_that_does_not_hold_together_is_left_out_whole(read: Write) -> None:
    found = read('[tls]\ncert = "a.pem"\n')
    assert found.loaded is not None
    assert found.loaded.settings.tls.cert is None
    assert found.doubtful == {"tls"}


@pytest.mark.parametrize("missing", ["base_url", "key_id", "secret"])
def test_without_a_key_of_ascip_nothing_is_known_about_ascip(read: Write, missing: str) -> None:
    base = "\n".join(line for line in GOOD.splitlines() if not line.startswith(missing)) + "\n"
    found = read("[staff]\ndelimiter = ';'\n", base=base)
    assert [problem.key for problem in found.problems] == [f"ascip.{missing}"]
    assert found.doubtful == {"ascip"}
    assert found.loaded is not None
    assert found.loaded.settings.staff.delimiter == ";"


def test_an_unknown_key_beside_ascip_s_own_leaves_no_doubt(read: Write) -> None:
    found = read("rate = 5\n")
    assert [problem.key for problem in found.problems] == ["ascip.rate"]
    assert found.doubtful == frozenset()


@pytest.mark.parametrize("text", ["[dat]\ndir = '/srv/x'\n", "[data]\ndri = '/srv/x'\n"])
def test_a_misspelt_place_is_not_taken_for_the_default_one(read: Write, text: str) -> None:
    assert read(text).doubtful == {"data"}


def test_an_empty_file_is_read_too(read: Write) -> None:
    found = read("", base="")
    assert [problem.key for problem in found.problems] == ["ascip"]
    assert found.loaded is not None
    assert found.doubtful == {"ascip"}


def test_a_secret_that_is_written_out_is_told_and_still_usable(read: Write) -> None:
    found = read("", base=GOOD.replace('{ env = "ASCIP_SECRET" }', '"written-out"'))
    assert [problem.key for problem in found.problems] == ["ascip.secret"]
    assert "written-out" not in repr(found.problems)
    assert found.doubtful == frozenset()


def test_what_is_not_toml_is_told_and_nothing_is_made_up(read: Write) -> None:
    found = read("[limits\n")
    assert found.loaded is None
    assert [problem.where for problem in found.problems] == ["config.toml"]


def test_no_file_is_a_problem_too(tmp_path: Path) -> None:
    found = survey(tmp_path / "none.toml")
    assert found.loaded is None
    assert "--config FILE" in found.problems[0].what


@pytest.mark.parametrize("cron", ["garbage", "30 25 * * *", "0 0 30 2 *"])
@pytest.mark.parametrize(("table", "key"), [("schedule", "staff"), ("drift", "schedule")])
def test_a_schedule_that_no_command_would_start_with_is_told(
    read: Write, tmp_path: Path, cron: str, table: str, key: str
) -> None:
    found = read(f'[{table}]\n{key} = "{cron}"\n')
    assert [(p.where, p.key) for p in found.problems] == [("config.toml:6", f"{table}.{key}")]
    with pytest.raises(ConfigInvalid):
        load_settings(tmp_path / "config.toml")
