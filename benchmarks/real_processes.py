"""An installation of real processes beside the simulator, driven by commands. P5 and P7 use it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

SEED = 2026
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
concurrency = {in_flight}
[server]
port = 0
[staff.removal]
first_run = "allow"
[data]
dir = "data"
"""
CLI = (sys.executable, "-m", "services.cli.main")


def files(where: Path, people: int) -> None:
    """HR's extract two weeks later: a tenth of the people is to be changed."""
    _run("services.simulator.extract", "--out", ".", "--people", str(people), "--seed", str(SEED),
         where=where)  # fmt: skip


@contextmanager
def simulator(where: Path, people: int, latency_ms: int) -> Iterator[tuple[str, int]]:
    """A tenant of its own, slow to answer; its address and process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "services.simulator", "--seed-people", str(people), "--seed", str(SEED),
         "--rate-per-s", "0"],
        cwd=where, env=_environment(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        url = json.loads(process.stdout.readline() if process.stdout else "")["url"]
        latency = {"seed": 1, "rules": [{"fault": "latency", "ms": latency_ms}]}
        request = Request(  # noqa: S310  # our own server
            url.replace("/api/v1", "/_sim/faults"), json.dumps(latency).encode(), method="PUT"
        )
        urlopen(request).close()  # noqa: S310  # our own server
        yield url, process.pid
    finally:
        process.kill()
        process.wait()


@contextmanager
def up(where: Path, url: str, workers: int, in_flight: int) -> Iterator[None]:
    """The engine's processes, once all workers have said that they are ready."""
    text = CONFIG.format(url=url, in_flight=in_flight)
    (where / "config.toml").write_text(text, encoding="utf-8")
    with (where / "up.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*CLI, "up", "--workers", str(workers)], cwd=where, env=_environment(), stdout=log,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            deadline = time.monotonic() + 300  # of a machine that is not quiet
            while _started(where / "data" / "log") < workers:
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


def cpu_s(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def timed(*words: str, where: Path) -> tuple[float, str]:
    """Seconds that a command takes, and what it prints."""
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
