"""The first page: one sentence, the next step, and how file, ASCIP, runs and quarantine stand."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.console.pictures import runs as pictures
from services.console.pictures.lists import waiting
from services.console.runs_query import of_states
from services.console.show import show
from services.console.signed_in import Viewer, Visitor
from shared.domain.access import Scope
from shared.http.service import Served
from shared.pipeline.overview import overview
from shared.pipeline.standing import About, Standing, trouble_words

router = APIRouter()

#: Where a standing is dealt with, what the way there is called, and for whom; for others below.
_WAYS: Mapping[About, tuple[str, str, Scope]] = {
    About.STOPPED: ("/runs/{}/apply", "Look at the run", Scope.PLANS_READ),
    About.HELD: ("/runs/{}/plan", "Review the plan", Scope.PLANS_REVIEW),
    About.WAITS: ("/runs/{}/plan", "Review the plan", Scope.PLANS_REVIEW),
    About.FAILED: ("/runs/{}", "Read the reason", Scope.PLANS_READ),
    About.ERRORS: ("/runs/{}/report", "See what failed", Scope.PLANS_READ),
    About.OVERDUE: ("/runs/new", "Upload a file", Scope.RUNS_WRITE),
    About.TARGET: ("/settings", "Check the connection", Scope.RUNS_WRITE),
    About.SYNC_PAUSED: ("/settings/sync", "See the pause", Scope.RUNS_WRITE),
    About.APPROVED: ("/runs/{}/apply", "Apply the plan", Scope.RUNS_WRITE),
    About.GOES: ("/runs/{}", "Watch it", Scope.PLANS_READ),
    About.NO_RUNS: ("/runs/new", "Upload a file", Scope.RUNS_WRITE),
    About.ENDED: ("/runs/{}", "See the run", Scope.PLANS_READ),
    About.IN_SYNC: ("/runs/{}/report", "See the report", Scope.PLANS_READ),
}


@router.get("/")
def first_page(request: Request, served: Served, visitor: Viewer) -> HTMLResponse:
    """How everything stands."""
    found = overview(served.tools)
    zone = ZoneInfo(served.tools.policy.timezone)
    values = {
        "found": found, "way": lambda standing: way(standing, visitor),
        "actions": pictures.actions(found.past, zone), "today": served.tools.today(),
        "ages": waiting(found.waiting, served.tools.today()),
        "trouble_words": trouble_words,
    }  # fmt: skip
    return show(request, "overview.html.j2", values)


def way(standing: Standing, visitor: Visitor) -> tuple[str, str]:
    """Address and words of the step; of several runs it is their list. Empty where there is none."""
    address, words, scope = _WAYS[standing.about]
    may = visitor.may(scope)
    if "{}" not in address:
        return (address, words) if may else ("", "")
    if standing.run_id is None:
        return of_states(standing.states), "See them"
    return address.format(standing.run_id), words if may else "Look at it"
