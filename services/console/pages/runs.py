"""Runs, newest first, and what the last of them came to in pictures."""

from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from services.console import runs_query
from services.console.pictures import runs as pictures
from services.console.run_frame import first_page
from services.console.show import show
from services.console.signed_in import Viewer
from shared.domain.feeds.staff import FEED as STAFF
from shared.domain.run import RunState
from shared.http.service import Served, Service
from shared.pipeline.look import view_plan, view_run
from shared.pipeline.run_list import past_runs, run_lines
from shared.ports.views import PageOf

router = APIRouter()

PAGE = 25


@router.get("/runs")
def runs(request: Request, served: Served, _: Viewer) -> HTMLResponse:
    """The list, or what a filter leaves of it."""
    asked = runs_query.asked(request.query_params, _feeds(served))
    found = run_lines(served.tools, asked.wanted, PageOf(after=asked.after, limit=PAGE))
    values = {
        "found": found, "asked": asked, "feeds": _feeds(served), "groups": runs_query.GROUPS,
        "all_states": list(RunState),
    }  # fmt: skip
    return show(request, "runs.html.j2", values, block="list")


@router.get("/runs/trends")
def trends(request: Request, served: Served, _: Viewer, feed: str = STAFF) -> HTMLResponse:
    """The last runs of a feed in pictures."""
    past, zone = past_runs(served.tools, feed), ZoneInfo(served.tools.policy.timezone)
    drawn = [
        picture(past, zone) for picture in (pictures.actions, pictures.removals, pictures.rows)
    ]
    values = {"feed": feed, "feeds": _feeds(served), "pictures": drawn}
    return show(request, "trends.html.j2", values)


@router.get("/runs/{run_id}")
def run(run_id: str, served: Served, _: Viewer) -> RedirectResponse:
    """The page of a run that matters most now."""
    return RedirectResponse(first_page(view_run(served.tools, run_id)), 303)


@router.get("/plans/{plan_id}")
def plan(plan_id: str, served: Served, _: Viewer) -> RedirectResponse:
    """A plan is a page of its run."""
    return RedirectResponse(f"/runs/{view_plan(served.tools, plan_id).run.id}/plan", 303)


def _feeds(served: Service) -> list[str]:
    return [STAFF, *served.tools.feeds]
