"""200,000 rows about 50,000 people at an ASCIP that takes 300 ms: memory, and a kill in the middle."""

import csv
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from services.simulator.extract_row import COLUMNS
from services.simulator.tenant import DISTRICT_ID
from shared.domain.run import RunState
from tests.fakes.database import Database
from tests.fakes.simulator_thread import KEY_ID, SECRET
from tests.fakes.staff_extract import StaffExtract
from tests.integration.lms.conftest import Simulator

PEOPLE = int(os.environ.get("ASCIP_SYNC_PROOF_PEOPLE", "50000"))
ROWS_EACH, LATENCY_MS, MOST_MB = 4, 300, 512
#: What a killed worker costs: the piece of work that it had.
CHUNK = 1000
_DETAIL = re.compile(r"/people/\d+$")


@contextmanager
def simulator(people: int) -> Iterator[Simulator]:
    """In a process of its own: its memory is nobody's concern."""
    options = ("--seed-people", str(people), "--rate-per-s", "0", "--key-id", KEY_ID)
    command = [sys.executable, "-m", "services.simulator", "--port", "0", *options]
    environment = {**os.environ, "ASCIP_SIM_SECRET": SECRET}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None
    yield Simulator(**json.loads(process.stdout.readline()))
    process.terminate()
    process.communicate(timeout=20)


def write_district(running: Simulator, folder: Path) -> int:
    """Everybody works at four sites, is in their groups, and has a row for each; how many rows.

    Since then one in twenty has another name, and one in a hundred has come.
    """
    state = running.admin("GET", "state")
    codes = {g["code"]: g["id"] for g in state["groups"] if g["code"] and g["id"] != DISTRICT_ID}
    sites = sorted(set(codes) & {*StaffExtract(state).mapping["groups"]["sites"]})
    extract = StaffExtract(state)
    people = {p["employeeNumber"]: p for p in state["people"]}
    rows = []
    for number, row in enumerate(extract.rows):
        first = sites.index(row["site_code"])
        own = [sites[(first + step) % len(sites)] for step in range(ROWS_EACH)]
        if row["employee_id"] in people:
            people[row["employee_id"]]["groupIds"] = [DISTRICT_ID, *(codes[site] for site in own)]
        named = {"last_name": f"{row['last_name']} Renamed"} if number % 20 == 0 else {}
        if number % 100 == 1:
            came = {"employee_id": f"N{number}", "work_email": f"n{number}@lincoln.example"}
            rows += [{**row, **came, "site_code": site} for site in own]
        rows += [{**row, **named, "site_code": site} for site in own]
    running.admin("PUT", "state", state)
    with (folder / "staff.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    (folder / "mapping.json").write_text(extract.mapping_text, encoding="utf-8")
    return len(rows)


def worker(asked: dict[str, Any]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.proof.big_run", json.dumps(asked)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def peak_mb(pid: int) -> int:
    """Of a process that still runs."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.slow
def test_a_worker_stays_below_half_a_gigabyte_and_another_goes_on_where_it_was_killed(
    database: Database, tmp_path: Path
) -> None:
    """Takes about seven minutes: 50,000 details at 300 ms, 64 in flight."""
    with simulator(PEOPLE) as running:
        rows = write_district(running, tmp_path)
        running.fail({"fault": "latency", "probability": 1, "ms": LATENCY_MS})
        asked = {
            "database": database.url,
            "base_url": running.url,
            "folder": str(tmp_path),
            "extract": "staff.csv",
        }
        first = worker(asked)
        read = "SELECT count(*) FROM snapshot_person"
        until(lambda: database.value(read) > PEOPLE / 2, 900)
        validating_mb = peak_mb(first.pid)
        first.kill()
        first.communicate()
        second = worker({name: value for name, value in asked.items() if name != "extract"})
        said, _ = second.communicate(timeout=1800)
        found = json.loads(said)
        asked_for = Counter(e["path"] for e in running.journal() if _DETAIL.search(e["path"]))
    run = database.rows("SELECT state, reason, counts FROM run")[0]
    assert (run.state, run.counts["rows_in"]) == (RunState.AWAITING_APPROVAL, rows)
    assert database.value("SELECT count(*) FROM action") > PEOPLE / 20
    assert max(validating_mb, found["peak_mb"]) < MOST_MB, (validating_mb, found)
    assert len(asked_for) >= PEOPLE
    again = sum(asked_for.values()) - len(asked_for)
    assert again <= CHUNK, "what had been read was not read again"
