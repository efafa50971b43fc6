"""CONC: how many calls in flight pay: one worker process, details stored, at 20 and 100 ms of latency.

Ours: as P3 without a limit, with 8 to 128 in flight. Floor: in flight / latency, what a client that
takes no time would do. It decides the default of `ascip.concurrency`.
"""

import os
import sys
import time

from benchmarks.fetching import add_items, lms, require_stored, tiny_target, tools, work
from benchmarks.ledger import prepare
from benchmarks.measure import Result, medians, report, servers
from shared.adapters.db.connection import make_engine

CALLS, CHUNK = 4000, 1000
LATENCIES_S = (0.02, 0.1)
IN_FLIGHT = (8, 16, 32, 64, 128)


def measure() -> list[Result]:
    """Requests a second for each number in flight."""
    results = []
    for latency_s in LATENCIES_S:
        with servers() as urls, tiny_target(latency_s) as target:
            found = medians(__name__, list(map(str, IN_FLIGHT)), BENCH_TARGET=target, **urls)
        for width in IN_FLIGHT:
            figures = found[str(width)]
            ideal = width / latency_s
            results.append(
                Result(
                    id="CONC", work=f"{width} in flight at {latency_s * 1000:.0f} ms", floor=ideal,
                    ours=figures["per_s"], unit="/s", goal="noted", met=True,
                    notes={f"{width}_at_{latency_s * 1000:.0f}_ms_cpu_us": figures["cpu_us"]},
                )
            )  # fmt: skip
    return results


def main(width: int) -> None:
    """One width, in this process."""
    engine = make_engine(os.environ["BENCH_DATABASE"])
    prepare(engine)
    items = add_items(engine, CALLS, CHUNK)
    target = lms(os.environ["BENCH_TARGET"], rate_per_s=0, burst=1, concurrency=width)
    given = tools(engine, target, rate_per_s=CHUNK / 10, concurrency=width)
    started, cpu = time.perf_counter(), time.process_time()
    work(given, items)
    seconds = time.perf_counter() - started
    report({"per_s": CALLS / seconds, "cpu_us": (time.process_time() - cpu) / CALLS * 1_000_000})
    target.close()
    require_stored(engine, CALLS)


if __name__ == "__main__":
    main(int(sys.argv[1]))
