"""Exports: a plan's actions, all or filtered, as one file that a worker makes and that expires."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, StreamingResponse

from services.ingest.caller import PlanReader
from services.ingest.export_schemas import ExportDocument, NewExport
from services.ingest.json_body import Once
from services.ingest.openapi import ASKED, ORDERED, STORED, problems
from services.ingest.reports import BYTES
from services.ingest.runs import answered
from services.ingest.schemas import Id
from shared.http.saving import sent_to_be_saved
from shared.http.service import Served
from shared.pipeline.export_actions import (
    export_document,
    file_name,
    open_export,
    order_export,
    view_export,
)
from shared.pipeline.once import once
from shared.ports.access import Answer
from shared.ports.unit_of_work import UnitOfWork

router = APIRouter(tags=["plans"])


@router.post(
    "/plans/{plan_id}/exports",
    summary="Order an export of a plan",
    status_code=202,
    response_model=ExportDocument,
    responses=problems(*ORDERED),
)
def create_export(
    plan_id: Id, served: Served, caller: PlanReader, key: Once, sent: NewExport
) -> JSONResponse:
    """Have actions put into one file. A worker makes it; it is there for 24 hours."""

    def work(uow: UnitOfWork) -> Answer:
        export = order_export(
            served.tools, uow, plan_id, sent.filter.wanted, sent.format, actor=caller.actor
        )
        location = f"/api/v1/exports/{export.id}"
        return Answer(status=202, body=export_document(export), location=location)

    return answered(*once(served.tools, key, work))


@router.get(
    "/exports/{export_id}",
    summary="An export",
    response_model=ExportDocument,
    responses=problems(*ASKED),
)
def read_export(export_id: Id, served: Served, _: PlanReader) -> JSONResponse:
    """How far an export is, and the size and hash of its file once it is ready."""
    return JSONResponse(export_document(view_export(served.tools, export_id)))


@router.get(
    "/exports/{export_id}/file",
    summary="The file of an export",
    response_class=StreamingResponse,
    responses={
        200: {"content": BYTES, "description": "The file."},
        **problems(*ASKED, *STORED, "export_not_ready"),
    },
)
def read_export_file(export_id: Id, served: Served, caller: PlanReader) -> StreamingResponse:
    """The file. It is sent to be saved, never to be shown by a browser; the audit has a note."""
    export, stream = open_export(served.tools, export_id, caller.actor)
    return sent_to_be_saved(stream, file_name(export))
