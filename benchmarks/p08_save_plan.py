"""P8: saving a plan of 100,000 actions.

Ours: `PgPlans.save` in a transaction, until it is committed. The actions are in memory with their
canonical bytes and hashes; making those is noted apart. Left out: comparing, secrets, dispositions.

Floor: COPY of the very same bytes, read from PostgreSQL before, into an empty table with the same
columns, checks and indexes, in 256 KB writes, until it is committed. Nobody makes its bytes. It has
no foreign key, as `LIKE` copies none; the part `floor_with_key` has, and is noted.
"""

import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from sqlalchemy import Engine

from benchmarks.ledger import RUN, SNAPSHOT, prepare
from benchmarks.measure import Figures, Result, in_fresh_process, medians, report, servers
from shared.adapters.db.connection import PgTransactions, make_engine
from shared.domain.action import Action, ActionClass, Change, HeldReason, Kind, Mark, ordered
from shared.domain.adoption import Adoption
from shared.domain.plan import Plan, digest
from shared.domain.removal import Removals

ACTIONS = 100_000
WRITE_BYTES = 256 * 1024
PLAN = "pln_BENCHBENCH00"
GOAL = 1.5
PARTS = ("floor", "floor_with_key", "ours")


def measure() -> list[Result]:
    """The ratio, and what making the canonical bytes costs."""
    with servers() as urls, TemporaryDirectory(prefix="ascip-bench-") as folder:
        env = {**urls, "BENCH_ROWS": str(Path(folder) / "rows")}
        in_fresh_process(__name__, "write_rows", **env)
        found = medians(__name__, PARTS, **env)
    floor, ours = found["floor"]["seconds"], found["ours"]["seconds"]
    notes = {
        "floor_with_foreign_key_s": found["floor_with_key"]["seconds"],
        "ratio_to_floor_with_foreign_key": ours / found["floor_with_key"]["seconds"],
        "canonical_bytes_and_hashes_s": found["ours"]["hash_s"],
        "digest_s": found["ours"]["digest_s"],
    }
    return [
        Result(
            id="P8", work="save a plan of 100,000 actions", floor=floor, ours=ours, unit="s",
            goal=f"≤ {GOAL} ×", met=ours <= GOAL * floor, notes=notes,
        )
    ]  # fmt: skip


def actions() -> list[Action]:
    """65 % updates of two fields, 15 % adds of nine, 15 % joins, 5 % deactivations."""
    return ordered(_action(number) for number in range(ACTIONS))


def _action(number: int) -> Action:
    share, key = number % 20, f"E{number:06d}"
    common: dict[str, Any] = {
        "person_key": key, "match_rule": "employee_number", "source_row": number + 1,
        "email_masked": "g***@lincoln.example", "site": f"{number % 90:03d}",
        "reason": "differs from the extract (row 12345)",
    }  # fmt: skip
    if share < 13:
        return Action(
            kind=Kind.UPDATE, action_class=ActionClass.UPDATES, ascip_id=100_000 + number,
            changes=(_bucket(7), Change(path="last_name", before="Garcia", after="García-Núñez")),
            marks=(Mark.SITE_TRANSFER,), **common,
        )  # fmt: skip
    if share < 16:
        return Action(
            kind=Kind.ADD, action_class=ActionClass.ADDS, ascip_id=None, changes=_new(key), **common
        )
    if share < 19:
        return Action(
            kind=Kind.JOIN, action_class=ActionClass.MEMBERSHIPS_ADDED, ascip_id=100_000 + number,
            group_id=401, group_name="Lincoln High", **common,
        )  # fmt: skip
    return Action(
        kind=Kind.DEACTIVATE, action_class=ActionClass.REMOVALS, ascip_id=100_000 + number,
        hold=HeldReason.GATE, **common,
    )  # fmt: skip


def _bucket(number: int) -> Change:
    return Change(
        path=f"buckets.{number}", before=3001, after=3004,
        before_name="Paraeducator", after_name="Teacher",
    )  # fmt: skip


def _new(key: str) -> tuple[Change, ...]:
    values: dict[str, str | int] = {
        "email": f"{key.lower()}@lincoln.example", "username": f"{key.lower()}@lincoln.example",
        "first_name": "Gabriela", "last_name": "Núñez", "employee_number": key, "role_id": 12,
        "timezone_id": 5,
    }  # fmt: skip
    plain = (Change(path=path, before=None, after=after) for path, after in values.items())
    return (*plain, _bucket(7), _bucket(8))


def ours(engine: Engine) -> Figures:
    """Save, with everything before it noted."""
    made = actions()
    started = time.perf_counter()
    hashes = [action.hash for action in made]
    hashed = time.perf_counter()
    plan = _plan(made, digest({}, hashes))
    digested = time.perf_counter()
    _save(engine, plan)
    saved = time.perf_counter()
    return {
        "seconds": saved - digested, "hash_s": hashed - started, "digest_s": digested - hashed,
    }  # fmt: skip


def _plan(made: list[Action], digested: str) -> Plan:
    nobody = Removals()
    return Plan(
        header={}, actions=tuple(made), gates=(), digest=digested, dispositions={}, held_rows=(),
        matched={}, removals=nobody, shielded=0, adoption=Adoption(),
    )  # fmt: skip


def _save(engine: Engine, plan: Plan) -> None:
    with PgTransactions(engine).begin() as uow:
        uow.plans.save(
            plan, plan_id=PLAN, run_id=RUN, snapshot_id=SNAPSHOT, ttl_h=72, facts={}
        )  # fmt: skip


def floor(engine: Engine, *, with_key: bool = False) -> Figures:
    """COPY what `write_rows` kept."""
    data = Path(os.environ["BENCH_ROWS"]).read_bytes()
    with psycopg.connect(os.environ["BENCH_DATABASE"]) as driver:
        driver.execute("DROP TABLE IF EXISTS floor")
        driver.execute("CREATE TABLE floor (LIKE action INCLUDING ALL)")
        if with_key:
            driver.execute("ALTER TABLE floor ADD FOREIGN KEY (plan_id) REFERENCES plan (id)")
    if with_key:
        _save(engine, _plan([], "0" * 64))
    with psycopg.connect(os.environ["BENCH_DATABASE"]) as driver, driver.cursor() as cursor:
        started = time.perf_counter()
        with cursor.copy("COPY floor FROM STDIN") as copy:
            for at in range(0, len(data), WRITE_BYTES):
                copy.write(data[at : at + WRITE_BYTES])
        driver.commit()
        return {"seconds": time.perf_counter() - started}


def write_rows(engine: Engine) -> Figures:
    """Save once with our code and keep the bytes of the whole table, for the floor to copy."""
    _save(engine, _plan(actions(), "0" * 64))
    with (
        psycopg.connect(os.environ["BENCH_DATABASE"]) as driver,
        driver.cursor() as cursor,
        cursor.copy("COPY action TO STDOUT") as copy,
    ):
        size = Path(os.environ["BENCH_ROWS"]).write_bytes(b"".join(copy))
    return {"bytes": size}


def main(part: str) -> None:
    """One part, in this process."""
    engine = make_engine(os.environ["BENCH_DATABASE"])
    prepare(engine)
    match part:
        case "ours":
            report(ours(engine))
        case "write_rows":
            report(write_rows(engine))
        case _:
            report(floor(engine, with_key=part == "floor_with_key"))


if __name__ == "__main__":
    main(sys.argv[1])
