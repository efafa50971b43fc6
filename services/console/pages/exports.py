"""Exports: order a plan as one file, see whether it is ready, fetch it."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

from services.console.export_words import FORMATS
from services.console.forms import Form
from services.console.run_frame import run_frame
from services.console.show import show
from services.console.signed_in import Viewer
from shared.http.problem import ProblemError
from shared.http.saving import sent_to_be_saved
from shared.http.service import Served
from shared.pipeline.export_actions import file_name, open_export, order_export, view_export
from shared.pipeline.look import plan_of
from shared.pipeline.once import once
from shared.ports.access import Answer
from shared.ports.exports import ExportFormat
from shared.ports.plans import ActionFilter
from shared.ports.unit_of_work import UnitOfWork

router = APIRouter()


@router.post("/runs/{run_id}/exports")
def order(run_id: str, served: Served, visitor: Viewer, sent: Form) -> RedirectResponse:
    """Have a plan's actions, or all reports of its run, put into one file."""
    if sent.one("format") not in set(ExportFormat):
        raise ProblemError("invalid_request")

    def work(uow: UnitOfWork) -> Answer:
        made = order_export(
            served.tools, uow, plan_of(uow, run_id).id, ActionFilter(),
            ExportFormat(sent.one("format")), actor=visitor.actor,
        )  # fmt: skip
        return Answer(status=303, body={}, location=f"/exports/{made.id}")

    answer, _ = once(served.tools, sent.key(visitor), work)
    return RedirectResponse(answer.location or "/runs", 303)


@router.get("/exports/{export_id}")
def look(request: Request, export_id: str, served: Served, _: Viewer) -> HTMLResponse:
    """How far an export is."""
    export = view_export(served.tools, export_id)
    values = {
        "export": export, "frame": run_frame(served.tools, export.run_id), "tab_name": "Export",
        "format": FORMATS[export.format], "file_name": file_name(export),
    }  # fmt: skip
    return show(request, "export.html.j2", values, block="export")


@router.get("/exports/{export_id}/file")
def file(export_id: str, served: Served, visitor: Viewer) -> StreamingResponse:
    """The file; the audit has a note of it."""
    export, stream = open_export(served.tools, export_id, visitor.actor)
    return sent_to_be_saved(stream, file_name(export))
