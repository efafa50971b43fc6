"""The verbs, their exit codes and what they print, over real processes."""

import json
import re
from collections.abc import Callable
from contextlib import closing

import pytest

from tests.e2e.conftest import Installation
from tests.e2e.test_processes import wait_until
from tests.fakes.mail_server import MailServer
from tests.fakes.servers import outside


@pytest.mark.slow
def test_a_whole_sync_by_hand(installation: Installation) -> None:
    """A dozen commands, each a process that starts its own parts: about 20 s."""
    installation.extract.story()
    installation.write()
    simulator = installation.simulator
    plan = installation.ask("plan", "--csv", "staff.csv")
    assert plan["summary"]["add"] == 3
    assert plan["state"] == "awaiting_approval"
    assert simulator.writes() == []

    installation.cli("approve", plan["id"], "--digest", "0" * 64, expect=7)
    assert "Nothing was written" in installation.errors
    installation.cli("apply", plan["id"], expect=7)
    assert simulator.writes() == []

    approved = installation.ask("approve", plan["id"], "--digest", plan["digest"])
    assert approved["actions"]["planned"] == len(plan["actions"])
    events = [
        json.loads(line) for line in installation.cli("apply", plan["id"], "--json").splitlines()
    ]
    assert events[0] == {"type": "version", "format_version": "1.0"}
    assert (events[-1]["type"], events[-1]["state"]) == ("summary", "applied")
    assert events[-1]["books"]["balanced"]
    assert simulator.people_twice() == []

    assert "Skipped: unchanged since" in installation.cli("plan", "--csv", "staff.csv")
    assert "No changes." in installation.cli("plan", "--csv", "staff.csv", "--force")
    assert [run["state"] for run in installation.ask("runs")] == [
        "no_changes", "skipped_unchanged", "applied",
    ]  # fmt: skip
    exported = installation.ask("export", plan["id"], "--out", "out")["files"]
    assert any(path.endswith("report.html") for path in exported)
    assert (installation.folder / "out" / "actions.csv").stat().st_mode & 0o777 == 0o600
    installation.cli("audit", "export", "--out", "audit.ndjson")
    assert re.match(r"All \d+ entries verify", installation.cli("audit", "verify", "audit.ndjson"))


@pytest.mark.slow
def test_a_changed_audit_export_is_named_by_position(installation: Installation) -> None:
    """One plan has to be made first: about 4 s."""
    installation.cli("plan", "--csv", "staff.csv")
    installation.cli("audit", "export", "--out", "audit.ndjson")
    file = installation.folder / "audit.ndjson"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace("system", "sYstem").replace("user", "uSer")
    file.write_text("\n".join(lines), encoding="utf-8")
    assert "Entry 2: hash does not fit" in installation.cli(
        "audit", "verify", "audit.ndjson", expect=1
    )


@pytest.mark.slow
def test_run_waits_for_a_person_unless_the_rule_approves(installation: Installation) -> None:
    """Three whole runs: about 15 s."""
    installation.extract.rename(installation.extract.ids[:1])
    installation.write()
    installation.cli("run", "--csv", "staff.csv", expect=3)
    plan = installation.ask("show", installation.ask("status")["id"])
    assert plan["state"] == "awaiting_approval"
    installation.configure(installation.config + '[approval]\nmode = "over_limits"\n')
    installation.cli("approve", plan["id"], "--digest", plan["digest"], expect=7)
    assert "another configuration" in installation.errors

    installation.cli("run", "--csv", "staff.csv", "--force", expect=3)  # a first run needs a person
    plan = installation.ask("show", installation.ask("status")["id"])
    installation.cli("approve", plan["id"], "--digest", plan["digest"])
    installation.cli("apply", plan["id"])
    installation.extract.rename(installation.extract.ids[1:3])
    installation.write()
    installation.cli("run", "--csv", "staff.csv")
    assert installation.ask("status")["state"] == "applied"
    assert "approved by rule" in json.dumps(_review_comments(installation))


def _review_comments(installation: Installation) -> list[str]:
    installation.cli("export", installation.ask("status")["id"], "--out", "out")
    report = json.loads((installation.folder / "out" / "report.json").read_text(encoding="utf-8"))
    return [json.dumps(report["review"])]


def test_a_misspelt_key_is_found_with_its_line_and_a_suggestion(installation: Installation) -> None:
    installation.configure(installation.config + "[limits.adds]\npercnt = 3\n")
    said = installation.cli("validate-config", expect=4)
    assert re.search(
        r"config\.toml:\d+: limits\.adds\.percnt is not a key; did you mean percent", said
    )
    assert "Not ready" in installation.errors


def test_wrong_usage_is_64_and_says_how(installation: Installation) -> None:
    installation.cli("plan", expect=64)
    assert "--csv" in installation.errors
    installation.cli("fly", expect=64)


@pytest.mark.slow
def test_a_refused_key_writes_nothing_and_is_6(installation: Installation) -> None:
    """Starts the embedded parts once: about 4 s."""
    installation.extract.rows[0]["work_email"] = "no address"
    installation.write()
    installation.environment["ASCIP_SECRET"] = "wrong"
    installation.cli("validate-config", expect=6)
    output = installation.cli("plan", "--csv", "staff.csv", expect=6)
    assert "failed (auth)" in output
    run = installation.ask("status")["id"]
    assert "(row 1)" in installation.cli("show", run, "--quarantined")
    assert "failed (auth)" in installation.cli("runs")
    assert installation.simulator.writes() == []


