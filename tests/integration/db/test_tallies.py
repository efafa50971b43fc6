"""Sums for metrics: added once, and read by index however many actions there are."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event

from shared.domain.action import ActionClass, ActionStatus
from shared.domain.plan import Plan
from shared.domain.run import Phase, RunState
from shared.ports.target import CallCount
from tests.fakes.database import Database
from tests.integration.db.conftest import add_run

SavePlan = Callable[..., Plan]


def counted(call: str, calls: int, seconds: float = 1.0, outcome: str = "ok") -> CallCount:
    return CallCount(call=call, outcome=outcome, calls=calls, seconds=seconds)


def test_calls_add_up_by_kind_and_outcome(database: Database) -> None:
    for _ in range(2):
        with database.transactions.begin() as uow:
            uow.tallies.add_calls(
                "ascip", [counted("GET /people", 2, 0.5), counted("GET /people", 1, 9, "http_429")]
            )
    with database.transactions.begin() as uow:
        assert uow.tallies.calls() == [
            counted("GET /people", 2, 18, "http_429"),
            counted("GET /people", 4, 1.0),
        ]


def test_workers_that_add_at_once_lose_nothing_and_do_not_lock_each_other_out(
    database: Database,
) -> None:
    kinds = [f"GET /{number}" for number in range(20)]

    def add(order: int) -> None:
        for _ in range(10):
            with database.transactions.begin() as uow:
                uow.tallies.add_calls("ascip", [counted(kind, 1) for kind in kinds[::order]])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, [1, -1, 1, -1]))
    with database.transactions.begin() as uow:
        assert {count.calls for count in uow.tallies.calls()} == {40}


def test_an_empty_installation_has_zeros(database: Database) -> None:
    with database.transactions.begin() as uow:
        tallies = uow.tallies
        assert tallies.newest_plan() is None
        assert tallies.books() is None
        assert (tallies.calls(), tallies.phases(), tallies.uploads()) == ([], [], 0)
        assert (tallies.runs(), tallies.applying()) == ({}, {})


def test_runs_and_uploads_are_counted(database: Database) -> None:
    for number, state in enumerate((RunState.APPLIED, RunState.APPLIED, RunState.FAILED)):
        add_run(database, f"run_{number}", state)
    with database.transactions.begin() as uow:
        assert uow.tallies.runs() == {RunState.APPLIED: 2, RunState.FAILED: 1}
        assert uow.tallies.uploads() == 3


def test_a_phase_has_its_last_time_and_its_sum(database: Database, run_id: str) -> None:
    for seconds in (10, 4):
        database.change(
            "INSERT INTO run_phase (run_id, phase, started_at, ended_at) VALUES"
            " (:run, 'fetch', now(), now() + make_interval(secs => :s)), (:run, 'apply', now(), NULL)",
            run=run_id, s=seconds,
        )  # fmt: skip
    with database.transactions.begin() as uow:
        (fetch,) = uow.tallies.phases()
    assert (fetch.phase, fetch.last_s, fetch.total_s, fetch.times) == (Phase.FETCH, 4, 14, 2)


def test_only_the_newest_plan_counts(database: Database, save_plan: SavePlan) -> None:
    for number, count in ((1, 30), (2, 10)):
        add_run(database, f"run_{number}", RunState.AWAITING_APPROVAL)
        save_plan(f"run_{number}", count)
    add_run(database, "run_3", RunState.FAILED)  # came later, but has none
    gates = [{"gate": "adds", "limit": 5, "value": 9, "verdict": "tripped"}]
    database.change("UPDATE plan SET header = :header WHERE id = 'pln_run_2'",
                    header=json.dumps({"gates": gates}))  # fmt: skip
    with database.transactions.begin() as uow:
        newest = uow.tallies.newest_plan()
    assert newest is not None
    assert newest.gates == tuple(gates)
    assert newest.held == {ActionClass.ADDS: 1}


def test_only_the_run_that_is_applied_now_is_counted(
    database: Database, save_plan: SavePlan
) -> None:
    for number, state in enumerate((RunState.APPLIED, RunState.PAUSED)):
        add_run(database, f"run_{number}", state)
        save_plan(f"run_{number}", 20)
    with database.transactions.begin() as uow:
        assert uow.tallies.applying() == {ActionStatus.PLANNED: 18, ActionStatus.HELD: 2}


def test_the_newest_books_are_those_of_the_newest_run_that_has_some(database: Database) -> None:
    for number in (1, 2, 3):
        add_run(database, f"run_{number}", RunState.APPLIED)
    for number in (1, 2):
        database.change(
            "UPDATE run SET books = CAST(:books AS jsonb) WHERE id = :id",
            books=json.dumps({"rows": {"applied": number}}), id=f"run_{number}",
        )  # fmt: skip
    with database.transactions.begin() as uow:
        assert uow.tallies.books() == {"rows": {"applied": 2}}


@pytest.mark.slow
def test_a_hundred_thousand_actions_do_not_slow_a_scrape(
    database: Database, save_plan: SavePlan
) -> None:
    """Stores 100,000 actions of old runs by copying 1,000: about 4 s."""
    add_run(database, "run_0", RunState.APPLIED)
    save_plan("run_0", 1000)
    columns = ", ".join(
        f'"{row.name}"'
        for row in database.rows(
            "SELECT attname AS name FROM pg_attribute WHERE attrelid = 'action'::regclass"
            " AND attnum > 0 AND attname <> 'plan_id'"
        )
    )
    for number in range(1, 101):
        add_run(database, f"run_{number}", RunState.APPLIED)
        save_plan(f"run_{number}", 0)
        database.change(
            f"INSERT INTO action (plan_id, {columns}) SELECT :plan, {columns}"  # noqa: S608  # its own columns
            " FROM action WHERE plan_id = 'pln_run_0'",
            plan=f"pln_run_{number}",
        )
    database.change("UPDATE run SET state = 'paused' WHERE id = 'run_100'")
    database.change("ANALYZE action")
    asked: list[str] = []
    event.listen(
        database.engine, "before_cursor_execute",
        lambda _c, _cursor, statement, *_: asked.append(statement),
    )  # fmt: skip
    with database.transactions.begin() as uow:
        began = time.perf_counter()
        newest, applying = uow.tallies.newest_plan(), uow.tallies.applying()
        took_s = time.perf_counter() - began
    assert newest is not None
    assert (newest.held[ActionClass.ADDS], sum(applying.values())) == (100, 1000)
    assert took_s < 0.2
    over_actions = [statement for statement in asked if "FROM action" in statement]
    assert len(over_actions) == 2
    for statement in over_actions:
        plan = database.rows(
            f"EXPLAIN {statement.replace('%(plan)s::VARCHAR', ':plan').replace('%(plan)s', ':plan')}",
            plan="pln_run_100",
        )
        assert "Seq Scan on action" not in "\n".join(row[0] for row in plan), statement
