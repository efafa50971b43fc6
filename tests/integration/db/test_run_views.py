"""Runs in pages, newest first, whatever the filter; one statement however many there are."""

import itertools
from collections.abc import Callable

import pytest
from sqlalchemy import event

from shared.domain.errors import NotFound
from shared.domain.plan import Plan
from shared.domain.run import Phase, RunState
from shared.ports.views import PageOf, RunFilter, RunView
from tests.fakes.database import Database
from tests.integration.db.conftest import add_run

STATES = (RunState.APPLIED, RunState.FAILED, RunState.PAUSED)
FEEDS, TRIGGERS = ("staff", "epa"), ("cli", "api", "drop")


@pytest.fixture
def runs(database: Database) -> list[str]:
    """Twenty-three runs of all sorts, oldest first."""
    made = []
    sorts = itertools.product(STATES, FEEDS, TRIGGERS)
    for number, (state, feed, trigger) in zip(
        range(23), itertools.cycle(list(sorts)), strict=False
    ):
        run_id = add_run(database, f"run_{97 * number % 23:02d}", state)
        made.append(run_id)
        database.change(
            "UPDATE run SET feed = :feed, trigger = :trigger WHERE id = :id",
            feed=feed, trigger=trigger, id=run_id,
        )  # fmt: skip
    return made


def walk(database: Database, wanted: RunFilter, limit: int) -> tuple[list[str], set[int]]:
    """Ids of all pages, and the totals they named."""
    found, totals, after, more = list[str](), set[int](), None, True
    while more:
        with database.transactions.begin() as uow:
            page = uow.views.runs(wanted, PageOf(after=after, limit=limit))
        assert page.items or after is None, "a page that was announced holds something"
        found += [view.run.id for view in page.items]
        totals.add(page.total)
        after, more = found[-1] if found else None, page.has_more
    return found, totals


@pytest.mark.parametrize("limit", [1, 5, 23, 24])
@pytest.mark.parametrize(
    "wanted",
    [
        RunFilter(),
        RunFilter(states=[RunState.FAILED, RunState.PAUSED]),
        RunFilter(feeds=["epa"], triggers=["cli", "drop"]),
        RunFilter(feeds=["nobody's"]),
    ],
    ids=["all", "states", "feed and triggers", "none"],
)
def test_walking_the_pages_gives_each_run_that_fits_once_newest_first(
    database: Database, runs: list[str], wanted: RunFilter, limit: int
) -> None:
    rows = {row.id: row for row in database.rows("SELECT * FROM run")}
    expected = [
        id_
        for id_ in reversed(runs)
        if (not wanted.states or rows[id_].state in wanted.states)
        and (not wanted.feeds or rows[id_].feed in wanted.feeds)
        and (not wanted.triggers or rows[id_].trigger in wanted.triggers)
    ]
    assert walk(database, wanted, limit) == (expected, {len(expected)})


def test_a_run_that_comes_meanwhile_moves_nothing(database: Database, runs: list[str]) -> None:
    with database.transactions.begin() as uow:
        first = uow.views.runs(RunFilter(), PageOf(limit=10)).items
    add_run(database, "run_new")
    with database.transactions.begin() as uow:
        rest = uow.views.runs(RunFilter(), PageOf(after=first[-1].run.id, limit=500))
    assert [view.run.id for view in [*first, *rest.items]] == runs[::-1]


def test_a_cursor_that_is_no_run_is_refused(database: Database, runs: list[str]) -> None:
    with pytest.raises(NotFound, match="run_none"), database.transactions.begin() as uow:
        uow.views.runs(RunFilter(), PageOf(after="run_none"))
    with pytest.raises(NotFound, match="run_none"), database.transactions.begin() as uow:
        uow.views.run("run_none")
    assert runs


def test_a_run_comes_with_its_plan_and_its_phases_but_without_the_shield(
    database: Database, run_id: str, save_plan: Callable[..., Plan]
) -> None:
    save_plan(run_id, 1)
    for phase in (Phase.VALIDATE, Phase.FETCH, Phase.PLAN, Phase.APPLY, Phase.REPORT, Phase.APPLY):
        with database.transactions.begin() as uow:
            uow.runs.enter_phase(run_id, phase)
    with database.transactions.begin() as uow:
        uow.runs.set_input(run_id, input_sha256="0", counts={"rows_in": 3}, unverified={"a": 1})
        stored, phases = uow.runs.get(run_id), uow.runs.phases(run_id)
        view = uow.views.run(run_id)
    assert isinstance(view, RunView)
    assert (view.plan_id, view.run.unverified) == (f"pln_{run_id}", {})
    assert view.run.counts == stored.counts == {"rows_in": 3}
    assert [name for name, _ in view.phases] == ["validate", "fetch", "plan", "apply", "report"]
    assert [s for _, s in view.phases[:3]] == pytest.approx([s for _, s in phases[:3]])


def test_a_page_takes_two_statements(database: Database, runs: list[str]) -> None:
    statements = []

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", count)
    with database.transactions.begin() as uow:
        page = uow.views.runs(RunFilter(), PageOf(limit=500))
    event.remove(database.engine, "before_cursor_execute", count)
    assert (len(page.items), len(statements)) == (len(runs), 2)
