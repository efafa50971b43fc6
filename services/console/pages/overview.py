"""The first page: one sentence, the next step, and how file, ASCIP, runs and quarantine stand."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.console.pictures import runs as pictures
from services.console.runs_query import of_states
from services.console.show import show
from services.console.signed_in import Viewer
from shared.http.service import Served
from shared.pipeline.overview import overview
from shared.pipeline.standing import About, Standing

router = APIRouter()

#: Where a standing is dealt with, and what the way there is called.
_WAYS: Mapping[About, tuple[str, str]] = {
    About.STOPPED: ("/runs/{}/apply", "Look at the run"),
    About.HELD: ("/runs/{}/plan", "Review the plan"),
    About.WAITS: ("/runs/{}/plan", "Review the plan"),
    About.FAILED: ("/runs/{}", "Read the reason"),
    About.ERRORS: ("/runs/{}/report", "See what failed"),
    About.OVERDUE: ("/runs/new", "Upload a file"),
    About.TARGET: ("/settings", "Check the connection"),
    About.APPROVED: ("/runs/{}/apply", "Apply the plan"),
    About.GOES: ("/runs/{}", "Watch it"),
    About.NO_RUNS: ("/runs/new", "Upload a file"),
    About.ENDED: ("/runs/{}", "See the run"),
    About.IN_SYNC: ("/runs/{}", "See the run"),
}


@router.get("/")
def first_page(request: Request, served: Served, _: Viewer) -> HTMLResponse:
    """How everything stands."""
    found = overview(served.tools)
    zone = ZoneInfo(served.tools.policy.timezone)
    values = {
        "found": found, "way": way, "actions": pictures.actions(found.past, zone),
        "today": served.tools.today(),
    }  # fmt: skip
    return show(request, "overview.html.j2", values)


def way(standing: Standing) -> tuple[str, str]:
    """Address and words of the step; of several runs it is their list."""
    address, words = _WAYS[standing.about]
    if "{}" not in address:
        return address, words
    if standing.run_id is None:
        return of_states(standing.states), "See them"
    return address.format(standing.run_id), words
