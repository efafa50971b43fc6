"""Runs as a list shows them: each with its figures. Three statements, however many actions there are."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.pipeline.tools import Tools
from shared.ports.trends import OF_EXTRACT, PastRun
from shared.ports.unit_of_work import UnitOfWork
from shared.ports.views import Page, PageOf, RunFilter, RunView

#: Runs in pictures.
MOST_PAST = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """A line of the list."""

    view: RunView
    figures: PastRun


def run_lines(tools: Tools, wanted: RunFilter, page: PageOf) -> Page[RunLine]:
    """Runs, newest first. Raises `NotFound` for an ``after`` that isn't a run."""
    with tools.transactions.begin() as uow:
        return lines_in(uow, wanted, page)


def lines_in(uow: UnitOfWork, wanted: RunFilter, page: PageOf) -> Page[RunLine]:
    """The same in a transaction that reads more."""
    found = uow.views.runs(wanted, page)
    figures = uow.trends.of([view.run.id for view in found.items])
    lines = [RunLine(view=view, figures=figures[view.run.id]) for view in found.items]
    return Page(items=lines, has_more=found.has_more, total=found.total)


def past_runs(tools: Tools, feed: str) -> Sequence[PastRun]:
    """The last runs of a feed's extracts, oldest first. Raises `NotFound` for a feed there isn't."""
    tools.require_feed(feed)
    with tools.transactions.begin() as uow:
        return uow.trends.runs(feed, OF_EXTRACT, most=MOST_PAST)
