"""A plan, to be understood and decided."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.console.run_frame import run_frame
from services.console.show import show
from services.console.signed_in import Viewer
from shared.http.service import Served
from shared.pipeline.look import view_plan

router = APIRouter()


@router.get("/runs/{run_id}/plan")
def plan(request: Request, run_id: str, served: Served, _: Viewer) -> HTMLResponse:
    """The plan of a run."""
    values = {
        "frame": run_frame(served.tools, run_id),
        "tab_name": "Plan",
        "plan": view_plan(served.tools, run_id),
    }
    return show(request, "plan.html.j2", values, block="list")
