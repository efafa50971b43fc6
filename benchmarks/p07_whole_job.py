"""P7: the whole job: 50,000 people, 5,000 actions, 50 ms a call, 4 worker processes, every person read.

Ours: `up` with PostgreSQL, Valkey, four Celery workers and everything else it runs, against the simulator,
which checks signatures and keeps its journal. Clocked: `plan`, `approve` and `apply` as commands, from the
file to the report. Floor: the peer's requests replayed against the same simulator, one at a time: the
list by pages of 200 and 5,000 writes, no person by itself; nothing is read from a file, compared or
kept in it. Started before the clock: `up` and the simulator. No limit is set on either side but ours
of 10,000/s, which paces through Valkey and never holds a call.

Noted: requests of both, and the processor time of the simulator a request: it is one process, on the same
cores. `BENCH_PEOPLE=2000` makes a small job of it. One round, not three: it takes minutes.
"""

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from benchmarks.measure import Figures, Result, in_fresh_process
from benchmarks.real_processes import cpu_s, files, simulator, timed, up

PEOPLE = int(os.environ.get("BENCH_PEOPLE", "50000"))
LATENCY_MS, WORKERS, IN_FLIGHT = 50, 4, 32


def measure() -> list[Result]:
    """Seconds, ours and the peer's."""
    with TemporaryDirectory(prefix="ascip-bench-") as folder:
        where = Path(folder)
        files(where, PEOPLE)
        with simulator(where, PEOPLE, LATENCY_MS) as (url, pid):
            ours = _whole_job(where, url, pid)
        with simulator(where, PEOPLE, LATENCY_MS) as (url, _):
            peer = in_fresh_process(
                "benchmarks.peer_replay", str(PEOPLE), str(int(ours["actions"])), BENCH_TARGET=url
            )
    seconds = ours["plan_s"] + ours["approve_s"] + ours["apply_s"]
    return [
        Result(
            id="P7", work=f"{PEOPLE:,} people, {int(ours['actions']):,} actions, {LATENCY_MS} ms, all read",
            floor=peer["seconds"], ours=seconds, unit="s", goal="less than the peer",
            met=seconds < peer["seconds"], notes=ours,
        )
    ]  # fmt: skip


def _whole_job(where: Path, url: str, pid: int) -> Figures:
    with up(where, url, WORKERS, IN_FLIGHT):
        before = cpu_s(pid)
        plan_s, _ = timed("plan", "--csv", "staff.csv", where=where)
        run = json.loads(timed("status", "--json", where=where)[1])
        calls = _requests(url)
        plan = json.loads(timed("show", run["id"], "--json", where=where)[1])
        approve_s, _ = timed("approve", plan["id"], "--digest", plan["digest"], where=where)
        apply_s, _ = timed("apply", plan["id"], where=where)
        ended = json.loads(timed("status", "--json", where=where)[1])
        done = ended["books"]["actions"]["succeeded"]
        if ended["state"] != "applied" or not done:
            raise RuntimeError(f"the run ended {ended['state']}: {ended['books']}")
        all_calls = _requests(url)
    return {
        "actions": done, "plan_s": plan_s, "approve_s": approve_s, "apply_s": apply_s,
        "requests_plan": calls, "requests_apply": all_calls - calls,
        "simulator_cpu_us_a_request": (cpu_s(pid) - before) / all_calls * 1_000_000,
        "simulator_busy": (cpu_s(pid) - before) / (plan_s + apply_s),
    }  # fmt: skip


def _requests(url: str) -> int:
    """How many the simulator has answered."""
    with urlopen(url.replace("/api/v1", "/_sim/journal?limit=1")) as answer:  # noqa: S310  # our own
        return int(json.loads(answer.read())["last"])
