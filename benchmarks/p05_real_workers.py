"""P5 with real workers: a latency-bound read, 100 ms a call, 1 Celery worker against 4.

Ours: `up` with PostgreSQL, Valkey and Celery workers with 8 calls in flight each, so that the latency and
not the two cores is what limits; `plan` reads everybody in 8 work items of up to 1,000. The simulator's
journal says when the first and the last person was asked for: commands, lists and planning are not in
it, the broker and the relay between the items are. Floor: linear, four times what one worker does.

Noted: what part of a core the simulator took. One round, not three. `BENCH_PEOPLE` makes it smaller.
"""

import json
import os
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from benchmarks.measure import Figures, Result
from benchmarks.real_processes import cpu_s, files, simulator, timed, up

#: With those who left before there are just under 8,000.
PEOPLE = int(os.environ.get("BENCH_PEOPLE", "7850"))
LATENCY_MS, IN_FLIGHT, MOST, GOAL = 100, 8, 4, 3.6


def measure() -> list[Result]:
    """Requests a second, four workers to one."""
    one, four = _read(1), _read(MOST)
    times = four["per_s"] / one["per_s"]
    return [
        Result(
            id="P5-REAL", work="1 → 4 Celery workers, a read at 100 ms of the double",
            floor=MOST * one["per_s"], ours=four["per_s"], unit="/s", goal=f"≥ {GOAL} × one worker",
            met=times >= GOAL,
            notes={
                "one_worker_per_s": one["per_s"], "times": times, "people_read": four["people"],
                "simulator_busy_with_4": four["simulator_busy"],
                "latency_bound_per_s_with_4": MOST * IN_FLIGHT / LATENCY_MS * 1000,
            },
        )
    ]  # fmt: skip


def _read(workers: int) -> Figures:
    with TemporaryDirectory(prefix="ascip-bench-") as folder:
        where = Path(folder)
        files(where, PEOPLE)
        with simulator(where, PEOPLE, LATENCY_MS) as (url, pid), up(where, url, workers, IN_FLIGHT):
            before = cpu_s(pid)
            timed("plan", "--csv", "staff.csv", where=where)
            busy = cpu_s(pid) - before
            times = _asked(url)
    seconds = times[-1] - times[0]
    return {
        "per_s": len(times) / seconds,
        "people": len(times),
        "simulator_busy": busy / seconds,
    }


def _asked(url: str) -> list[float]:
    """When each person was asked for."""
    with urlopen(url.replace("/api/v1", "/_sim/journal")) as answer:  # noqa: S310  # our own
        entries = json.loads(answer.read())["entries"]
    return sorted(
        datetime.fromisoformat(entry["time"]).timestamp()
        for entry in entries
        if "/people/" in entry["path"]
    )
