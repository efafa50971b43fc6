"""`ascip-sync records …` over a real store, as its users type it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.cli.exits import exit_of_error
from services.cli.main import app
from shared.domain.errors import EngineError
from shared.domain.feeds.osha_inventory import OSHA_INVENTORY
from shared.domain.record import GovernedRecord
from tests.fakes.database import Database
from tests.integration.db.governed import Shelf

FEED = OSHA_INVENTORY.name
CONFIG = """\
[ascip]
base_url = "https://ascip.example/api/v1"
key_id = "k"
secret = { env = "NOT_SET" }
[data]
dir = "FOLDER"
"""
#: It may hold passwords, as the URLs of the tests do.
LOCAL = """\
[database]
url = "DATABASE"
[redis]
url = "REDIS"
"""

Run = Callable[..., Result]


@pytest.fixture
def shelf(database: Database) -> Shelf:
    """`A/1` in two versions, `A/2` in one."""
    made = Shelf(database, OSHA_INVENTORY)
    made.store("run_1", chemical(1, "A/1", "1.5", "Kim Doe"), chemical(2, "A/2", "3", "Kim Doe"))
    made.store("run_2", chemical(1, "A/1", "2", "Kai Doe"))
    return made


def chemical(row: int, number: str, quantity: str, responsible: str) -> GovernedRecord:
    payload = {"inventory_id": number, "quantity": quantity, "responsible": responsible}
    return GovernedRecord(row=row, line=row + 1, source_id=number, payload=payload)


@pytest.fixture
def records(shelf: Shelf, redis_url: str, tmp_path: Path) -> Run:
    """Runs a verb of the group; the exit code is that of its process."""
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.replace("FOLDER", str(tmp_path / "data")))
    local = tmp_path / "config.local.toml"
    local.touch(0o600)
    local.write_text(LOCAL.replace("DATABASE", shelf.database.url).replace("REDIS", redis_url))

    def run(*words: str) -> Result:
        result = CliRunner().invoke(app, ["records", *words, "--config", str(config)])
        if isinstance(result.exception, EngineError):
            result.exit_code = exit_of_error(result.exception)
        elif result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def test_records_are_listed_and_shown_with_what_changed(records: Run) -> None:
    listed = records("list", FEED).stdout
    assert "A/1" in listed
    assert "v2" in listed
    assert "hazcom not verified" in listed
    assert "2 of 2 records" in listed
    first = json.loads(records("list", FEED, "--limit", "1", "--json").stdout)
    assert (first["next"], first["total"]) == ("A/1", 2)
    shown = records("show", FEED, "A/1").stdout
    assert 'quantity "1.5" -> "2"' in shown
    assert 'responsible "K***" -> "K***"' in shown
    assert "Doe" not in shown + listed


def test_records_are_listed_as_they_were(records: Run) -> None:
    history = json.loads(records("show", FEED, "A/1", "--json").stdout)
    then = history["versions"][1]["recorded_at"]
    found = json.loads(records("list", FEED, "--as-of", then, "--json").stdout)
    assert [each["payload"]["quantity"] for each in found["data"]] == ["1.5", "3"]
    assert json.loads(records("list", FEED, "--as-of", "2020-01-01", "--json").stdout)["total"] == 0
    assert records("list", FEED, "--as-of", "yesterday").exit_code == 64


def test_records_are_exported(records: Run, tmp_path: Path) -> None:
    out = tmp_path / "all.csv"
    assert records("export", "--feed", FEED, "--out", str(out)).exit_code == 0
    assert "Kai Doe" in out.read_text(encoding="utf-8")
    assert records("export", "--feed", FEED, "--out", str(tmp_path / "all.txt")).exit_code == 64
    assert not (tmp_path / "all.txt").exists()


def test_a_store_that_fits_ends_with_0_and_one_that_does_not_with_1(
    records: Run, shelf: Shelf
) -> None:
    good = records("reconcile")
    assert good.exit_code == 0
    assert "All 3 versions fit" in good.stderr
    shelf.database.change("ALTER TABLE record_version DISABLE TRIGGER record_version_kept")
    shelf.database.change("UPDATE record_version SET payload_hash = 'x' WHERE version = 2")
    bad = records("reconcile", FEED, "--json")
    assert bad.exit_code == 1
    assert json.loads(bad.stdout)["what"] == "payload_hash"


def test_a_version_is_confirmed_by_its_number(records: Run) -> None:
    words = ("review", FEED, "A/1", "--reason", "label seen", "--version")
    assert records(*words, "1").exit_code == 7
    done = records(*words, "2")
    assert done.exit_code == 0
    assert "hazcom verified" in done.stdout
    assert records(*words, "2").exit_code == 7


def test_what_is_not_there_ends_with_64(records: Run) -> None:
    assert records("show", FEED, "A/9").exit_code == 64
    assert records("list", "other").exit_code == 64
