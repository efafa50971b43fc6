"""P3: 20,000 detail calls at 20 ms of latency, 64 in flight, each detail stored in PostgreSQL.

Ours: what a worker does with the 20 work items of such a read (`work_on`: claim, `fetch_people`,
renew, COPY and commit of each batch, finish), each call paced through Valkey, signed, read strictly.
The limit is on as in production, at 10,000/s so that it binds nobody; `ours_unpaced` has none.

Floor: one bare `httpx.AsyncClient` over `httpx-aiohttp`, 64 tasks, each reading the body's bytes.
It signs, paces, parses and stores nothing. Both run in one process, the server in another.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable

import httpx
from httpx_aiohttp import AiohttpTransport

from benchmarks.fetching import add_items, lms, require_stored, tiny_target, tools, work
from benchmarks.ledger import prepare
from benchmarks.measure import Figures, Result, medians, report, servers
from shared.adapters.db.connection import make_engine
from shared.pipeline.tools import chunk_size

LATENCY_S = 0.02
CALLS, IN_FLIGHT, RATE_PER_S = 20_000, 64, 10_000.0
GOAL = 0.8
PARTS = ("floor", "ours", "ours_unpaced")


def measure() -> list[Result]:
    """Requests a second, ours to the floor's."""
    with servers() as urls, tiny_target(LATENCY_S) as target:
        found = medians(__name__, PARTS, BENCH_TARGET=target, **urls)
    per_s = {part: figures["per_s"] for part, figures in found.items()}
    notes = {
        "unpaced_per_s": per_s["ours_unpaced"],
        "unpaced_ratio": per_s["ours_unpaced"] / per_s["floor"],
        "floor_cpu_us_per_call": found["floor"]["cpu_us"],
        "ours_cpu_us_per_call": found["ours"]["cpu_us"],
        "unpaced_cpu_us_per_call": found["ours_unpaced"]["cpu_us"],
    }
    return [
        Result(
            id="P3", work="20,000 details at 20 ms, 64 in flight, stored",
            floor=per_s["floor"], ours=per_s["ours"], unit="/s", goal=f"≥ {GOAL}",
            met=per_s["ours"] >= GOAL * per_s["floor"], notes=notes,
        )
    ]  # fmt: skip


async def floor(base_url: str) -> None:
    """The bare loop."""
    ids = iter(range(1, CALLS + 1))
    limits = httpx.Limits(max_connections=IN_FLIGHT)
    async with httpx.AsyncClient(transport=AiohttpTransport(limits=limits)) as client:

        async def chain() -> None:
            for number in ids:
                response = await client.get(f"{base_url}/people/{number}")
                response.raise_for_status()

        await asyncio.gather(*(chain() for _ in range(IN_FLIGHT)))


def main(part: str) -> None:
    """One part, in this process."""
    base_url = os.environ["BENCH_TARGET"]
    if part == "floor":
        report(_timed(lambda: asyncio.run(floor(base_url))))
        return
    engine = make_engine(os.environ["BENCH_DATABASE"])
    prepare(engine)
    items = add_items(engine, CALLS, chunk_size(RATE_PER_S, IN_FLIGHT))
    rate_per_s = RATE_PER_S if part == "ours" else 0.0
    target = lms(base_url, rate_per_s=rate_per_s, burst=50, concurrency=IN_FLIGHT)
    given = tools(engine, target, rate_per_s=RATE_PER_S, concurrency=IN_FLIGHT)
    report(_timed(lambda: work(given, items)))
    target.close()
    require_stored(engine, CALLS)


def _timed(call: Callable[[], None]) -> Figures:
    started, cpu = time.perf_counter(), time.process_time()
    call()
    seconds = time.perf_counter() - started
    return {"per_s": CALLS / seconds, "cpu_us": (time.process_time() - cpu) / CALLS * 1e6}


if __name__ == "__main__":
    main(sys.argv[1])
