"""Work as workers do it: a target process, tools, work items of a read. P3 to P6 and CONC use it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, text

from benchmarks.ledger import RUN
from shared.adapters.clock.system import RandomIds, SystemClock
from shared.adapters.db.connection import PgTransactions
from shared.adapters.lms.limiter import ValkeyLimiter
from shared.adapters.lms.target import AscipLms, LmsSettings
from shared.adapters.vault.keyring import Keyring
from shared.domain.work import NewWork, WorkKind
from shared.pipeline.tools import Tools
from shared.pipeline.work_on import work_on


@contextmanager
def tiny_target(latency_s: float) -> Iterator[str]:
    """A server that answers every detail after ``latency_s`` and does nothing else; its base URL."""
    command = [sys.executable, "-m", "benchmarks.tiny_server", str(latency_s)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        port = process.stdout.readline().strip() if process.stdout else ""
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        process.kill()
        process.wait()


def lms(base_url: str, *, rate_per_s: float, burst: int, concurrency: int) -> AscipLms:
    """Our client; with a rate its calls are paced through the Valkey of `BENCH_REDIS`."""
    limiter = ValkeyLimiter(os.environ["BENCH_REDIS"], "bench", max(rate_per_s, 1), burst)
    settings = LmsSettings(
        base_url=base_url, key_id="bench", secret="bench",  # noqa: S106  # of our own server
        rate_per_s=rate_per_s, concurrency=concurrency,
    )  # fmt: skip
    return AscipLms(settings, limiter)


def tools(engine: Engine, target: AscipLms, *, rate_per_s: float, concurrency: int) -> Tools:
    """What a worker is given, as far as fetching and applying use it."""
    unused: Any = None
    return Tools(
        transactions=PgTransactions(engine), target=target, clock=SystemClock(), ids=RandomIds(),
        concurrency=concurrency, rate_per_s=rate_per_s, reader=unused, vault=unused,
        keyring=Keyring([b"b" * 32]), passwords=unused, reports=unused, policy=unused, config_sha256="",
        engine_version="", feeds={}, district="", environment="",
    )  # fmt: skip


def add_items(engine: Engine, calls: int, size: int) -> list[int]:
    """Work items for the people 1 to ``calls``, ``size`` in each."""
    ids = list(range(1, calls + 1))
    chunks = [ids[first : first + size] for first in range(0, calls, size)]
    with PgTransactions(engine).begin() as uow:
        uow.work.add(RUN, [NewWork(kind=WorkKind.FETCH, chunk={"ids": c}) for c in chunks])
    return item_ids(engine)


def item_ids(engine: Engine) -> list[int]:
    """All work items, in order."""
    with engine.begin() as connection:
        return list(connection.execute(text("SELECT id FROM work_item ORDER BY id")).scalars())


def work(given: Tools, items: Sequence[int]) -> None:
    """The work items of a read, one after another as a worker takes them."""
    for item in items:
        worked = work_on(given, item, "bench")
        if worked.code is not None:
            raise RuntimeError(f"item {item} ended with {worked.code}")


def require_stored(engine: Engine, calls: int) -> None:
    """Every detail is there."""
    with engine.begin() as connection:
        stored = connection.execute(text("SELECT count(body) FROM snapshot_person")).scalar_one()
    if stored != calls:
        raise RuntimeError(f"{stored} of {calls} details were stored")
