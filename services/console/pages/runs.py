"""Runs, newest first."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from services.console.run_frame import first_page
from services.console.show import show
from services.console.signed_in import Viewer
from shared.http.service import Served
from shared.pipeline.look import list_runs, view_plan, view_run
from shared.ports.views import PageOf, RunFilter

router = APIRouter()


@router.get("/")
@router.get("/runs")
def runs(request: Request, served: Served, _: Viewer) -> HTMLResponse:
    """The list."""
    found = list_runs(served.tools, RunFilter(), PageOf())
    return show(request, "runs.html.j2", {"found": found}, block="list")


@router.get("/runs/{run_id}")
def run(run_id: str, served: Served, _: Viewer) -> RedirectResponse:
    """The page of a run that matters most now."""
    return RedirectResponse(first_page(view_run(served.tools, run_id)), 303)


@router.get("/plans/{plan_id}")
def plan(plan_id: str, served: Served, _: Viewer) -> RedirectResponse:
    """A plan is a page of its run."""
    return RedirectResponse(f"/runs/{view_plan(served.tools, plan_id).run.id}/plan", 303)
