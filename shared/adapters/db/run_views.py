"""Runs in pages, each with its plan's id and its phases, in one statement."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, null, select, text

from shared.adapters.db import tables as t
from shared.adapters.db.columns import GIVEN_UP
from shared.adapters.db.runs import stored_run
from shared.domain.errors import NotFound
from shared.domain.work import GivenUp, WorkKind
from shared.ports.views import Page, PageOf, RunFilter, RunView

_PHASES = text(
    "(SELECT json_agg(json_build_array(phase, seconds) ORDER BY first) FROM ("
    " SELECT phase, min(id) AS first,"
    "   sum(extract(epoch FROM coalesce(ended_at, clock_timestamp()) - started_at)) AS seconds"
    "   FROM run_phase WHERE run_id = run.id GROUP BY phase) AS p) AS phases"
)

_GIVEN_UP = text(
    "(SELECT json_agg(json_build_array(kind, error, attempt, ended_at) ORDER BY id) FROM work_item"  # noqa: S608  # words of our own
    f" WHERE work_item.run_id = run.id AND {GIVEN_UP}) AS given_up"
)


class RunViews:
    """See `shared.ports.views.Views`."""

    _db: Connection

    def runs(self, wanted: RunFilter, page: PageOf) -> Page[RunView]:
        """A page and the total."""
        narrowed = list(_narrowed(wanted))
        count = select(func.count()).select_from(t.run).where(*narrowed)
        if page.after is not None:
            narrowed.append(t.run.c.number < self._number(page.after))
        query = _views().where(*narrowed).order_by(t.run.c.number.desc()).limit(page.limit + 1)
        found = self._db.execute(query).all()
        return Page(
            items=[_view(row) for row in found[: page.limit]],
            has_more=len(found) > page.limit,
            total=self._db.execute(count).scalar_one(),
        )

    def run(self, run_id: str) -> RunView:
        """By its id."""
        row = self._db.execute(_views().where(t.run.c.id == run_id)).one_or_none()
        if row is None:
            raise NotFound(f"There is no run {run_id}. `ascip-sync runs` lists them.")
        return _view(row)

    def _number(self, run_id: str) -> int:
        query = select(t.run.c.number).where(t.run.c.id == run_id)
        number = self._db.execute(query).scalar_one_or_none()
        if number is None:
            raise NotFound(f"There is no run {run_id} to go on after.")
        return int(number)


def _narrowed(wanted: RunFilter) -> list[ColumnElement[bool]]:
    columns = {t.run.c.state: wanted.states, t.run.c.feed: wanted.feeds,
               t.run.c.trigger: wanted.triggers, t.run.c.upload_id: wanted.uploads}  # fmt: skip
    return [column.in_(words) for column, words in columns.items() if words]


def _views() -> Select[Any]:
    """Runs without the shield's material, which can be as large as the extract."""
    columns = [c for c in t.run.c if c is not t.run.c.unverified]
    return select(
        *columns, null().label("unverified"), t.plan.c.id.label("plan_id"), _PHASES, _GIVEN_UP
    ).select_from(t.run.outerjoin(t.plan, t.plan.c.run_id == t.run.c.id))


def _view(row: Row[Any]) -> RunView:
    phases = [(name, float(seconds)) for name, seconds in row.phases or ()]
    given_up = [
        GivenUp(kind=WorkKind(kind), code=code, attempts=attempts, at=datetime.fromisoformat(at))
        for kind, code, attempts, at in row.given_up or ()
    ]
    return RunView(run=stored_run(row), plan_id=row.plan_id, phases=phases, given_up=given_up)
