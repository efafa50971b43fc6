"""Rows of a run: what became of each, and why the ones that were not taken were not."""

from shared.pipeline.tools import Tools
from shared.ports.views import Page, PageOf, RowFilter, RowView


def page_rows(
    tools: Tools, run_id: str, wanted: RowFilter, page: PageOf
) -> tuple[str | None, Page[RowView]]:
    """The name of the file, and a page of its rows in their order. Raises `NotFound`.

    Blank, duplicate and excluded rows are counted in the run's books, but not kept.
    """
    with tools.transactions.begin() as uow:
        file = uow.runs.get(run_id).file_name
        return file, uow.views.rows(run_id, wanted, page)