@pytest.mark.slow
def test_an_empty_file_and_one_without_its_columns_are_refused_with_4(
    installation: Installation,
) -> None:
    """Starts the embedded parts once: about 4 s. The command itself has somebody told by mail."""
    with closing(MailServer()) as server:
        installation.configure(
            f'{installation.config}[mail]\nhost = "127.0.0.1"\nport = {server.port}\n'
            'tls = "none"\nto = ["office@lincoln.example"]\n'
        )
        _are_refused(installation)
        if outside("") is not None:  # `up` works there, and its clock tells
            wait_until(lambda: bool(server.received))
    assert "FAILED: the extract was refused (missing_header)" in server.received[0]["Subject"]


def _are_refused(installation: Installation) -> None:
    installation.cli("plan", "--csv", "-", expect=4)
    assert "is empty" in installation.errors
    (installation.folder / "bad.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    output = installation.cli("plan", "--csv", "bad.csv", expect=4)
    assert "rejected_input (missing_header)" in output
    assert "employee_id" in output


@pytest.mark.slow
def test_what_became_of_a_run_is_told_without_a_plan_and_without_the_secret(
    installation: Installation,
) -> None:
    """A refused extract, looked at: about 6 s."""
    (installation.folder / "bad.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    installation.cli("plan", "--csv", "bad.csv", expect=4)
    secret = installation.environment.pop("ASCIP_SECRET")
    assert "rejected_input (missing_header)" in installation.cli("runs")
    run = installation.ask("status")["id"]
    installation.cli("show", run, expect=64)
    assert f"Run {run} has no plan: it is rejected_input (missing_header)." in installation.errors
    assert f"ascip-sync status {run} says why" in installation.errors
    assert f"{run} has no quarantined rows" in installation.cli("show", run, "--quarantined")
    assert installation.ask("show", run, "--quarantined") == []
    installation.cli("refs", "pull", expect=4)
    assert "ASCIP_SECRET" in installation.errors
    installation.cli("up", expect=4)
    assert "ASCIP_SECRET" in installation.errors
    installation.cli("cancel", run, expect=4)
    assert "ASCIP_SECRET" in installation.errors
    installation.environment["ASCIP_SECRET"] = secret
    installation.cli("cancel", expect=64)
    assert "there is none that could be canceled" in installation.errors


@pytest.mark.slow
def test_a_plan_whose_mapping_has_changed_is_neither_approved_nor_applied(
    installation: Installation,
) -> None:
    """A plan, and a mapping that changes under it: about 12 s."""
    installation.extract.rename(installation.extract.ids[:2])
    installation.write()
    plan = installation.ask("plan", "--csv", "staff.csv")
    assert "As planned" not in installation.cli("show", plan["id"])
    mapping = installation.folder / "mapping.json"
    before = mapping.read_text(encoding="utf-8")
    mapping.write_text(before.replace('"version": 1', '"version": 2'), encoding="utf-8")
    installation.cli("approve", plan["id"], "--digest", plan["digest"], expect=7)
    assert "or put the file back as it was." in installation.errors
    mapping.write_text(before, encoding="utf-8")
    installation.cli("approve", plan["id"], "--digest", plan["digest"])
    shown = installation.cli("show", plan["id"])
    assert f"As planned; what became of it: ascip-sync status {plan['run_id']}" in shown
    assert "Approved by user:" in shown
    mapping.write_text(before.replace('"version": 1', '"version": 2'), encoding="utf-8")
    installation.cli("apply", plan["id"], expect=7)
    assert "Plan again, or put the file back as it was." in installation.errors
    mapping.write_text(before, encoding="utf-8")
    installation.cli("apply", plan["id"])


@pytest.mark.slow
def test_reference_data_is_pulled_as_csv(installation: Installation) -> None:
    """Starts the embedded parts once: about 3 s."""
    installation.cli("refs", "pull", "--out", "refs")
    groups = (installation.folder / "refs" / "groups.csv").read_text(encoding="utf-8")
    assert groups.startswith('"id","name","code"')
    assert "Lincoln USD" in groups


@pytest.mark.slow
def test_another_machine_gives_the_same_digest(
    installation: Installation, install: Callable[[], Installation]
) -> None:
    """Two whole plans: other hash seed, time zone, locale, and order of rows and pages; about 8 s."""
    installation.extract.story()
    installation.write()
    there = install()
    there.extract.rows = installation.extract.rows[::-1]
    there.write()
    there.environment |= {"PYTHONHASHSEED": "42", "TZ": "Pacific/Auckland", "LC_ALL": "C"}
    here = installation.ask("plan", "--csv", "staff.csv")
    installation.simulator.settings(list_order="shuffled", order_seed=9)
    assert there.ask("plan", "--csv", "staff.csv")["digest"] == here["digest"]
    assert len(here["actions"]) > 5
    installation.cli("discard", here["id"], "--digest", here["digest"], "--json")
