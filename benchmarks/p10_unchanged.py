"""P10: an unchanged extract of 250 MB recognised, until its run is `skipped_unchanged`.

Ours: `land` of a file whose bytes were applied by an earlier run, then the work item that gives the
run its turn, in one process, with PostgreSQL and the encrypted vault. Left out: the doorbell between
the two (2 ms), and the report of the skipped run, which is noted.

Floor: SHA-256 of the file, by `hashlib.file_digest`. Both read it from the page cache.

Noted: the parts of ours; hashing and storing the same file once more, which a file that is not
known needs.
"""

import hashlib
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine, text

from benchmarks.extract_file import write_extract
from benchmarks.fetching import item_ids, lms, tools
from benchmarks.ledger import prepare
from benchmarks.measure import Figures, Result, in_fresh_process, medians, report, servers
from shared.adapters.db.connection import make_engine
from shared.adapters.reports import FileReports
from shared.adapters.tabular.csv_reader import CsvReader
from shared.adapters.vault.folder import FolderVault
from shared.adapters.vault.keyring import Keyring
from shared.domain.audit import SYSTEM
from shared.domain.policy import Policy
from shared.domain.run import RunState
from shared.pipeline.land import Order, Sender, land
from shared.pipeline.tools import Tools
from shared.pipeline.work_on import work_on

ROWS = 1_074_000
GOAL = 1.5
MAPPING = '{"version": 1, "groups": {"district": {"id": 1, "name": "Lincoln USD"}, "sites": {}}}'
#: As if the run of the first landing had been applied, cleanly, after a complete read.
_APPLIED = """
UPDATE run SET state = 'applied', clean = true, as_of = current_date, ended_at = now(),
 counts = '{"rows_in": 1}', input_sha256 = repeat('0', 64) WHERE id = :id;
INSERT INTO snapshot (id, run_id, target, list_complete, completed_at)
 VALUES ('snp_APPLIED', :id, 'ascip', true, now());
"""


def measure() -> list[Result]:
    """Seconds, and the parts of ours."""
    with servers() as urls, TemporaryDirectory(prefix="ascip-bench-") as folder:
        path = Path(folder) / "staff.csv"
        write_extract(path, ROWS)
        env = {**urls, "BENCH_FILE": str(path), "BENCH_VAULT": str(Path(folder) / "data")}
        in_fresh_process(__name__, "first", **env)
        found = medians(__name__, ("floor", "ours", "stored"), **env)
    floor, ours = found["floor"]["seconds"], found["ours"]["seconds"]
    notes = {
        "land_s": found["ours"]["land_s"],
        "decide_s": found["ours"]["decide_s"],
        "report_s": found["ours"]["report_s"],
        "hash_and_store_s": found["stored"]["seconds"],
        "megabytes": found["floor"]["megabytes"],
    }
    return [
        Result(
            id="P10", work="unchanged 250 MB extract recognised", floor=floor, ours=ours, unit="s",
            goal=f"≤ {GOAL} ×", met=ours <= GOAL * floor, notes=notes,
        )
    ]  # fmt: skip


def floor(path: Path) -> Figures:
    """The hash alone."""
    started = time.perf_counter()
    with path.open("rb") as file:
        hashlib.file_digest(file, "sha256")
    return {
        "seconds": time.perf_counter() - started, "megabytes": path.stat().st_size / 1e6,
    }  # fmt: skip


def first(path: Path, given: Tools, engine: Engine) -> Figures:
    """The run that ours equals."""
    prepare(engine)
    run_id = _land(path, given)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM work_item"))
        for statement in filter(str.strip, _APPLIED.split(";")):
            connection.execute(text(statement), {"id": run_id})
    return {}


def ours(path: Path, given: Tools, engine: Engine) -> Figures:
    """Land, decide; then the report."""
    started = time.perf_counter()
    run_id = _land(path, given)
    landed = time.perf_counter()
    work_on(given, item_ids(engine)[-1], "bench")
    decided = time.perf_counter()
    with given.transactions.begin() as uow:
        if uow.runs.get(run_id).state is not RunState.SKIPPED_UNCHANGED:
            raise RuntimeError("the file was not recognised")
    asked = time.perf_counter()
    work_on(given, item_ids(engine)[-1], "bench")
    return {
        "seconds": decided - started, "land_s": landed - started, "decide_s": decided - landed,
        "report_s": time.perf_counter() - asked,
    }  # fmt: skip


def stored(path: Path, given: Tools) -> Figures:
    """Hash, encrypt and write the file, durably."""
    started = time.perf_counter()
    with path.open("rb") as source:
        deposit = given.vault.deposit(source, key=given.ids.new("upl"))
    seconds = time.perf_counter() - started
    given.vault.remove(deposit.location)
    return {"seconds": seconds}


def _land(path: Path, given: Tools) -> str:
    with path.open("rb") as source:
        order = Order(trigger="cli", mapping_text=MAPPING)
        return land(given, source, Sender(actor=SYSTEM, name=path.name), order)


def _tools(engine: Engine) -> Tools:
    target = lms("http://127.0.0.1:9/api/v1", rate_per_s=1, burst=1, concurrency=1)  # never asked
    keyring = Keyring([b"k" * 32])
    return replace(
        tools(engine, target, rate_per_s=1, concurrency=1), reader=CsvReader(),
        vault=FolderVault(Path(os.environ["BENCH_VAULT"]), keyring), keyring=keyring,
        reports=FileReports(), policy=Policy(base_url="", timezone="UTC"),
    )  # fmt: skip


def main(part: str) -> None:
    """One part, in this process."""
    path = Path(os.environ["BENCH_FILE"])
    if part == "floor":
        report(floor(path))
        return
    engine = make_engine(os.environ["BENCH_DATABASE"])
    given = _tools(engine)
    match part:
        case "first":
            report(first(path, given, engine))
        case "stored":
            report(stored(path, given))
        case _:
            report(ours(path, given, engine))


if __name__ == "__main__":
    main(sys.argv[1])
