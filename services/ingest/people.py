"""`/explain`, `/people` and `/reference`: one person step by step, and what ids of ASCIP stand for."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from services.ingest.caller import PlanReader, Reader
from services.ingest.json_body import StrictJson
from services.ingest.openapi import ASKED, SENT, problems
from services.ingest.people_schemas import (
    Asked,
    ExplanationDocument,
    PersonDocument,
    ReferenceDocument,
)
from services.ingest.queries import ReferenceQuery
from shared.domain.feeds.staff import FEED as STAFF
from shared.http.problem import ProblemError
from shared.http.service import Served
from shared.pipeline.explain import explain
from shared.pipeline.explain_document import (
    explanation_document,
    person_document,
    record_explanation_document,
)
from shared.pipeline.explain_record import explain_record
from shared.pipeline.reference import ReferenceList, list_reference, reference_document
from shared.ports.views import PageOf

router = APIRouter(tags=["people"])

PersonKey = Annotated[
    str,
    Path(
        min_length=1, max_length=255, pattern=r"^[^\x00]+$",
        description="An employee id, or `ascip:` and an id. Email addresses go to `/explain`.",
    ),
]  # fmt: skip


@router.post(
    "/explain",
    summary="Explain one person",
    response_model=ExplanationDocument,
    responses=problems(*SENT),
)
def explain_person(served: Served, _: PlanReader, _body: StrictJson, sent: Asked) -> JSONResponse:
    """Every step from a row to a call, in the newest runs. It is a question: nothing is written.

    The key stands in the body, so that no address of a person gets into anybody's log.
    """
    page = PageOf(after=sent.starting_after, limit=sent.limit)
    if sent.feed == STAFF:
        found = explain(served.tools, sent.key, page, run_id=sent.run_id)
        return JSONResponse(explanation_document(found))
    named = (sent.feed, sent.key)
    record = explain_record(served.tools, named, page, run_id=sent.run_id)
    return JSONResponse(record_explanation_document(record))


@router.get(
    "/people/{key:path}",
    summary="A person",
    response_model=PersonDocument,
    responses=problems(*ASKED),
)
def read_person(key: PersonKey, served: Served, _: PlanReader) -> JSONResponse:
    """Somebody as the newest file and the newest reading of ASCIP have them, with their newest actions."""
    if "@" in key:
        raise ProblemError(
            "invalid_request",
            "An email address has no place in the address of a request, which others keep in their logs:"
            " POST /api/v1/explain takes it in its body. Nothing was written.",
        )
    return JSONResponse(person_document(explain(served.tools, key, PageOf(limit=5))))


@router.get(
    "/reference/{which}",
    summary="Reference data of ASCIP",
    response_model=ReferenceDocument,
    responses=problems(*ASKED),
)
def read_reference(
    which: ReferenceList, asked: Annotated[ReferenceQuery, Query()], served: Served, _: Reader
) -> JSONResponse:
    """Groups, buckets with their values, roles or time zones, as they were read last."""
    return JSONResponse(reference_document(list_reference(served.tools, which, asked.page)))
