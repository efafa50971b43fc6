"""The last runs in figures: from counts that are stored, however many actions there are."""

import json
from collections.abc import Callable
from datetime import date

from sqlalchemy import event

from shared.domain.action import ActionStatus, Kind
from shared.domain.canonical import sha256
from shared.domain.gates import Verdict
from shared.domain.plan import Plan
from shared.domain.run import RunMode, RunState
from shared.ports.target import CallCount
from shared.ports.trends import OF_EXTRACT, Contact, PastRun, ReasonCount, RowFigures
from tests.fakes.database import Database
from tests.integration.db.conftest import add_run

SavePlan = Callable[..., Plan]
GATE = {
    "gate": "removals", "class": "removals", "classes": ["removals"], "site": None, "limit": 47,
    "value": 62, "verdict": "tripped", "population": 4737,
}  # fmt: skip


def past(database: Database, *modes: RunMode, most: int = 30) -> list[PastRun]:
    with database.transactions.begin() as uow:
        return uow.trends.runs("staff", modes or OF_EXTRACT, most=most)


def test_the_last_runs_come_oldest_first_without_those_that_look_for_drift(
    database: Database,
) -> None:
    for number in range(1, 6):
        add_run(database, f"run_{number}", RunState.APPLIED)
    database.change("UPDATE run SET mode = 'drift' WHERE id = 'run_4'")
    database.change("UPDATE run SET feed = 'epa_waste' WHERE id = 'run_3'")
    assert [run.id for run in past(database)] == ["run_1", "run_2", "run_5"]
    assert [run.id for run in past(database, most=2)] == ["run_2", "run_5"]
    assert [run.id for run in past(database, RunMode.DRIFT)] == ["run_4"]
    with database.transactions.begin() as uow:
        last = uow.trends.last("staff", [RunState.APPLIED, RunState.NO_CHANGES])
        assert last is not None
        assert last.id == "run_5"
        assert uow.trends.last("staff", [RunState.FAILED]) is None
        of = uow.trends.of(["run_3", "run_4", "run_none"])
    assert {id_: run.feed for id_, run in of.items()} == {"run_3": "epa_waste", "run_4": "staff"}


def test_a_run_without_a_plan_or_rows_is_there_with_nothing(database: Database) -> None:
    add_run(database, "run_1", RunState.REJECTED_INPUT)
    (run,) = past(database)
    assert (run.plan_id, run.actions, run.rows, run.removals) == (None, 0, None, None)
    assert (run.ended, run.worked_s) == (None, 0.0)


def test_figures_are_those_of_plan_books_and_reader_and_no_action_is_looked_at(
    database: Database, save_plan: SavePlan
) -> None:
    add_run(database, "run_1", RunState.APPLIED_WITH_ERRORS)
    save_plan("run_1", 20)
    database.change(
        "UPDATE plan SET header = :header", header=json.dumps({"gates": [{"gate": "adds"}, GATE]})
    )
    books = {"actions": {"succeeded": 17, "failed": 1, "held": 2}}
    counts = {"rows_in": 4744, "accepted": 4737, "quarantined": 7, "columns": ["a"]}
    database.change(
        "UPDATE run SET books = CAST(:books AS jsonb), counts = CAST(:counts AS jsonb)",
        books=json.dumps(books), counts=json.dumps(counts),
    )  # fmt: skip
    for seconds in (60, 5):
        database.change(
            "INSERT INTO run_phase (run_id, phase, started_at, ended_at) VALUES"
            " ('run_1', 'fetch', now(), now() + make_interval(secs => :s))",
            s=seconds,
        )
    asked: list[str] = []
    event.listen(
        database.engine, "before_cursor_execute",
        lambda _c, _cursor, statement, *_: asked.append(statement),
    )  # fmt: skip
    (run,) = past(database)
    assert (run.planned, run.held, run.actions) == ({Kind.ADD: 20}, 2, 20)
    assert run.ended == {
        ActionStatus.SUCCEEDED: 17, ActionStatus.FAILED: 1, ActionStatus.HELD: 2,
    }  # fmt: skip
    assert run.rows == RowFigures(rows_in=4744, accepted=4737, quarantined=7)
    assert run.worked_s == 65
    assert run.removals is not None
    assert (run.removals.value, run.removals.limit) == (62, 47)
    assert run.removals.verdict is Verdict.TRIPPED
    assert (run.reviewed_by, run.sha256) == ("user:anna", sha256(b"run_1"))
    assert len(asked) == 1
    assert "FROM action" not in asked[0]


