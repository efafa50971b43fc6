"""P3: 20,000 detail calls at 20 ms of latency, 64 in flight, each detail stored in PostgreSQL.

Ours: what a worker does with the 20 work items of such a read (`work_on`: claim, `fetch_people`,
renew, COPY and commit of each batch, finish), each call paced through Valkey, signed, read strictly.
The limit is on as in production, at 10,000/s so that it binds nobody; `ours_unpaced` has none.

Floor: one bare `httpx.AsyncClient` over `httpx-aiohttp`, 64 tasks, each reading the body's bytes.
It signs, paces, parses and stores nothing. Both run in one process, the server in another.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from httpx_aiohttp import AiohttpTransport
from sqlalchemy import Engine, text

from benchmarks.ledger import RUN, prepare
from benchmarks.measure import Figures, Result, medians, report, servers
from shared.adapters.clock.system import RandomIds, SystemClock
from shared.adapters.db.connection import PgTransactions, make_engine
from shared.adapters.lms.limiter import ValkeyLimiter
from shared.adapters.lms.target import AscipLms, LmsSettings
from shared.domain.work import NewWork, WorkKind
from shared.pipeline.tools import Tools, chunk_size
from shared.pipeline.work_on import work_on

CALLS, IN_FLIGHT, RATE_PER_S = 20_000, 64, 10_000.0
GOAL = 0.8
PARTS = ("floor", "ours", "ours_unpaced")


def measure() -> list[Result]:
    """Requests a second, ours to the floor's."""
    with servers() as urls, _target() as target:
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


@contextmanager
def _target() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.tiny_server"], stdout=subprocess.PIPE, text=True
    )
    try:
        port = process.stdout.readline().strip() if process.stdout else ""
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        process.kill()
        process.wait()


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


def work(tools: Tools, items: list[int]) -> None:
    """The work items of a read, one after another as a worker takes them."""
    for item in items:
        worked = work_on(tools, item, "bench")
        if worked.code is not None:
            raise RuntimeError(f"item {item} ended with {worked.code}")


def _tools(engine: Engine, base_url: str, rate_per_s: float) -> Tools:
    limiter = ValkeyLimiter(os.environ["BENCH_REDIS"], "bench", RATE_PER_S, 50)
    settings = LmsSettings(
        base_url=base_url, key_id="bench", secret="bench",  # noqa: S106  # nobody checks it
        rate_per_s=rate_per_s, concurrency=IN_FLIGHT,
    )  # fmt: skip
    unused: Any = None  # by fetching
    return Tools(
        transactions=PgTransactions(engine), target=AscipLms(settings, limiter),
        clock=SystemClock(), ids=RandomIds(), concurrency=IN_FLIGHT, rate_per_s=RATE_PER_S,
        reader=unused, vault=unused, keyring=unused, reports=unused, policy=unused, config_sha256="",
        engine_version="", target_name="ascip", district="", environment="",
    )  # fmt: skip


def _add_items(engine: Engine) -> list[int]:
    ids = list(range(1, CALLS + 1))
    size = chunk_size(RATE_PER_S, IN_FLIGHT)
    chunks = [ids[i : i + size] for i in range(0, CALLS, size)]
    with PgTransactions(engine).begin() as uow:
        uow.work.add(RUN, [NewWork(kind=WorkKind.FETCH, chunk={"ids": c}) for c in chunks])
    with engine.begin() as connection:
        return list(connection.execute(text("SELECT id FROM work_item ORDER BY id")).scalars())


def main(part: str) -> None:
    """One part, in this process."""
    base_url = os.environ["BENCH_TARGET"]
    if part == "floor":
        report(_timed(lambda: asyncio.run(floor(base_url))))
        return
    engine = make_engine(os.environ["BENCH_DATABASE"])
    prepare(engine)
    items = _add_items(engine)
    tools = _tools(engine, base_url, RATE_PER_S if part == "ours" else 0.0)
    report(_timed(lambda: work(tools, items)))
    with engine.begin() as connection:
        stored = connection.execute(text("SELECT count(body) FROM snapshot_person")).scalar_one()
    tools.target.close()
    if stored != CALLS:
        raise RuntimeError(f"{stored} of {CALLS} details were stored")


def _timed(call: Callable[[], None]) -> Figures:
    started, cpu = time.perf_counter(), time.process_time()
    call()
    seconds = time.perf_counter() - started
    return {"per_s": CALLS / seconds, "cpu_us": (time.process_time() - cpu) / CALLS * 1e6}


if __name__ == "__main__":
    main(sys.argv[1])
