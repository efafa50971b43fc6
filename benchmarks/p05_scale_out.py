"""P5: scale-out of a latency-bound read, 100 ms a call: 1 worker process against 4.

Ours: 4,800 details as 24 work items, fetched and stored in PostgreSQL by workers with 32 in flight, no
limit set. All workers are up and connected before the clock starts; it stops with the last item.
Floor: linear, which is four times what one worker does. Left out: the broker's bell (2 ms an item).
"""

import os
import subprocess
import sys
import time

from benchmarks.fetching import add_items, item_ids, lms, require_stored, tiny_target, tools, work
from benchmarks.ledger import prepare
from benchmarks.measure import Result, medians, report, servers
from shared.adapters.db.connection import make_engine

CALLS, CHUNK, LATENCY_S, IN_FLIGHT = 4800, 200, 0.1, 32
MOST = 4
GOAL = 3.6


def measure() -> list[Result]:
    """Requests a second, four workers to one."""
    with servers() as urls, tiny_target(LATENCY_S) as target:
        found = medians(__name__, ["1", str(MOST)], BENCH_TARGET=target, **urls)
    one, four = found["1"]["per_s"], found[str(MOST)]["per_s"]
    return [
        Result(
            id="P5", work="1 → 4 workers, details at 100 ms, stored", floor=MOST * one, ours=four,
            unit="/s", goal=f"≥ {GOAL} × one worker", met=four >= GOAL * one,
            notes={"one_worker_per_s": one, "times": four / one},
        )
    ]  # fmt: skip


def main(count: int) -> None:
    """Start workers, let them go at once, and time them."""
    engine = make_engine(os.environ["BENCH_DATABASE"])
    prepare(engine)
    add_items(engine, CALLS, CHUNK)
    command = [sys.executable, "-m", "benchmarks.p05_scale_out"]
    workers = [
        subprocess.Popen(
            [*command, str(count), str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(count)
    ]  # fmt: skip
    for each in workers:
        _ = each.stdout.readline() if each.stdout else None  # it is ready
    since = time.perf_counter()
    for each in workers:
        if each.stdin:
            each.stdin.close()
    ended = [each.wait() for each in workers]
    seconds = time.perf_counter() - since
    if any(ended):
        raise RuntimeError(f"workers ended with {ended}")
    require_stored(engine, CALLS)
    report({"per_s": CALLS / seconds})


def worker(count: int, number: int) -> None:
    """One of so many workers: its share of the items."""
    engine = make_engine(os.environ["BENCH_DATABASE"])
    target = lms(os.environ["BENCH_TARGET"], rate_per_s=0, burst=1, concurrency=IN_FLIGHT)
    given = tools(engine, target, rate_per_s=CHUNK / 10, concurrency=IN_FLIGHT)
    list(target.fetch_people(range(1, IN_FLIGHT + 1)))  # connections are kept
    items = item_ids(engine)[number::count]
    print("ready", flush=True)
    sys.stdin.read()
    work(given, items)
    os._exit(0)  # taking apart is not part of it


if __name__ == "__main__":
    if len(sys.argv) > 2:  # a worker's number too
        worker(int(sys.argv[1]), int(sys.argv[2]))
    else:
        main(int(sys.argv[1]))
