"""P9: a chemical inventory of 1,000,000 rows, from the file to versions in the record store.

Ours: `land`, then every work item of the run in one process: read and judge (`osha_inventory`),
compare, plan, be approved, apply in chunks with a version and an audit entry for each record. One row
in 2,000 is quarantined. Left out: doorbells, and the run's report, which is noted.

Floor: COPY of the same file, as CSV, into a table of 16 text columns without index, until it is
committed. PostgreSQL reads it in 256 KB writes; nothing is judged, compared, planned or audited.

Repeat: the same file, planned again by force: everything is read, judged and compared, and nothing has
changed. Noted: seconds of each part, the peak of memory of both. `BENCH_RECORDS` sets the number of rows.
"""

import os
import resource
import sys
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from sqlalchemy import Engine, text

from benchmarks.fetching import lms, tools
from benchmarks.inventory_file import COLUMNS, write_inventory
from benchmarks.ledger import prepare
from benchmarks.measure import Figures, Result, medians, report, servers
from shared.adapters.db.connection import make_engine
from shared.adapters.reports import FileReports
from shared.adapters.tabular.reader import ExtractReader
from shared.adapters.vault.folder import FolderVault
from shared.adapters.vault.keyring import Keyring
from shared.domain.audit import Actor, ActorType
from shared.domain.feeds.governed import FEEDS
from shared.domain.policy import Policy
from shared.domain.review import Decision, Review
from shared.domain.run import RunState
from shared.domain.work import WorkKind
from shared.pipeline.carry_out import apply_plan
from shared.pipeline.decide import decide
from shared.pipeline.land import Order, Sender, land
from shared.pipeline.tools import Tools
from shared.pipeline.work_on import work_on

ROWS = int(os.environ.get("BENCH_RECORDS", "1000000"))
GOAL, PEAK_MB, REPEAT = 0.15, 300.0, 0.5
FEED = "osha_inventory"
WRITE_BYTES = 256 * 1024
#: Seconds of each part.
Spent = defaultdict[str, float]
SOMEBODY = Actor(ActorType.USER, "bench")


def measure() -> list[Result]:
    """Rows a second; the repeat against the first."""
    with servers() as urls, TemporaryDirectory(prefix="ascip-bench-") as folder:
        path = Path(folder) / "inventory.csv"
        write_inventory(path, ROWS)
        env = {**urls, "BENCH_FILE": str(path), "BENCH_VAULT": str(Path(folder) / "data")}
        found = medians(__name__, ("floor", "ours", "repeat"), **env)
    floor, ours, repeat = found["floor"], found["ours"], found["repeat"]
    met = ours["rows_per_s"] >= GOAL * floor["rows_per_s"] and ours["peak_mb"] <= PEAK_MB
    quick = repeat["seconds"] <= REPEAT * ours["seconds"] and repeat["peak_mb"] <= PEAK_MB
    return [
        Result(
            id="P9", work=f"{ROWS:,} records, file to versions", floor=floor["rows_per_s"],
            ours=ours["rows_per_s"], unit="/s", goal=f"≥ {GOAL}, ≤ {PEAK_MB:.0f} MB", met=met,
            notes={f"first_{name}": figure for name, figure in ours.items()},
        ),
        Result(
            id="P9 repeat", work="the same again, nothing changed", floor=ours["seconds"],
            ours=repeat["seconds"], unit="s", goal=f"≤ {REPEAT} × the first", met=quick,
            notes={f"repeat_{name}": figure for name, figure in repeat.items()},
        ),
    ]  # fmt: skip


