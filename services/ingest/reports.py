"""`/runs/{id}/rows` and `/runs/{id}/reports`: what became of each row, and the files of the archive."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, StreamingResponse

from services.ingest.caller import PlanReader
from services.ingest.openapi import ASKED, STORED, problems
from services.ingest.queries import RowQuery
from services.ingest.schemas import Id, ReportList, RowList
from shared.http.saving import sent_to_be_saved
from shared.http.service import Served
from shared.pipeline.documents import page_document, row_document
from shared.pipeline.export import archived, open_archived
from shared.pipeline.rows import page_rows
from shared.ports.views import RowFilter

router = APIRouter(tags=["runs"])

BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


@router.get(
    "/runs/{run_id}/rows",
    summary="Rows of a run's file",
    response_model=RowList,
    responses=problems(*ASKED),
)
def list_of_rows(
    run_id: Id, asked: Annotated[RowQuery, Query()], served: Served, _: PlanReader
) -> JSONResponse:
    """Rows of the extract and what became of each; of those not taken every fault, never the value."""
    wanted = RowFilter(outcomes=asked.outcome, codes=asked.code, people=asked.person)
    file, found = page_rows(served.tools, run_id, wanted, asked.page)
    return JSONResponse(page_document(found, lambda row: row_document(row, file), key="row"))


@router.get(
    "/runs/{run_id}/reports",
    summary="List of a run's reports",
    response_model=ReportList,
    responses=problems(*ASKED, *STORED),
)
def list_of_reports(run_id: Id, served: Served, _: PlanReader) -> JSONResponse:
    """The files of a run's archive with their hashes; none while the run goes on."""
    files = archived(served.tools, run_id)
    data = [{"name": f.name, "size_bytes": f.size_bytes, "sha256": f.sha256} for f in files]
    return JSONResponse({"data": data})


@router.get(
    "/runs/{run_id}/reports/{name:path}",
    summary="A report of a run",
    response_class=StreamingResponse,
    responses={200: {"content": BYTES, "description": "The file."}, **problems(*ASKED, *STORED)},
)
def read_report(run_id: Id, name: str, served: Served, caller: PlanReader) -> StreamingResponse:
    """A file of the archive. It is sent to be saved, never to be shown by a browser; the audit has a note."""
    stream = open_archived(served.tools, run_id, name, caller.actor)
    return sent_to_be_saved(stream, name.rsplit("/", 1)[-1])
