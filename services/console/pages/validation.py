"""What reading its file came to: rows counted, rules by rows hit, and a file of every bad row."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from services.console.run_frame import run_frame
from services.console.show import show
from services.console.signed_in import Viewer
from shared.domain.violation import RECOVERY
from shared.http.service import Served
from shared.pipeline.look_at_validation import errors_file, view_validation

router = APIRouter()


@router.get("/runs/{run_id}/validation")
def validation(request: Request, run_id: str, served: Served, _: Viewer) -> HTMLResponse:
    """The validation of a run."""
    values = {
        "frame": run_frame(served.tools, run_id),
        "tab_name": "Validation",
        "found": view_validation(served.tools, run_id),
        "class_words": RECOVERY,
    }
    return show(request, "validation.html.j2", values)


@router.get("/runs/{run_id}/errors.csv")
def errors(run_id: str, served: Served, _: Viewer) -> StreamingResponse:
    """A line for each row that was not taken."""
    return StreamingResponse(
        errors_file(served.tools, run_id), media_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="errors.csv"'},
    )  # fmt: skip