def floor(path: Path) -> Figures:
    """COPY the file."""
    columns = ", ".join(f'"{name}" text' for name in COLUMNS)
    with psycopg.connect(os.environ["BENCH_DATABASE"]) as driver, driver.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS floor")
        cursor.execute(f"CREATE TABLE floor ({columns})".encode())
        driver.commit()
        started = time.perf_counter()
        with (
            path.open("rb") as file,
            cursor.copy("COPY floor FROM STDIN (FORMAT csv, HEADER)") as copy,
        ):
            while data := file.read(WRITE_BYTES):
                copy.write(data)
        driver.commit()
        seconds = time.perf_counter() - started
        cursor.execute("DROP TABLE floor")
        return {"seconds": seconds, "rows_per_s": ROWS / seconds}


def ours(path: Path, given: Tools, engine: Engine) -> Figures:
    """From the file to the last version."""
    prepare(engine)
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE record_version"))
    spent: Spent = defaultdict(float)
    run_id = _land(path, given, spent)
    _work(given, spent)
    started = time.perf_counter()
    with given.transactions.begin() as uow:
        plan = uow.plans.of_run(run_id)
    if plan is None:
        raise RuntimeError("there is no plan")
    decide(given, plan.id, Review(decision=Decision.APPROVE, plan_digest=plan.digest), SOMEBODY)
    apply_plan(given, plan.id, SOMEBODY)
    spent["decide"] += time.perf_counter() - started
    _work(given, spent)
    _require(given, run_id, RunState.APPLIED)
    return _figures(spent)


def repeat(path: Path, given: Tools) -> Figures:
    """The same, with everything there."""
    spent: Spent = defaultdict(float)
    run_id = _land(path, given, spent)
    _work(given, spent)
    _require(given, run_id, RunState.NO_CHANGES)
    return _figures(spent)


def _land(path: Path, given: Tools, spent: Spent) -> str:
    started = time.perf_counter()
    with path.open("rb") as source:
        sender = Sender(actor=SOMEBODY, name=path.name, feed=FEED)
        run_id = land(given, source, sender, Order(trigger="cli", force=True))
    spent["land"] += time.perf_counter() - started
    return run_id


def _work(given: Tools, spent: Spent) -> None:
    """Every item as it comes due; seconds by kind."""
    while True:
        with given.transactions.begin() as uow:
            due = uow.work.take_due(1000, most_out=1000)
        if not due:
            return
        for item_id in due:
            started = time.perf_counter()
            worked = work_on(given, item_id, "bench")
            if worked.code is not None or worked.item is None:
                raise RuntimeError(f"item {item_id} ended with {worked.code}")
            spent[worked.item.kind.value] += time.perf_counter() - started


def _require(given: Tools, run_id: str, state: RunState) -> None:
    with given.transactions.begin() as uow:
        run = uow.runs.get(run_id)
    if run.state is not state or not run.counts.get("quarantined"):
        raise RuntimeError(f"the run is {run.state_and_reason}: {run.detail}")


def _figures(spent: Spent) -> Figures:
    seconds = sum(s for name, s in spent.items() if name != WorkKind.REPORT.value)
    parts = {f"{name}_s": figure for name, figure in spent.items()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "rows_per_s": ROWS / seconds, "peak_mb": peak, **parts}


def _tools(engine: Engine) -> Tools:
    target = lms("http://127.0.0.1:9/api/v1", rate_per_s=1, burst=1, concurrency=1)  # never asked
    keyring = Keyring([b"k" * 32])
    return replace(
        tools(engine, target, rate_per_s=1, concurrency=1), reader=ExtractReader(),
        vault=FolderVault(Path(os.environ["BENCH_VAULT"]), keyring), keyring=keyring,
        reports=FileReports(), policy=Policy(base_url="", timezone="UTC"), feeds=FEEDS,
    )  # fmt: skip


def main(part: str) -> None:
    """One part, in this process."""
    path = Path(os.environ["BENCH_FILE"])
    if part == "floor":
        report(floor(path))
        return
    engine = make_engine(os.environ["BENCH_DATABASE"])
    given = _tools(engine)
    report(ours(path, given, engine) if part == "ours" else repeat(path, given))


if __name__ == "__main__":
    main(sys.argv[1])
