"""Two runs side by side: what each was made from, what each proposes, and where that differs."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from services.console.forms import Fault
from services.console.plan_words import shown
from services.console.show import show
from services.console.signed_in import Viewer
from shared.http.service import Served
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
    choice = list_runs(served.tools, RunFilter(), PageOf(limit=_CHOICE)).items
    values: dict[str, Any] = {
        "choice": choice,
        "chosen": [*chosen, "", ""][:2],
        "found": [],
        "both": None,
        "shown": shown,
    }
    if len(chosen) == 2 and chosen[0] != chosen[1]:  # runs
        both = compare_runs(served.tools, chosen[0], chosen[1], PageOf(after=after, limit=_PAGE))
        values |= {"both": both, "same": same(both), "gates": gates_beside(both), "after": after}
    elif chosen:
        values["found"] = [Fault("a", "Choose two runs that are not the same.")]
    return show(request, "compare.html.j2", values, status=422 if values["found"] else 200)
