"""P6: applying 5,000 approved actions at 20 ms a call, 32 in flight in all, by two worker processes.

Ours: updates of one field, each with its intent, the person read again and compared, the call, and the
outcome with its audit entry; from the first claim until the last item is done. Workers are up and connected
before the clock starts. Left out: the broker's bell (2 ms an item), the verification pass, the report.

Floor: calls × latency ÷ in flight, as if nothing took time but the target's answers: 10,000 × 20 ms ÷ 32.
The same with one worker process that has all 32 in flight is noted.
"""

import os
import subprocess
import sys
import time
from typing import Any

from sqlalchemy import Engine, text

from benchmarks.fetching import item_ids, lms, tiny_target, tools, work
from benchmarks.ledger import RUN, SNAPSHOT, prepare
from benchmarks.measure import Result, medians, report, servers
from services.worker.collecting import collect_seldom
from shared.adapters.db.connection import PgTransactions, make_engine
from shared.domain.action import Action, ActionClass, Change, Kind, ordered
from shared.domain.adoption import Adoption
from shared.domain.plan import Plan, digest
from shared.domain.removal import Removals
from shared.domain.review import Decision, Review
from shared.pipeline.carry_out import go_on

ACTIONS, CALLS_EACH, LATENCY_S, IN_FLIGHT, WORKERS = 5000, 2, 0.02, 32, 2
PLAN = "pln_BENCHBENCH00"
GOAL = 1.5


def measure() -> list[Result]:
    """The ratio with two worker processes; one is noted."""
    with servers() as urls, tiny_target(LATENCY_S) as target:
        found = medians(__name__, ["1", str(WORKERS)], BENCH_TARGET=target, **urls)
    one, ours = found["1"]["seconds"], found[str(WORKERS)]["seconds"]
    floor = ACTIONS * CALLS_EACH * LATENCY_S / IN_FLIGHT
    return [
        Result(
            id="P6", work=f"apply {ACTIONS:,} actions at 20 ms, {WORKERS} workers", floor=floor,
            ours=ours, unit="s", goal=f"≤ {GOAL} ×", met=ours <= GOAL * floor,
            notes={
                "one_worker_s": one, "one_worker_ratio": one / floor,
                "cpu_us_an_action": found[str(WORKERS)]["cpu_s"] / ACTIONS * 1_000_000,
            },
        )
    ]  # fmt: skip


def main(count: int) -> None:
    """Store an approved plan, start workers, let them go at once, and time them."""
    engine = make_engine(os.environ["BENCH_DATABASE"])
    prepare(engine)
    _approve(engine)
    command = [sys.executable, "-m", "benchmarks.p06_apply", str(count)]
    workers = [
        subprocess.Popen(
            [*command, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for number in range(count)
    ]
    for each in workers:
        _ = each.stdout.readline() if each.stdout else None  # it is ready
    since = time.perf_counter()
    for each in workers:
        if each.stdin:
            each.stdin.close()
    cpu = [float(each.stdout.readline()) if each.stdout else 0 for each in workers]
    seconds = time.perf_counter() - since
    _require_done(engine)
    for each in workers:
        each.wait()
    report({"seconds": seconds, "cpu_s": sum(cpu)})


def worker(count: int, number: int) -> None:
    """One of so many workers: its share of the items; says what processor time it took."""
    engine = make_engine(os.environ["BENCH_DATABASE"])
    width = IN_FLIGHT // count
    target = lms(os.environ["BENCH_TARGET"], rate_per_s=0, burst=1, concurrency=width)
    given = tools(engine, target, rate_per_s=ACTIONS, concurrency=width)
    collect_seldom()
    list(target.fetch_people(range(1, IN_FLIGHT + 1)))  # connections are kept
    items = item_ids(engine)[number::count]
    print("ready", flush=True)
    sys.stdin.read()
    cpu = time.process_time()
    work(given, items)
    print(time.process_time() - cpu, flush=True)
    os._exit(0)  # taking apart is not part of it


def _approve(engine: Engine) -> None:
    """A plan, its review, the audit's secrets, and the first items."""
    actions = ordered(_action(number) for number in range(1, ACTIONS + 1))
    made = digest({"feed": "staff"}, (action.hash for action in actions))
    plan = Plan(
        header={"feed": "staff"}, actions=tuple(actions), gates=(), digest=made, dispositions={},
        held_rows=(), matched={}, removals=Removals(), shielded=0, adoption=Adoption(),
    )  # fmt: skip
    unused: Any = None
    given = tools(engine, unused, rate_per_s=ACTIONS, concurrency=IN_FLIGHT)
    with PgTransactions(engine).begin() as uow:
        uow.plans.save(plan, plan_id=PLAN, run_id=RUN, snapshot_id=SNAPSHOT, ttl_h=72, facts={})
        uow.plans.make_secrets(PLAN, given.keyring.newest_id)
        review = Review(decision=Decision.APPROVE, plan_digest=made)
        uow.plans.add_review("rev_BENCHBENCH00", PLAN, review, "user:bench", four_eyes=False)
    with engine.begin() as connection:
        connection.execute(text("UPDATE run SET state = 'applying'"))
    with PgTransactions(engine).begin() as uow:
        go_on(given, uow, RUN, PLAN)


def _action(number: int) -> Action:
    return Action(
        kind=Kind.UPDATE, action_class=ActionClass.UPDATES, person_key=f"E{number:06d}",
        ascip_id=number, match_rule="employee_number", source_row=number, site="010",
        changes=(Change(path="last_name", before="Núñez", after="García-Núñez"),),
        reason="differs from the extract", email_masked="g***@lincoln.example",
    )  # fmt: skip


def _require_done(engine: Engine) -> None:
    """Each action has succeeded, and the audit says so."""
    done = "SELECT count(*) FROM action WHERE status = 'succeeded'"
    told = "SELECT count(*) FROM audit_entry WHERE verb = 'action.finished' AND run_id = :run"
    with engine.begin() as connection:
        counts = [connection.execute(text(q), {"run": RUN}).scalar_one() for q in (done, told)]
    if counts[0] != ACTIONS or counts[1] < ACTIONS:
        raise RuntimeError(f"{counts[0]} of {ACTIONS} succeeded, the audit has {counts[1]}")


if __name__ == "__main__":
    if len(sys.argv) > 2:  # a worker's number too
        worker(int(sys.argv[1]), int(sys.argv[2]))
    else:
        main(int(sys.argv[1]))
