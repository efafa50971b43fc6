"""`/records`: the store of governed records, as it is and was; a person confirms a version."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import JSONResponse

from services.ingest.caller import Compliance, PlanReader
from services.ingest.json_body import Once
from services.ingest.openapi import ASKED, ORDERED, problems
from services.ingest.queries import RecordQuery
from services.ingest.record_schemas import (
    HistoryDocument,
    NewRecordReview,
    RecordDocument,
    RecordList,
)
from services.ingest.runs import answered
from shared.http.service import Served
from shared.pipeline.documents import page_document
from shared.pipeline.look_up_records import list_records, record_history
from shared.pipeline.once import once
from shared.pipeline.record_documents import history_document, record_document
from shared.pipeline.review_record import review_record_in
from shared.ports.access import Answer
from shared.ports.unit_of_work import UnitOfWork

router = APIRouter(tags=["records"])

FeedName = Annotated[str, Path(pattern=r"^[a-z0-9_]{1,64}$", description="A governed feed.")]
SourceId = Annotated[
    str,
    Path(
        min_length=1, max_length=2000, pattern=r"^[^\x00]+$",
        description="The record's own id; a `/` in it may stand as it is or as `%2F`.",
    ),
]  # fmt: skip


def _named(feed: FeedName, source_id: SourceId) -> tuple[str, str]:
    return feed, source_id


@router.get(
    "/records/{feed}",
    summary="Records of a feed",
    response_model=RecordList,
    responses=problems(*ASKED),
)
def list_of_records(
    feed: FeedName, asked: Annotated[RecordQuery, Query()], served: Served, _: PlanReader
) -> JSONResponse:
    """Records as they are, or were at `as_of`, in order of source id; what names people is masked."""
    found = list_records(served.tools, asked.wanted(feed), asked.page)
    declared = served.tools.governed(feed)
    return JSONResponse(
        page_document(found, lambda v: record_document(v, declared), key="source_id")
    )


@router.get(
    "/records/{feed}/{source_id:path}",
    summary="A record with its versions",
    response_model=HistoryDocument,
    responses=problems(*ASKED),
)
def read_record(
    named: Annotated[tuple[str, str], Depends(_named)], served: Served, _: PlanReader
) -> JSONResponse:
    """Every version that is kept, newest first, with what it changed."""
    versions = record_history(served.tools, *named)
    return JSONResponse(history_document(versions, served.tools.governed(named[0])))


@router.post(
    "/records/{feed}/{source_id:path}/reviews",
    summary="Confirm a version of a record",
    status_code=201,
    response_model=RecordDocument,
    responses=problems(
        *ORDERED, "version_changed", "nothing_to_review", "person_needed", "reason_missing"
    ),
)
def review_version(
    named: Annotated[tuple[str, str], Depends(_named)],
    sent: NewRecordReview,
    served: Served,
    caller: Compliance,
    key: Once,
) -> JSONResponse:
    """Sets `hazcom_verified`, or `manifest_status` to `REVIEWED`, of exactly the version that is named."""

    def work(uow: UnitOfWork) -> Answer:
        version = review_record_in(
            served.tools, uow, (*named, sent.version), actor=caller.actor, reason=sent.reason
        )
        return Answer(status=201, body=record_document(version, served.tools.governed(named[0])))

    return answered(*once(served.tools, key, work))
