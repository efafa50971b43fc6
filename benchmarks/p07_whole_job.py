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
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import Request, urlopen

from benchmarks.measure import Figures, Result, in_fresh_process

PEOPLE = int(os.environ.get("BENCH_PEOPLE", "50000"))
LATENCY_MS, WORKERS, SEED = 50, 4, 2026
CONFIG = """\
[district]
name = "Lincoln USD"
environment = "bench"
[ascip]
base_url = "{url}"
key_id = "district-sync"
secret = {{ env = "ASCIP_SECRET" }}
rate_per_s = 10000
burst = 10000
[server]
port = 0
[staff.removal]
first_run = "allow"
[data]
dir = "data"
"""
CLI = (sys.executable, "-m", "services.cli.main")


def measure() -> list[Result]:
    """Seconds, ours and the peer's."""
    with TemporaryDirectory(prefix="ascip-bench-") as folder:
        where = Path(folder)
        _files(where)
        with simulator(where) as (url, pid):
            ours = _whole_job(where, url, pid)
        with simulator(where) as (url, _):
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


def _files(where: Path) -> None:
    """HR's extract two weeks later: a tenth of the people is to be changed."""
    _run("services.simulator.extract", "--out", ".", "--people", str(PEOPLE), "--seed", str(SEED),
         where=where)  # fmt: skip


@contextmanager
def simulator(where: Path) -> Iterator[tuple[str, int]]:
    """A tenant of its own, slow to answer; its address and process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "services.simulator", "--seed-people", str(PEOPLE), "--seed", str(SEED),
         "--rate-per-s", "0"],
        cwd=where, env=_environment(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        url = json.loads(process.stdout.readline() if process.stdout else "")["url"]
        latency = {"seed": 1, "rules": [{"fault": "latency", "ms": LATENCY_MS}]}
        request = Request(  # noqa: S310  # our own server
            url.replace("/api/v1", "/_sim/faults"), json.dumps(latency).encode(), method="PUT"
        )
        urlopen(request).close()  # noqa: S310  # our own server
        yield url, process.pid
    finally:
        process.kill()
        process.wait()


def _whole_job(where: Path, url: str, pid: int) -> Figures:
    (where / "config.toml").write_text(CONFIG.format(url=url), encoding="utf-8")
    with _up(where):
        before = cpu_s(pid)
        plan_s, _ = _timed("plan", "--csv", "staff.csv", where=where)
        run = json.loads(_timed("status", "--json", where=where)[1])
        calls = _requests(url)
        plan = json.loads(_timed("show", run["id"], "--json", where=where)[1])
        approve_s, _ = _timed("approve", plan["id"], "--digest", plan["digest"], where=where)
        apply_s, _ = _timed("apply", plan["id"], where=where)
        ended = json.loads(_timed("status", "--json", where=where)[1])
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


@contextmanager
def _up(where: Path) -> Iterator[None]:
    """The engine's processes, once all workers have said that they are ready."""
    with (where / "up.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*CLI, "up", "--workers", str(WORKERS)], cwd=where, env=_environment(), stdout=log,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            deadline = time.monotonic() + 60
            while _started(where / "data" / "log") < WORKERS:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((where / "up.log").read_text(encoding="utf-8"))
                time.sleep(0.2)
            yield
        finally:
            process.terminate()
            process.wait()


def _started(logs: Path) -> int:
    """Workers that have logged something, which they do when they are ready."""
    return sum(log.stat().st_size > 0 for log in logs.glob("worker-*.log"))


def _requests(url: str) -> int:
    """How many the simulator has answered."""
    with urlopen(url.replace("/api/v1", "/_sim/journal?limit=1")) as answer:  # noqa: S310  # our own
        return int(json.loads(answer.read())["last"])


def cpu_s(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _timed(*words: str, where: Path) -> tuple[float, str]:
    started = time.perf_counter()
    out = _run("services.cli.main", *words, where=where)
    return time.perf_counter() - started, out


def _run(module: str, *words: str, where: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *words], cwd=where, env=_environment(), text=True,
        stdout=subprocess.PIPE, check=False,
    )  # fmt: skip
    if done.returncode not in {0, 3}:  # 3: a gate holds a part of the plan
        raise RuntimeError(f"{module} {words[0]} ended with {done.returncode}")
    return done.stdout


def _environment() -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[1])
    return {**os.environ, "ASCIP_SECRET": "bench", "ASCIP_SIM_SECRET": "bench", "PYTHONPATH": root}
