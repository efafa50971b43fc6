"""P11, its SQL side: the first page of a plan of 50,000 actions, and what a filter asks for.

Ours: `page_actions` of 100 with its total, plain, filtered by class and site, and searched by a piece of
text; the facets of the whole plan; its groups of identical changes. Each in a transaction of its own, until
the values are there: the median of 20 calls, after one that isn't counted.
Floor: the same rows or counts by the driver, by the barest SQL that gives them, unparsed.
Left out: HTTP and HTML, which p11_console measures.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import psycopg

from benchmarks.fetching import tools
from benchmarks.ledger import RUN, SNAPSHOT, prepare
from benchmarks.measure import Result, in_fresh_process, medians, report, servers
from benchmarks.p08_save_plan import PLAN, actions
from shared.adapters.db.connection import PgTransactions, make_engine
from shared.domain.action import ActionClass
from shared.domain.adoption import Adoption
from shared.domain.plan import Plan
from shared.domain.removal import Removals
from shared.pipeline.look import count_actions, group_actions, page_actions
from shared.ports.plans import ActionFilter
from shared.ports.views import GroupBy, PageOf

ACTIONS, CALLS = 50_000, 20
GOAL = 5
_FROM = f"FROM action WHERE plan_id = '{PLAN}'"
_PAGE = "ORDER BY position LIMIT 100"
_NARROW = "AND \"class\" = 'adds' AND site = '013'"
_SEARCH = "AND person_key ILIKE '%E0123%'"
#: What is asked for, as barely as it can be.
BARE: Mapping[str, tuple[str, ...]] = {
    "page": (f"SELECT * {_FROM} {_PAGE}", f"SELECT count(*) {_FROM}"),
    "filter": (f"SELECT * {_FROM} {_NARROW} {_PAGE}", f"SELECT count(*) {_FROM} {_NARROW}"),
    "search": (f"SELECT * {_FROM} {_SEARCH} {_PAGE}", f"SELECT count(*) {_FROM} {_SEARCH}"),
    "facets": tuple(
        f'SELECT "{column}", count(*) {_FROM} GROUP BY 1'
        for column in ("kind", "class", "status", "site", "group_id", "hold")
    )
    + tuple(
        f"SELECT one, count(*) FROM (SELECT unnest({column}) AS one {_FROM}) AS all_ GROUP BY 1"  # noqa: S608  # of our own
        for column in ("marks", "fields")
    ),
    "groups": (f"SELECT kind, body::jsonb -> 'changes', count(*) {_FROM} GROUP BY 1, 2 LIMIT 100",),
}  # fmt: skip


def measure() -> list[Result]:
    """A line for each question."""
    with servers() as urls:
        in_fresh_process(__name__, "store", **urls)
        found = medians(__name__, ["bare", "ours"], **urls)
    return [
        Result(
            id="P11", work=f"{what} of {ACTIONS:,} actions", floor=found["bare"][what] * 1000,
            ours=found["ours"][what] * 1000, unit="ms", goal=f"≤ {GOAL} ×",
            met=found["ours"][what] <= GOAL * found["bare"][what],
        )
        for what in BARE
    ]  # fmt: skip


def main(part: str) -> None:
    """One part, in this process."""
    match part:
        case "store":
            report(store())
        case "bare":
            report({what: median(bare(queries)) for what, queries in BARE.items()})
        case _:
            report({what: median(ask) for what, ask in _ours().items()})


def store() -> dict[str, float]:
    """The first 50,000 of P8's actions."""
    engine = make_engine(os.environ["BENCH_DATABASE"])
    prepare(engine)
    plan = Plan(
        header={"gates": []}, actions=tuple(actions()[:ACTIONS]), gates=(), digest="0" * 64, dispositions={},
        held_rows=(), matched={}, removals=Removals(), shielded=0, adoption=Adoption(),
    )  # fmt: skip
    with PgTransactions(engine).begin() as uow:
        uow.plans.save(plan, plan_id=PLAN, run_id=RUN, snapshot_id=SNAPSHOT, ttl_h=72, facts={})
    with psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True) as driver:
        driver.execute("VACUUM ANALYZE action")
    return {"stored": ACTIONS}


def _ours() -> dict[str, Callable[[], object]]:
    unused: Any = None
    engine = make_engine(os.environ["BENCH_DATABASE"])
    given = tools(engine, unused, rate_per_s=1, concurrency=1)
    everything, first = ActionFilter(), PageOf(limit=100)
    narrow = ActionFilter(classes=(ActionClass.ADDS,), sites=("013",))
    return {
        "page": lambda: page_actions(given, PLAN, everything, first),
        "filter": lambda: page_actions(given, PLAN, narrow, first),
        "search": lambda: page_actions(given, PLAN, ActionFilter(text="E0123"), first),
        "facets": lambda: count_actions(given, PLAN, everything),
        "groups": lambda: group_actions(given, PLAN, GroupBy.CHANGE, everything, first),
    }


def bare(queries: tuple[str, ...]) -> Callable[[], object]:
    driver = psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True)
    return lambda: [driver.execute(query.encode()).fetchall() for query in queries]


def median(ask: Callable[[], object]) -> float:
    ask()
    times = []
    for _ in range(CALLS):
        since = time.perf_counter()
        ask()
        times.append(time.perf_counter() - since)
    return statistics.median(times)


if __name__ == "__main__":
    main(sys.argv[1])
