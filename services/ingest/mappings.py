"""`/mappings`: the mapping file, what another one would come to, and what unmapped values may mean."""

import hashlib
import re
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import JSONResponse, Response

from services.ingest.caller import Operator, PlanReader
from services.ingest.json_body import StrictJson
from services.ingest.mapping_schemas import CheckedMapping, ReplacedMapping, SuggestedMeanings
from services.ingest.openapi import ASKED, SENT, body_of, problems
from services.ingest.plan_schemas import RehearsalDocument
from shared import bootstrap
from shared.domain.mapping import parse_mapping
from shared.domain.mapping_proposals import proposals_document
from shared.http.problem import ProblemError
from shared.http.service import Served
from shared.pipeline import mapping_documents as documents
from shared.pipeline.accept_mapping import put_mapping
from shared.pipeline.look_at_mapping import look_at_mapping, suggestions
from shared.pipeline.rehearsal_document import rehearsal_document
from shared.pipeline.rehearse_mapping import rehearse_mapping

router = APIRouter(tags=["mappings"])

_MAPPING = {
    "type": "object",
    "description": "A mapping as `staff.mapping` has it; `ascip-sync schema mapping` is its form.",
}
_BODY = body_of({"application/json": _MAPPING})
_HERE = ("mapping_invalid", "mapping_missing", "config_invalid")
_CURRENT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file as it is.",
        "content": {"application/json": {"schema": _MAPPING}},
        "headers": {
            "ETag": {"description": "What `If-Match` takes.", "schema": {"type": "string"}}
        },
    }
}
_TAG = re.compile(r'(?<!W/)"[^"]*"')


def _etag(text: str) -> str:
    return f'"{hashlib.sha256(text.encode()).hexdigest()}"'


@router.get(
    "/mappings/current",
    summary="The mapping file",
    response_class=Response,
    responses={**_CURRENT, **problems(*ASKED, *_HERE)},
)
def read_mapping(served: Served, _: PlanReader) -> Response:
    """As it is now, byte for byte; its `ETag` is what a `PUT` names."""
    text = served.loaded.mapping_text()
    parse_mapping(text)
    return Response(text, media_type="application/json", headers={"ETag": _etag(text)})


@router.put(
    "/mappings/current",
    summary="Put another mapping file in its place",
    response_model=ReplacedMapping,
    responses=problems(
        *SENT, *_HERE, "mapping_changed", "if_match_missing", "mapping_number_used",
        "mapping_unwritable",
    ),
    openapi_extra=_BODY,
)  # fmt: skip
def replace_mapping(
    served: Served,
    caller: Operator,
    sent: StrictJson,
    match: Annotated[str | None, Header(alias="If-Match")] = None,
) -> JSONResponse:
    """Written whole, if the file is still the one that `If-Match` names. Open plans are stale from then on.

    What has been written already is answered like a success.
    """
    if match is None:
        raise ProblemError("if_match_missing")
    now, new = served.loaded.mapping_text(), sent.decode("utf-8-sig")
    if now != new and _etag(now) not in _TAG.findall(match):
        raise ProblemError("mapping_changed")
    file = bootstrap.mapping_file(served.loaded)
    done = put_mapping(served.tools, file, now, new, actor=caller.actor)
    view = look_at_mapping(served.tools, done.after)
    stale = [run.id for run in view.open_runs if run.mapping_sha256 != done.after.sha256]
    body = documents.accepted_document(done, etag=_etag(new), open_runs=stale)
    return JSONResponse(body, headers={"ETag": _etag(new)})


@router.post(
    "/mappings/validate",
    summary="What holds a mapping back, and what it covers",
    response_model=CheckedMapping,
    responses=problems(*SENT, "mapping_invalid"),
    openapi_extra=_BODY,
)
def validate(served: Served, _: Operator, sent: StrictJson) -> JSONResponse:
    """Against the newest extract and the newest reading of ASCIP: nobody is asked, nothing is stored."""
    view = look_at_mapping(served.tools, parse_mapping(sent.decode("utf-8-sig")))
    return JSONResponse(documents.view_document(view))


@router.post(
    "/mappings/suggestions",
    summary="What unmapped values probably mean",
    response_model=SuggestedMeanings,
    responses=problems(*ASKED, *_HERE),
)
def suggested(
    served: Served, _: Operator, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> JSONResponse:
    """Of the newest extract under the mapping in force, those of the most rows first in each column."""
    view = look_at_mapping(served.tools, parse_mapping(served.loaded.mapping_text()))
    found = proposals_document(view.mapping, suggestions(view, most=limit))
    return JSONResponse({**found, "unmapped": view.unmapped})


@router.post(
    "/mappings/rehearse",
    summary="What another mapping would come to",
    response_model=RehearsalDocument,
    responses=problems(*SENT, *_HERE),
    openapi_extra=_BODY,
)
def rehearse(served: Served, _: Operator, sent: StrictJson) -> JSONResponse:
    """How the plan over the newest extract and the newest reading of ASCIP would differ.

    ASCIP is not called and nothing is stored: it may be asked as often as needed.
    """
    new = parse_mapping(sent.decode("utf-8-sig"))
    today = parse_mapping(served.loaded.mapping_text())
    return JSONResponse(rehearsal_document(rehearse_mapping(served.tools, today, new)))