def test_reasons_are_counted_by_code_and_status_most_frequent_first(
    database: Database, save_plan: SavePlan
) -> None:
    add_run(database, "run_1", RunState.APPLIED_WITH_ERRORS)
    save_plan("run_1", 20)
    for status, code, first, last in (
        ("failed", "email_taken", 0, 3), ("conflict", "changed", 3, 8), ("failed", None, 8, 9),
    ):  # fmt: skip
        database.change(
            "UPDATE action SET status = :status, outcome_code = :code"
            " WHERE position >= :first AND position < :last",
            status=status, code=code, first=first, last=last,
        )  # fmt: skip
    with database.transactions.begin() as uow:
        assert uow.trends.reasons("pln_run_1") == [
            ReasonCount(status=ActionStatus.CONFLICT, code="changed", count=5),
            ReasonCount(status=ActionStatus.FAILED, code="email_taken", count=3),
            ReasonCount(status=ActionStatus.FAILED, code=None, count=1),
        ]


def test_the_last_contact_is_the_newest_answer_and_trouble_is_what_came_after_it(
    database: Database,
) -> None:
    def call(outcome: str) -> Contact:
        with database.transactions.begin() as uow:
            counts = [CallCount(call="GET /people", outcome=outcome, calls=1, seconds=1)]
            uow.tallies.add_calls("ascip", counts)
            return uow.trends.contact("ascip")

    with database.transactions.begin() as uow:
        assert uow.trends.contact("ascip") == Contact()
    answered = call("ok")
    assert answered.answered_at is not None
    assert answered.trouble is None
    down = call("unreachable")
    assert (down.answered_at, down.trouble) == (answered.answered_at, "unreachable")
    assert call("canceled").trouble == "unreachable"
    assert call("no_answer").trouble == "no_answer"
    assert call("http_409").trouble is None, "it said no, so it is there"
    assert call("http_403").trouble == "http_403"
    assert call("ok").trouble is None


def test_open_records_are_counted_by_feed_and_day(database: Database) -> None:
    add_run(database, "run_1", RunState.APPLIED)
    for row, (feed, state, due) in enumerate(
        [
            ("epa_waste", "new", "2026-11-01"), ("epa_waste", "assigned", "2026-12-01"),
            ("epa_waste", "closed", "2026-11-01"), ("osha_inventory", "regressed", "2026-12-01"),
        ]
    ):  # fmt: skip
        database.change(
            "INSERT INTO quarantine (id, run_id, feed, row, line, last_line, known_by, state,"
            " idempotency_key, due_on, created_at, closed_at, closed_reason) VALUES"
            " (:id, 'run_1', :feed, :row, 1, 1, :id, :state, :id, CAST(:due AS date), '2026-10-20',"
            " CASE WHEN :state = 'closed' THEN now() END, CASE WHEN :state = 'closed' THEN 'mended' END)",
            id=f"qua_{row}", feed=feed, row=row, state=state, due=due,
        )  # fmt: skip
    with database.transactions.begin() as uow:
        found = uow.trends.open_records(date(2026, 11, 20))
    assert [(o.feed, o.records, o.overdue) for o in found] == [
        ("epa_waste", 2, 1), ("osha_inventory", 1, 0),
    ]  # fmt: skip
    assert found[0].opened_on == date(2026, 10, 20)
