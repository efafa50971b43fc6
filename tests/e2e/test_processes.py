"""Workers as processes: killed, taken over, stopped; nothing is left and nothing happens twice."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Installation


def wait_until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def processes_of(installation: Installation, word: str = "") -> list[int]:
    """Processes that name the installation's folder, or whose environment does."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if str(installation.folder) in command and word in command:
                found.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def start_up(installation: Installation, workers: int) -> "subprocess.Popen[str]":
    up = installation.start("up", "--config", str(installation.folder / "config.toml"),
                            "--workers", str(workers))  # fmt: skip
    wait_until(lambda: len(processes_of(installation, "services.worker ")) >= 2 * workers)
    return up


@pytest.mark.slow
def test_a_worker_killed_in_mid_apply_is_taken_over_and_nothing_happens_twice(
    installation: Installation,
) -> None:
    """Two workers, a slow ASCIP, a SIGKILL and the takeover: about 25 s."""
    installation.extract.rename(installation.extract.ids[:40])
    installation.extract.move(installation.extract.ids[40:50])
    installation.extract.add(12)
    installation.write()
    up = start_up(installation, 2)
    try:
        plan = installation.ask("plan", "--csv", "staff.csv")
        assert plan["held_classes"] in ([], ["adds"])
        release = ["--release", "adds=12", "--reason", "test"] if plan["held_classes"] else []
        installation.cli("approve", plan["id"], "--digest", plan["digest"], *release)
        installation.simulator.faults({"fault": "latency", "probability": 1, "ms": 150})
        apply = installation.start("apply", plan["id"])
        wait_until(lambda: len(installation.simulator.journal(effects=True)) > 5)
        killed = processes_of(installation, "services.worker ")
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        installation.simulator.faults()
        with installation.database() as db:
            wait_until(
                lambda: bool(set(processes_of(installation, "services.worker ")) - set(killed))
            )
            # The lease runs out after a minute; the test doesn't wait for it.
            db.execute("UPDATE work_item SET lease_until = now() WHERE state = 'leased'")
        output, _ = apply.communicate(timeout=90)
        assert apply.returncode == 0, output
    finally:
        up.terminate()
        output, _ = up.communicate(timeout=40)
    assert "was started again" in output
    assert installation.simulator.people_twice() == []
    assert installation.simulator.done_twice() == []
    assert installation.ask("status")["books"]["balanced"]


@pytest.mark.slow
def test_up_stops_cleanly_and_a_sigkill_leaves_nothing(installation: Installation) -> None:
    """Starts and ends `up` twice: about 12 s."""
    up = start_up(installation, 1)
    again = installation.start("up")
    output, _ = again.communicate(timeout=30)
    assert (again.returncode, "already runs" in output) == (7, True)
    up.terminate()
    output, _ = up.communicate(timeout=40)
    assert up.returncode == 0
    assert "stopping" in output
    wait_until(lambda: processes_of(installation) == [])
    (password,) = re.findall(r"lets in admin with the password\n +(\S+)\n", output)
    logs = [log.read_text(encoding="utf-8") for log in installation.data.rglob("*.log")]
    assert logs
    assert password not in "".join(logs)

    up = start_up(installation, 1)
    up.kill()
    output, _ = up.communicate(timeout=10)
    assert "lets in" not in output
    wait_until(lambda: processes_of(installation) == [], 40)


@pytest.mark.slow
def test_several_installations_run_side_by_side(
    installation: Installation, install: Callable[[], Installation]
) -> None:
    """Two whole plans at once: about 8 s."""
    other = install()
    first = installation.start("plan", "--csv", "staff.csv")
    second = other.start("plan", "--csv", "staff.csv")
    for process in (first, second):
        output, _ = process.communicate(timeout=60)
        assert "No changes." in output, output
    assert len(installation.ask("runs")) == len(other.ask("runs")) == 1


@pytest.mark.slow
@pytest.mark.embedded("a server's workers go on without the command")
def test_an_interrupted_apply_stops_writing_says_where_it_stands_and_goes_on(
    installation: Installation,
) -> None:
    """A slow apply, a ^C, and the rest of it: about 15 s."""
    # Two waves are under way at a time: of as many as may be in flight.
    few = installation.config.replace("timeout_s = 2", "timeout_s = 2\nconcurrency = 8")
    installation.configure(few)
    installation.extract.rename(installation.extract.ids[:90])
    installation.write()
    plan = installation.ask("plan", "--csv", "staff.csv")
    installation.cli("approve", plan["id"], "--digest", plan["digest"])
    installation.simulator.faults({"fault": "latency", "probability": 1, "ms": 300})
    apply = installation.start("apply", plan["id"])
    wait_until(lambda: len(installation.simulator.journal(effects=True)) > 0)
    apply.send_signal(signal.SIGINT)
    output, _ = apply.communicate(timeout=40)
    assert apply.returncode == 130
    assert "Interrupted; calls in flight are finished first." in output
    written = len(installation.simulator.journal(effects=True))
    assert 0 < written < 90
    installation.simulator.faults()
    assert len(installation.simulator.journal(effects=True)) == written
    assert installation.ask("status")["state"] == "applying"
    installation.cli("resume", plan["run_id"])
    assert installation.ask("status")["state"] == "applied"
    assert len(installation.simulator.journal(effects=True)) == 90
    assert installation.simulator.done_twice() == []


@pytest.mark.slow
def test_a_paused_apply_ends_with_7_tells_how_to_go_on_and_goes_on_without_doing_anything_twice(
    installation: Installation,
) -> None:
    """A slow apply, a pause from elsewhere, and the rest of it: about 20 s."""
    installation.configure(installation.config.replace("burst =", "concurrency = 2\nburst ="))
    installation.extract.rename(installation.extract.ids[:90])
    installation.write()
    plan = installation.ask("plan", "--csv", "staff.csv")
    installation.cli("pause", plan["run_id"], expect=7)
    assert "only a run that is applying can be paused" in installation.errors
    installation.cli("approve", plan["id"], "--digest", plan["digest"])
    installation.simulator.faults({"fault": "latency", "probability": 1, "ms": 300})
    apply = installation.start("apply", plan["id"])
    wait_until(lambda: len(installation.simulator.journal(effects=True)) > 0)
    said = installation.cli("pause", plan["run_id"])
    assert f"Go on: ascip-sync resume {plan['run_id']}" in said
    output, _ = apply.communicate(timeout=40)
    assert apply.returncode == 7
    assert "Paused (operator): paused by user:" in output
    installation.simulator.faults()
    assert 0 < len(installation.simulator.journal(effects=True)) < 90
    assert installation.ask("pause", plan["run_id"])["state"] == "paused"
    lines = installation.cli("resume", plan["run_id"], "--json").splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["type"] for event in events[:3]] == ["version", "gates", "phase_start"]
    progress = [event for event in events if event["type"] == "progress"]
    assert (progress[-1]["done"], progress[-1]["total"]) == (90, 90)
    assert (events[-1]["type"], events[-1]["state"]) == ("summary", "applied")
    assert len(installation.simulator.journal(effects=True)) == 90
    assert installation.simulator.done_twice() == []
