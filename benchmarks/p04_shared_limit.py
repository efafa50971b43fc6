"""P4: a limit of 50/s shared by 4 worker processes over 60 s, against the simulator that enforces it.

Ours: four processes, each fetching details with 32 in flight at 20 ms of latency, paced through one
Valkey at 50/s with a burst of 10. The simulator answers 429 above 50/s with a burst of 20, and its
journal says when each call came. Left out: storing (P3 has it). Floor: the limit itself.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.request import Request, urlopen

from benchmarks.fetching import lms
from benchmarks.measure import Result, servers

RATE_PER_S, BURST, SERVER_BURST = 50.0, 10, 20
WORKERS, SECONDS, PEOPLE = 4, 60.0, 2000
GOAL = 0.98


def measure() -> list[Result]:
    """Calls a second over the middle of the time, and the worst second."""
    with servers() as urls, _simulator() as root:
        commands = [[sys.executable, "-m", __name__, str(n)] for n in range(WORKERS)]
        env = {**os.environ, **urls, "BENCH_TARGET": f"{root}/api/v1"}
        workers = [subprocess.Popen(command, env=env) for command in commands]
        ended = [worker.wait() for worker in workers]
        entries = _ask(f"{root}/_sim/journal?limit=100000")["entries"]
    if any(ended):
        raise RuntimeError(f"workers ended with {ended}")
    times = sorted(datetime.fromisoformat(entry["time"]).timestamp() for entry in entries)
    # The first second has the burst, the last ones see workers end.
    middle = [at for at in times if times[0] + 2 <= at < times[0] + SECONDS - 2]
    ours = len(middle) / (SECONDS - 4)
    refused = sum(entry["status"] == 429 for entry in entries)
    worst = _most_in_a_second(times)
    met = ours >= GOAL * RATE_PER_S and not refused and worst <= RATE_PER_S + BURST
    return [
        Result(
            id="P4", work="limit of 50/s shared by 4 processes, 60 s", floor=RATE_PER_S, ours=ours,
            unit="/s", goal=f"≥ {GOAL}, no 429, ≤ {RATE_PER_S + BURST:.0f} in any second", met=met,
            notes={"refused": refused, "most_in_a_second": worst, "calls": len(times)},
        )
    ]  # fmt: skip


def _most_in_a_second(times: list[float]) -> int:
    most, first = 0, 0
    for last, at in enumerate(times):
        while times[first] <= at - 1:
            first += 1
        most = max(most, last - first + 1)
    return most


@contextmanager
def _simulator() -> Iterator[str]:
    command = [
        sys.executable, "-m", "services.simulator", "--seed-people", str(PEOPLE), "--key-id", "bench",
        "--rate-per-s", str(RATE_PER_S), "--burst", str(SERVER_BURST),
    ]  # fmt: skip
    env = {**os.environ, "ASCIP_SIM_SECRET": "bench"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
    try:
        port = json.loads(process.stdout.readline() if process.stdout else "{}")["port"]
        root = f"http://127.0.0.1:{port}"
        latency = {"seed": 1, "rules": [{"fault": "latency", "ms": 20}]}
        _ask(f"{root}/_sim/faults", latency)
        yield root
    finally:
        process.kill()
        process.wait()


def _ask(url: str, body: object = None) -> dict[str, Any]:
    data = json.dumps(body).encode() if body else None
    with urlopen(Request(url, data=data, method="PUT" if body else "GET")) as answer:  # noqa: S310  # our own server
        found: dict[str, Any] = json.loads(answer.read())
    return found


def main(number: int) -> None:
    """One worker: details again and again until the time is over."""
    target = lms(os.environ["BENCH_TARGET"], rate_per_s=RATE_PER_S, burst=BURST, concurrency=32)
    ids = list(range(10_001 + number * 100, 10_101 + number * 100))
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        for _ in target.fetch_people(ids):
            if time.monotonic() >= end:
                break
    target.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
