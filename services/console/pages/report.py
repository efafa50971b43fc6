"""What became of a run: books that balance, what is held or went wrong, its files, what happened when."""

from collections.abc import Callable
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from services.console.deeds import deeds_of
from services.console.endings import ending_words
from services.console.export_words import FORMATS
from services.console.happenings import happened
from services.console.pictures.lists import reasons
from services.console.pictures.phases import phases
from services.console.run_frame import run_frame
from services.console.run_words import told_of
from services.console.show import show
from services.console.signed_in import Viewer
from services.console.words import sentence
from shared.domain.action import ActionStatus, Kind
from shared.domain.books import ROW_OUTCOMES
from shared.domain.remedies import HELD_REMEDIES
from shared.http.saving import sent_to_be_saved
from shared.http.service import Served, Service
from shared.pipeline.export import archived, open_archived
from shared.pipeline.look_at_run import Account, account_of
from shared.ports.trends import ReasonCount
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
    account = account_of(served.tools, run_id, PageOf(after=after, limit=_PAGE))
    values = {
        **_values(served, account), "frame": run_frame(served.tools, run_id), "tab_name": "Report",
        "deeds": deeds_of(account.look, visitor), "files": archived(served.tools, run_id),
        "after": after,
    }  # fmt: skip
    return show(request, "report.html.j2", values, block="list")


@router.get("/runs/{run_id}/reports/{name:path}")
def file(run_id: str, name: str, served: Served, visitor: Viewer) -> StreamingResponse:
    """A file of the archive; the audit has a note of it."""
    stream = open_archived(served.tools, run_id, name, visitor.actor)
    return sent_to_be_saved(stream, name.rsplit("/", 1)[-1])


def _values(served: Service, account: Account) -> dict[str, Any]:
    look, now = account.look, served.tools.clock.now()
    statuses = [status for status in STATUSES if look.count(status)]
    zone = ZoneInfo(served.tools.policy.timezone)
    return {
        "account": account, "look": look, "told": told_of(look), "happened": happened,
        "statuses": statuses, "status_columns": [(sentence(status), "n") for status in statuses],
        "kinds": [kind for kind in Kind if any((kind, s) in look.kinds for s in statuses)],
        "row_outcomes": ROW_OUTCOMES, "remedies": HELD_REMEDIES, "ending_words": ending_words,
        "reasons": reasons(account.reasons, _in_plan(look.now.run.id)),
        "phases": phases(look.spans, now, zone), "formats": FORMATS,
    }  # fmt: skip


def _in_plan(run_id: str) -> Callable[[ReasonCount], str]:
    return lambda reason: f"/runs/{run_id}/plan?status={reason.status.value}"
