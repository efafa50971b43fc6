"""What real workers log: whole lines with ids to follow, and nothing about anybody."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Installation

SSN = "078-05-1120"
#: Not a number: the step that reads it fails with this value in its exception.
FAILING = json.dumps({"ids": [SSN]})


def logged(path: Path) -> list[dict[str, Any]]:
    """Every line, each a whole JSON object."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def named(events: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    return [e for e in events if e["event"] == event]


@pytest.mark.slow
def test_a_shared_file_tells_what_each_process_did_and_nothing_about_anybody(
    installation: Installation,
) -> None:
    """Plan, approve, apply with an item that fails in between: about 12 s."""
    log = installation.folder / "logs" / "engine.log"
    installation.configure(
        installation.config + '[log]\nfile = "logs/engine.log"\nformat = "json"\n'
    )
    installation.extract.rename(installation.extract.ids[:10])
    installation.write()
    plan = installation.ask("plan", "--csv", "staff.csv")
    with installation.database() as db:
        db.execute("INSERT INTO work_item (run_id, kind, chunk) VALUES (%s, 'fetch', %s)",
                   (plan["run_id"], FAILING))  # fmt: skip
    installation.cli("approve", plan["id"], "--digest", plan["digest"])
    installation.simulator.faults({"fault": "latency", "probability": 1, "ms": 300})
    installation.cli("apply", plan["id"])
    deadline = time.monotonic() + 10
    while not named(logged(log), "work_failed") and time.monotonic() < deadline:
        time.sleep(0.1)
    events = logged(log)
    assert {e["process"] for e in events} >= {"worker-1"}
    worked = named(events, "worked")
    assert {e["kind"] for e in worked} >= {"validate", "list", "fetch", "plan", "apply", "report"}
    assert {e["run_id"] for e in worked} == {plan["run_id"]}
    assert {e["plan_id"] for e in worked if e["kind"] == "apply"} == {plan["id"]}
    assert all(isinstance(e["item_id"], int) for e in worked)
    failed = named(events, "work_failed")[0]
    assert failed["run_id"] == plan["run_id"]
    assert failed["level"] == "error"
    assert "ValueError" in failed["exception"]
    written = log.read_text(encoding="utf-8")
    assert SSN not in written
    people = installation.simulator.state()["people"]
    words = {p[key] for p in people for key in ("email", "lastName") if len(p[key]) > 5}
    assert len(words) > 100
    assert not [word for word in words if word in written]
    assert log.stat().st_mode & 0o777 == 0o600
    printed = (installation.data / "log" / "worker-1.log").read_text(encoding="utf-8")
    assert "worked" not in printed, "nothing is written twice"


def test_without_a_file_each_process_has_its_own_in_the_data_directory(
    installation: Installation,
) -> None:
    installation.ask("plan", "--csv", "staff.csv")
    log = installation.data / "log" / "worker-1.log"
    text = log.read_text(encoding="utf-8")
    assert "worked" in text
    assert "[tasks]" not in text, "Celery's banner isn't an event"
    assert log.stat().st_mode & 0o777 == 0o600
