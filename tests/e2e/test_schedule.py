"""The schedule as processes: beat rings, a worker looks at the clock, a plan waits for approval."""

import json
import os
import signal

import pytest

from tests.e2e.conftest import Installation
from tests.e2e.test_processes import processes_of, wait_until


@pytest.mark.slow
def test_a_slot_that_is_due_reaches_approval_by_itself(installation: Installation) -> None:
    """Starts PostgreSQL, Valkey, beat and a worker, and reads a tenant of 120: about 10 s."""
    installation.extract.rename(installation.extract.ids[:3])
    installation.write("from-hr.csv")
    source = json.dumps(str(installation.folder / "from-hr.csv"))
    schedule = f'[schedule]\nstaff = "0 4 * * *"\n[feeds.staff]\nsource = {source}\n'
    installation.configure(installation.config + schedule)
    assert installation.ask("runs") == []
    with installation.database() as db:
        db.execute("INSERT INTO schedule VALUES ('staff', now() - interval '3 days')")
    up = installation.start("up", "--workers", "1")
    try:
        wait_until(lambda: [run["state"] for run in runs(installation)] == ["awaiting_approval"])
        (run,) = runs(installation)
        assert (run["trigger"], run["actor"]) == ("schedule", "system")
        assert run["file"] == "from-hr.csv"
        (beat,) = processes_of(installation, "services.worker.beat")
        os.kill(beat, signal.SIGKILL)
        wait_until(lambda: processes_of(installation, "services.worker.beat") not in ([], [beat]))
    finally:
        up.terminate()
        output, _ = up.communicate(timeout=40)
    assert "beat ended and was started again" in output
    assert len(runs(installation)) == 1, "three days are one slot"
    assert installation.simulator.journal(effects=True) == []


def runs(installation: Installation) -> list[dict[str, str]]:
    found: list[dict[str, str]] = installation.ask("runs")
    return found
