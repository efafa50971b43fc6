"""`/quarantine`: records of governed feeds that were not taken, and what people do about them."""

import hashlib
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from services.ingest.caller import Compliance, PlanReader, Reader
from services.ingest.json_body import NamedKey, StrictJson
from services.ingest.openapi import ASKED, ORDERED, SENT, problems
from services.ingest.quarantine_schemas import (
    Assignment,
    Closing,
    CodeList,
    NewAttestation,
    Notification,
    NotifiedDocument,
    QuarantineDocument,
    QuarantineList,
    QuarantineView,
    RecordId,
    ResubmissionRun,
)
from services.ingest.queries import QuarantineQuery
from services.ingest.runs import answered
from services.ingest.schemas import Id, NewComment
from services.ingest.uploads import FILE_BODY, RECEIVED, Called
from shared.domain.canonical import Json
from shared.domain.remediation import QuarantineRecord
from shared.http.receive import receive
from shared.http.service import Served, Service
from shared.pipeline import look_at_quarantine as look
from shared.pipeline import notify as telling
from shared.pipeline import quarantine_documents as documents
from shared.pipeline import remediate
from shared.pipeline.documents import page_document
from shared.pipeline.land import Sender
from shared.pipeline.take_resubmission import take_resubmission
from shared.ports.access import RequestKey

router = APIRouter(tags=["quarantine"])

_ONE = "/quarantine/records/{record_id}"


@router.get(
    "/quarantine/records",
    summary="List of quarantined records",
    response_model=QuarantineList,
    responses=problems(*ASKED),
)
def list_of_records(
    asked: Annotated[QuarantineQuery, Query()], served: Served, _: PlanReader
) -> JSONResponse:
    """Records of governed feeds: those that came back first, then new ones, then by due date."""
    found = look.list_quarantine(served.tools, asked.wanted, asked.page, asked.sort)
    return JSONResponse(page_document(found, lambda record: _document(served, record)))


@router.get(
    _ONE, summary="A quarantined record", response_model=QuarantineView, responses=problems(*ASKED)
)
def read_record(record_id: Id, served: Served, _: PlanReader) -> JSONResponse:
    """A record with its rules, its timeline and the values of its row; those of people are masked."""
    view = look.view_record(served.tools, record_id)
    return JSONResponse(documents.record_view_document(served.tools, view))


@router.get(
    "/quarantine/violation-codes",
    summary="Every code with its rule",
    response_model=CodeList,
    responses=problems(*ASKED),
)
def list_of_codes(served: Served, _: Reader) -> JSONResponse:
    """Its meaning, where it stands, what it does, how to mend it, and how many open records have it."""
    found = look.violation_codes(served.tools)
    return JSONResponse({"data": [documents.code_document(view) for view in found]})


@router.post(
    _ONE + "/assign",
    summary="Give records to somebody",
    response_model=QuarantineDocument,
    responses=problems(*SENT, "wrong_state", "user_name_invalid"),
)
def assign_record(
    record_id: Id, served: Served, caller: Compliance, _body: StrictJson, sent: Assignment
) -> JSONResponse:
    """Give a record, and others in one go, to somebody."""
    ids = [record_id, *sent.also]
    remediate.assign(served.tools, ids, sent.owner, caller.actor)
    return _changed(served, ids)


@router.post(
    _ONE + "/comments",
    summary="Write something into a record's timeline",
    status_code=201,
    response_model=QuarantineDocument,
    responses=problems(*SENT, "reason_missing"),
)
def comment_record(
    record_id: Id, served: Served, caller: Compliance, _body: StrictJson, sent: NewComment
) -> JSONResponse:
    """At any time, also when the record is done with."""
    remediate.comment(served.tools, record_id, sent.text, caller.actor)
    return _changed(served, [record_id], 201)


@router.post(
    _ONE + "/notify",
    summary="Tell whoever is responsible",
    response_model=NotifiedDocument,
    responses=problems(*SENT, "wrong_state", "address_missing"),
)
def notify_of_record(
    record_id: Id, served: Served, caller: Compliance, _body: StrictJson, sent: Notification
) -> JSONResponse:
    """A mail with codes and a link, never a value. If it can't be sent, `mail` says so; the rest stands."""
    ids = [record_id, *sent.also]
    told = telling.notify(served.tools, ids, caller.actor, to=sent.to)
    return _changed(served, ids, mail=documents.told_documents(told))


@router.post(
    _ONE + "/attest",
    summary="Confirm that a record may say what it says",
    response_model=QuarantineDocument,
    responses=problems(
        *SENT, "wrong_state", "four_eyes", "person_needed", "not_attestable", "already_attested",
        "reason_missing",
    ),
)  # fmt: skip
def attest_record(
    record_id: Id, served: Served, caller: Compliance, _body: StrictJson, sent: NewAttestation
) -> JSONResponse:
    """Against one rule of severity `attest`. With the last that is needed a run brings the record in."""
    remediate.attest(served.tools, record_id, sent.code, sent.reason, caller.actor)
    return _changed(served, [record_id])


@router.post(
    _ONE + "/close",
    summary="Close a record that nobody will mend",
    response_model=QuarantineDocument,
    responses=problems(*SENT, "wrong_state", "reason_missing"),
)
def close_record(
    record_id: Id, served: Served, caller: Compliance, _body: StrictJson, sent: Closing
) -> JSONResponse:
    """It comes back only with its source id."""
    remediate.close(served.tools, record_id, sent.reason, caller.actor)
    return _changed(served, [record_id])


@router.post(
    _ONE + "/resubmissions",
    summary="Send a file that mends records",
    status_code=202,
    response_model=ResubmissionRun,
    responses=problems(*ORDERED, *RECEIVED, "wrong_state", "several_feeds", "too_many_runs"),
    openapi_extra=FILE_BODY,
)
async def create_resubmission(
    record_id: Id,
    request: Request,
    *,
    served: Served,
    caller: Compliance,
    key: NamedKey,
    also: Annotated[
        list[RecordId], Query(max_length=500, description="Further records that it mends.")
    ] = [],  # noqa: B006  # FastAPI copies it
    name: Called = None,
) -> JSONResponse:
    """A new landing of the records' feed, sent like an upload; its run is planned like any other.

    `records` says of each what came of it once the run has ended.
    """
    ids = sorted({record_id, *also})
    await run_in_threadpool(look.look_up, served.tools, ids)
    deposit, parts = await receive(request, served, name)
    asked = RequestKey(
        principal=str(caller.actor), path=request.url.path, key=key,
        body_sha256=hashlib.sha256("\n".join([deposit.sha256, *ids]).encode()).hexdigest(),
    )  # fmt: skip
    sender = Sender(actor=caller.actor, name=parts.name)
    done = await run_in_threadpool(take_resubmission, served.tools, asked, deposit, sender, ids)
    return answered(*done)


def _document(served: Service, record: QuarantineRecord) -> dict[str, Json]:
    return documents.quarantine_document(served.tools, record)


def _changed(served: Service, ids: Sequence[str], status: int = 200, **more: Json) -> JSONResponse:
    """The record as it is now; the others in `also`."""
    first, *rest = (_document(served, r) for r in look.look_up(served.tools, ids))
    return JSONResponse({**first, "also": rest, **more}, status)
