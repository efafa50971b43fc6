"""`/removals`: who left, with the evidence; `/shadow`: what would have happened."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from services.ingest.caller import PlanReader
from services.ingest.left_schemas import RemovalList, ShadowDocument
from services.ingest.openapi import ASKED, problems
from services.ingest.queries import RemovalQuery, ShadowQuery
from shared.http.service import Served
from shared.pipeline.documents import page_document
from shared.pipeline.presence_documents import removal_document, shadow_document
from shared.pipeline.shadow import look_at_shadow
from shared.pipeline.who_left import list_removals

router = APIRouter(tags=["plans"])


@router.get("/removals", summary="Who left", response_model=RemovalList, responses=problems(*ASKED))
def list_of_removals(
    asked: Annotated[RemovalQuery, Query()], served: Served, _: PlanReader
) -> JSONResponse:
    """Removals that were applied, or may have been, newest first, each with its evidence."""
    found = list_removals(served.tools, asked.wanted, asked.page)
    return JSONResponse(page_document(found, removal_document))


@router.get(
    "/shadow",
    summary="What would have happened",
    response_model=ShadowDocument,
    responses=problems(*ASKED),
)
def read_shadow(
    asked: Annotated[ShadowQuery, Query()], served: Served, _: PlanReader
) -> JSONResponse:
    """What the plans made in shadow mode in the last days would have done; the verdict first."""
    return JSONResponse(shadow_document(look_at_shadow(served.tools, asked.days)))
