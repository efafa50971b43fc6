"""Two runs side by side: what each was made from, what each proposes, and where that differs."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from services.console.forms import Fault
from services.console.plan_words import shown
from services.console.show import show
from services.console.signed_in import Viewer
from shared.http.service import Served, Service
from shared.pipeline.compare import compare_runs, same
from shared.pipeline.compare_document import gates_beside
from shared.pipeline.look import list_runs
from shared.ports.views import PageOf, RunFilter

router = APIRouter()

_PAGE = 50
#: Runs to choose from; any other is named by its id.
_CHOICE = 30


@router.get("/runs/compare")
def compare(
    request: Request,
    served: Served,
    _: Viewer,
    run: Annotated[list[str] | None, Query()] = None,
    after: str | None = None,
) -> HTMLResponse:
    """The comparison, or the choice of what to compare."""
    chosen = [each.strip() for each in run or () if each.strip()]
    two = len(chosen) == 2 and chosen[0] != chosen[1]
    found = [Fault("a", "Choose two runs that are not the same.")] if chosen and not two else []
    values = {
        "choice": list_runs(served.tools, RunFilter(), PageOf(limit=_CHOICE)).items,
        "chosen": [*chosen, "", ""][:2], "found": found, "both": None, "shown": shown,
    } | (_beside(served, chosen[0], chosen[1], after) if two else {})  # fmt: skip
    return show(request, "compare.html.j2", values, status=422 if found else 200)


def _beside(served: Service, a: str, b: str, after: str | None) -> dict[str, Any]:
    """The older at the left, so that who came since has come."""
    page = PageOf(after=after, limit=_PAGE)
    both = compare_runs(served.tools, a, b, page)
    began = both.a.run.created_at, both.b.run.created_at
    if began[0] and began[1] and began[0] > began[1]:
        a, b, both = b, a, compare_runs(served.tools, b, a, page)
    return {
        "chosen": [a, b],
        "both": both,
        "same": same(both),
        "gates": gates_beside(both),
        "after": after,
    }
