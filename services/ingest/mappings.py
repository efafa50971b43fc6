"""`/mappings`: what another mapping would come to."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from services.ingest.caller import Operator
from services.ingest.json_body import StrictJson
from services.ingest.openapi import SENT, body_of, problems
from services.ingest.plan_schemas import RehearsalDocument
from shared.domain.mapping import parse_mapping
from shared.http.service import Served
from shared.pipeline.rehearsal_document import rehearsal_document
from shared.pipeline.rehearse_mapping import rehearse_mapping

router = APIRouter(tags=["mappings"])

_MAPPING = {
    "type": "object",
    "description": "A mapping as `staff.mapping` has it; `ascip-sync schema mapping` is its form.",
}


@router.post(
    "/mappings/rehearse",
    summary="What another mapping would come to",
    response_model=RehearsalDocument,
    responses=problems(*SENT, "mapping_invalid", "mapping_missing", "config_invalid"),
    openapi_extra=body_of({"application/json": _MAPPING}),
)
def rehearse(served: Served, _: Operator, sent: StrictJson) -> JSONResponse:
    """How the plan over the newest extract and the newest reading of ASCIP would differ.

    ASCIP is not called and nothing is stored: it may be asked as often as needed.
    """
    new = parse_mapping(sent.decode("utf-8-sig"))
    today = parse_mapping(served.loaded.mapping_text())
    return JSONResponse(rehearsal_document(rehearse_mapping(served.tools, today, new)))
