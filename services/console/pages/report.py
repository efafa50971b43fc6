"""What became of a run: books that balance, what is held or went wrong, its files, what happened when."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from services.console.deeds import deeds_of
from services.console.endings import ending_words
from services.console.export_words import FORMATS
from services.console.happenings import happened
from services.console.progress_bars import steps
from services.console.run_frame import run_frame
from services.console.run_words import told_of
from services.console.show import show
from services.console.signed_in import Viewer
from services.console.words import sentence
from shared.domain.action import ActionStatus, Kind
from shared.domain.books import ROW_OUTCOMES
from shared.domain.remedies import HELD_REMEDIES
from shared.http.saving import sent_to_be_saved
from shared.http.service import Served
from shared.pipeline.export import archived, open_archived
from shared.pipeline.look_at_run import account_of
from shared.ports.views import PageOf

router = APIRouter()

#: Statuses of a plan's actions, in the order in which columns show them.
STATUSES = (
    ActionStatus.SUCCEEDED, ActionStatus.FAILED, ActionStatus.CONFLICT, ActionStatus.UNKNOWN,
    ActionStatus.NOT_ATTEMPTED, ActionStatus.HELD, ActionStatus.NOT_APPROVED, ActionStatus.PLANNED,
    ActionStatus.ATTEMPTING,
)  # fmt: skip
_PAGE = 100


@router.get("/runs/{run_id}/report")
def report(
    request: Request, run_id: str, served: Served, visitor: Viewer,
    after: Annotated[str | None, Query(pattern="^[0-9]{1,18}$")] = None,
) -> HTMLResponse:  # fmt: skip
    """The page; ``after`` is the happening behind which the timeline goes on."""
    tools = served.tools
    account = account_of(tools, run_id, PageOf(after=after, limit=_PAGE))
    look, now = account.look, tools.clock.now()
    statuses = [status for status in STATUSES if look.count(status)]
    values: dict[str, Any] = {
        "frame": run_frame(tools, run_id), "tab_name": "Report", "account": account, "look": look,
        "told": told_of(look, now), "deeds": deeds_of(look, visitor), "steps": steps(look, now),
        "files": archived(tools, run_id), "formats": FORMATS, "row_outcomes": ROW_OUTCOMES,
        "statuses": statuses, "status_columns": [(sentence(s), "n") for s in statuses],
        "remedies": HELD_REMEDIES,
        "ending_words": ending_words, "happened": happened, "after": after,
        "kinds": [kind for kind in Kind if any((kind, s) in look.kinds for s in ActionStatus)],
    }  # fmt: skip
    return show(request, "report.html.j2", values, block="list")


@router.get("/runs/{run_id}/reports/{name:path}")
def file(run_id: str, name: str, served: Served, visitor: Viewer) -> StreamingResponse:
    """A file of the archive; the audit has a note of it."""
    stream = open_archived(served.tools, run_id, name, visitor.actor)
    return sent_to_be_saved(stream, name.rsplit("/", 1)[-1])
