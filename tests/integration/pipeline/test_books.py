"""Every run's books: kept at whichever end it comes to, on its report's first line, and believed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from services.cli.render_outcome import books_lines
from shared.domain.audit import SYSTEM
from shared.domain.errors import Transient
from shared.domain.review import Decision, Review
from shared.domain.run import Run, RunState
from shared.pipeline.carry_out import cancel
from shared.pipeline.decide import decide
from shared.pipeline.drift import order_drift
from shared.pipeline.export import open_archived
from tests.fakes.installation import APPROVER, OPERATOR, Installation

_S = RunState


def planned(engine: Installation) -> Run:
    """Every kind of action, a row that was not taken, a blank one, one twice."""
    extract = engine.extract()
    extract.story()
    extract.rows[10]["work_email"] = "nobody at all"
    extract.rows.append(dict(extract.rows[12]))
    return engine.plan(extract.csv() + b"\n", mapping=extract.mapping_text)


def applied(engine: Installation) -> Run:
    return engine.apply(engine.approve(planned(engine)))


def with_errors(engine: Installation) -> Run:
    extract = engine.extract()
    extract.rename(extract.ids[:2])
    run = engine.approve(engine.plan(extract))
    engine.simulator.edit(extract.ids[0], lastName="Edited meanwhile")
    return engine.apply(run)


def canceled(engine: Installation) -> Run:
    run = engine.approve(planned(engine))
    engine.begin(run)
    cancel(engine.tools, run.id, OPERATOR)
    return run


def discarded(engine: Installation) -> Run:
    run = planned(engine)
    plan = engine.plan_of(run)
    review = Review(decision=Decision.DISCARD, plan_digest=plan.digest)
    decide(engine.tools, plan.id, review, APPROVER)
    return run


def no_changes(engine: Installation) -> Run:
    return engine.plan(engine.extract(), force=True)


def skipped(engine: Installation) -> Run:
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    engine.sync(extract)
    return engine.plan(extract)


def rejected(engine: Installation) -> Run:
    return engine.plan(b"employee_id\n1\n")


def failed(engine: Installation) -> Run:
    engine.target.trouble = Transient("no way", code="unreachable")
    return planned(engine)


def stale(engine: Installation) -> Run:
    run = planned(engine)
    engine.plan(engine.extract())
    return run


def drifted(engine: Installation) -> Run:
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    engine.sync(extract)
    engine.simulator.edit(extract.ids[3], lastName="Edited")
    with engine.database.transactions.begin() as uow:
        return order_drift(engine.tools, uow, SYSTEM, "schedule")


def report(engine: Installation, run: Run) -> Any:
    with open_archived(engine.tools, run.id, "report.json", OPERATOR) as stream:
        return json.loads(stream.read())


@pytest.mark.parametrize(
    ("ending", "state", "told"),
    [
        (applied, _S.APPLIED, "63 rows came in: 1 blank, 1 duplicate, 1 quarantined"),
        (with_errors, _S.APPLIED_WITH_ERRORS, "60 rows came in: 58 unchanged, 1 applied, 1 conflict."),
        (canceled, _S.CANCELED, "not attempted"),
        (discarded, _S.DISCARDED, "not approved"),
        (no_changes, _S.NO_CHANGES, "60 rows came in: 60 unchanged."),
        (skipped, _S.SKIPPED_UNCHANGED, "60 rows came in: 60 unchanged."),
        (rejected, _S.REJECTED_INPUT, None),
        (failed, _S.FAILED, "pending"),
        (stale, _S.STALE, "not approved"),
        (drifted, _S.DISCARDED, "59 unchanged, 1 not approved."),
    ],
)  # fmt: skip
def test_whichever_way_a_run_ends_its_books_are_on_the_first_line(
    engine: Installation, ending: Callable[[Installation], Run], state: RunState, told: str | None
) -> None:
    run_id = ending(engine).id
    engine.workers.until_quiet()
    run = engine.run(run_id)
    assert run.state is state
    content = report(engine, run)
    first, *rest = content["sentences"]["books"]
    if told is None:
        assert first == "No books were kept: the run ended before its rows were counted."
        assert (run.books, content["books"], [*books_lines(run)]) == (None, None, [])
        return
    assert told in first
    assert rest[-1] == "The books balance."
    assert content["books"] == {k: v for k, v in (run.books or {}).items() if k in content["books"]}
    assert next(books_lines(run)).startswith(f"Books: {content['books']['rows_in']} rows in = ")
    with open_archived(engine.tools, run.id, "report.html", OPERATOR) as stream:
        page = stream.read().decode()
    assert page.index(first) < page.index("<main>")


def until_quiet(engine: Installation) -> None:
    """Without looking whether the books balance: they are not meant to."""
    while engine.workers.round():
        pass


def unbalanced(engine: Installation, run_id: str) -> None:
    run = engine.run(run_id)
    assert (run.state, run.reason) == (RunState.FAILED, "books_unbalanced")
    assert run.books
    assert run.books["balanced"] is False
    assert "THE BOOKS DO NOT BALANCE" in report(engine, run)["sentences"]["books"][-1]
    assert any("THE BOOKS DO NOT BALANCE" in line for line in books_lines(run))
    changes = engine.database.rows(
        "SELECT entry::json -> 'detail' ->> 'reason' AS reason FROM audit_entry"
        " WHERE verb = 'run.state_changed' AND entry::json -> 'detail' ->> 'to' = 'failed'"
    )
    assert [change.reason for change in changes] == ["books_unbalanced"]
    locks = engine.database.value("SELECT count(*) FROM target WHERE run_id IS NOT NULL")
    assert locks == 0


@pytest.mark.parametrize(
    "loss",
    [
        "DELETE FROM record WHERE line = (SELECT max(line) FROM record WHERE disposition = 'unchanged')",
        "DELETE FROM action WHERE kind = 'deactivate'",
        "UPDATE run SET counts = jsonb_set(counts, '{rows_in}', '64')",
    ],
    ids=["a row", "an action", "a row too many"],
)
def test_a_run_whose_books_do_not_balance_has_failed(engine: Installation, loss: str) -> None:
    run = engine.approve(planned(engine))
    engine.begin(run)
    assert engine.database.change(loss) >= 1
    until_quiet(engine)
    unbalanced(engine, run.id)
    links = engine.database.value("SELECT count(*) FROM link")
    assert links == 0, "nothing is remembered of it"


def test_a_row_lost_in_the_database_before_planning_removes_nobody(engine: Installation) -> None:
    """Else its person would be absent: no damaged row would speak for them, and no gate stand in the way."""
    run_id = engine.land(engine.extract())
    while not engine.database.value("SELECT count(*) FROM record"):
        engine.workers.round()
    lost = "DELETE FROM record WHERE line = (SELECT max(line) FROM record)"
    assert engine.database.change(lost) == 1
    until_quiet(engine)
    unbalanced(engine, run_id)
    assert engine.database.value("SELECT count(*) FROM plan") == 0
