"""`validate-config` over real servers and the simulator: each mistake is found, and all at once."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from shared.ports.probe import Finding, Verdict
from shared.readiness import check_installation
from tests.fakes.database import Database
from tests.fakes.servers import without_password
from tests.fakes.simulator_thread import SECRET, SimulatorThread
from tests.fakes.staff_extract import StaffExtract

Check = Callable[..., list[Finding]]


class Setup:
    """A configuration and what it names, to be broken."""

    def __init__(self, folder: Path, simulator: SimulatorThread, database: str, redis: str) -> None:
        self.folder, self.simulator = folder, simulator
        self.data = folder / "data"
        self.data.mkdir(mode=0o700)
        self.mapping = folder / "mapping.json"
        document = json.loads(StaffExtract(simulator.state()).mapping_text)
        document["protected"] = {"usernames": ["lms.admin"]}
        self.mapping.write_text(json.dumps(document), encoding="utf-8")
        self.local = folder / "config.local.toml"
        self.local.touch(0o600)
        self.text = f"""\
[ascip]
base_url = "{simulator.base_url}"
key_id = "district-sync"
secret = {{ env = "ASCIP_SECRET" }}
[redis]
url = "{without_password(redis)}"
[data]
dir = "{self.data}"
"""
        # It may hold a password, and then only the local file may have it.
        local = f'[database]\nurl = "{database}"\n'
        if urlsplit(redis).password:
            local += '[redis]\npassword = { env = "REDIS_PASSWORD" }\n'
        self.local.write_text(local, encoding="utf-8")

    def change(self, old: str, new: str) -> None:
        assert old in self.text
        self.text = self.text.replace(old, new)

    def found(self) -> list[Finding]:
        (self.folder / "config.toml").write_text(self.text, encoding="utf-8")
        probed = check_installation(self.folder / "config.toml")
        return [finding for each in probed for finding in each.findings]

    def wrong(self) -> dict[str, Finding]:
        """What is an error, by name."""
        return {f.name: f for f in self.found() if f.verdict is Verdict.ERROR}

    def warnings(self) -> dict[str, Finding]:
        return {f.name: f for f in self.found() if f.verdict is Verdict.WARNING}


@pytest.fixture
def setup(
    tmp_path: Path,
    tenant: SimulatorThread,
    database: Database,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Setup:
    """Everything in order."""
    for name in [name for name in os.environ if name.startswith("ASCIP_SYNC__")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ASCIP_SECRET", SECRET)
    monkeypatch.setenv("REDIS_PASSWORD", urlsplit(redis_url).password or "")
    return Setup(tmp_path, tenant, database.url, redis_url)


def test_a_good_installation_has_no_errors_and_every_part_was_looked_at(setup: Setup) -> None:
    found = setup.found()
    assert [f for f in found if f.verdict is Verdict.ERROR] == []
    assert {f.name for f in found if f.verdict is Verdict.WARNING} <= {"db-rights"}
    assert {
        "configuration", "secrets", "mapping", "modes", "data-dir", "disk", "db", "migrations",
        "db-clock", "queue", "queue-policy", "ascip", "ascip-scopes", "ascip-clock", "ascip-rate",
        "mapping-ids",
    } <= {f.name for f in found}  # fmt: skip


def test_it_writes_nothing_to_ascip(setup: Setup) -> None:
    setup.found()
    assert {entry["method"] for entry in setup.simulator.journal()} == {"GET"}


def test_eight_mistakes_are_told_in_one_pass(setup: Setup) -> None:
    setup.change('dir = "', 'drr = "a"\ndir = "')
    setup.text += '[limits.adds]\npercnt = 3\n[drop]\ndir = "drop"\n[log]\nfile = "none/x.log"\n'
    setup.text += '[tls]\ncert = "c.pem"\nkey = "k.pem"\n[keys]\nmaster = [{ env = "NOT_SET" }]\n'
    setup.change('url = "', 'url = "redis://127.0.0.1:1/0" #')
    setup.local.chmod(0o644)
    setup.mapping.write_text("{", encoding="utf-8")
    wrong = [f for f in setup.found() if f.verdict is Verdict.ERROR]
    assert {f.name for f in wrong} == {
        "configuration", "secrets", "mapping", "modes", "drop", "log", "tls", "queue",
    }  # fmt: skip
    places = {f.where for f in wrong if f.name == "configuration"}
    assert {"config.toml:8", "config.toml:11"} <= places
    assert all(f.remedy for f in wrong if f.name != "configuration")


def test_a_broken_configuration_still_checks_what_it_does_say(setup: Setup) -> None:
    setup.text += "[staff]\nmode = 'all'\n"
    found = {f.name: f.verdict for f in setup.found()}
    assert found["configuration"] is Verdict.ERROR
    assert (found["db"], found["queue"], found["ascip"]) == (Verdict.OK,) * 3
    assert "mapping" not in found


def test_what_stands_in_a_doubtful_table_is_not_touched(setup: Setup) -> None:
    setup.change('[data]\ndir = "', '[data]\ndirr = "')
    found = {f.name for f in setup.found()}
    assert not found & {"data-dir", "disk"}
    setup.change("base_url", "base_ulr")
    ascip = [f for f in setup.found() if f.name == "ascip"]
    assert [(f.verdict, f.detail.partition(":")[0]) for f in ascip] == [
        (Verdict.WARNING, "not checked")
    ]
    assert setup.simulator.journal()


def test_embedded_servers_are_not_started_on_a_doubtful_word(setup: Setup) -> None:
    setup.local.write_text("[limit]\n", encoding="utf-8")
    found = {f.name: f for f in setup.found()}
    assert "once the configuration is right" in found["db"].detail
    assert list(setup.data.iterdir()) == []


def test_a_file_that_is_not_toml_is_told_with_its_line(setup: Setup) -> None:
    setup.text += "[oops\n"
    first, second = setup.found()
    assert (first.verdict, "line 9" in first.detail) == (Verdict.ERROR, True)
    assert "nothing else can be looked at" in second.detail


def test_a_missing_secret_names_place_and_variable(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ASCIP_SECRET")
    secret = setup.wrong()["secrets"]
    assert secret.where == "config.toml:4"
    assert "ASCIP_SECRET" in secret.detail
    assert setup.warnings()["ascip"].detail == "not checked: its secret is missing"


def test_a_wrong_secret_is_refused_by_ascip_alone(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASCIP_SECRET", "wrong-secret")
    wrong = setup.wrong()
    assert list(wrong) == ["ascip"]
    assert "bad_signature" in wrong["ascip"].detail
    assert "wrong-secret" not in repr(setup.found())


def test_a_revoked_key_is_refused(setup: Setup) -> None:
    setup.simulator.faults({"fault": "key_revoked"})
    assert "unknown_key" in setup.wrong()["ascip"].detail


def test_a_key_that_may_only_read_is_a_warning(setup: Setup) -> None:
    setup.simulator.settings(keys={"district-sync": {"secret": SECRET, "scopes": ["read"]}})
    assert "may only read" in setup.warnings()["ascip-scopes"].detail
    assert setup.wrong() == {}


def test_a_clock_that_is_refused_is_told_with_its_offset(setup: Setup) -> None:
    setup.simulator.settings(clock_offset_s=400)
    try:
        remedy = setup.wrong()["ascip"].remedy
    finally:
        setup.simulator.settings(clock_offset_s=0)
    assert "s from this machine's: set the clock" in remedy


def test_ids_that_ascip_doesn_t_have_are_errors_and_other_names_are_warnings(setup: Setup) -> None:
    document = json.loads(setup.mapping.read_text(encoding="utf-8"))
    document["groups"]["district"]["name"] = "Another name"
    setup.mapping.write_text(json.dumps(document), encoding="utf-8")
    assert "is called 'Lincoln USD' in ASCIP" in setup.warnings()["mapping-ids"].detail
    document["groups"]["district"]["id"] = 999_999
    setup.mapping.write_text(json.dumps(document), encoding="utf-8")
    assert "999999) does not exist in ASCIP" in setup.wrong()["mapping-ids"].detail


@pytest.mark.parametrize(("percent", "told"), [("99", False), ("100", True)])
def test_a_limit_that_switches_its_gate_off_is_a_warning(
    setup: Setup, percent: str, told: bool
) -> None:
    setup.text += f"[limits.removals]\npercent = {percent}\n"
    assert ("limits" in setup.warnings()) is told


@pytest.mark.parametrize(("host", "told"), [("127.0.0.1", False), ("0.0.0.0", True)])  # noqa: S104  # the mistake
def test_a_listener_without_tls_beyond_this_machine_is_a_warning(
    setup: Setup, host: str, told: bool
) -> None:
    setup.text += f'[server]\nhost = "{host}"\n'
    assert ("server" in setup.warnings()) is told


def test_an_unencrypted_way_to_ascip_is_a_warning(setup: Setup) -> None:
    setup.change(setup.simulator.base_url, "http://ascip.invalid/api/v1")
    found = [f for f in setup.found() if f.name == "ascip"]
    assert [f.verdict for f in found] == [Verdict.WARNING, Verdict.ERROR]
    assert "unencrypted" in found[0].detail


def test_a_database_without_tables_is_an_error(setup: Setup, empty_database_url: str) -> None:
    setup.local.write_text(f'[database]\nurl = "{empty_database_url}"\n', encoding="utf-8")
    assert "is empty" in setup.wrong()["migrations"].detail


def test_nobody_protected_is_a_warning(setup: Setup) -> None:
    document = json.loads(setup.mapping.read_text(encoding="utf-8"))
    del document["protected"]
    setup.mapping.write_text(json.dumps(document), encoding="utf-8")
    assert "nobody is protected" in setup.warnings()["mapping"].detail
