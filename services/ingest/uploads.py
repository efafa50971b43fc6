"""`/uploads`: a file comes in as it arrives, is hashed, sealed and noted; nothing is planned yet."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from services.ingest.caller import Operator, Reader
from services.ingest.openapi import ASKED, body_of, problems
from services.ingest.schemas import UPLOAD_EXAMPLE, Id, UploadDocument
from shared.domain.feeds.staff import FEED as STAFF
from shared.domain.run import Upload
from shared.http.file_body import RAW_TYPES
from shared.http.receive import receive
from shared.http.service import Served, Service
from shared.pipeline.land import Sender, forget_copy, keep_upload
from shared.ports.vault import Deposit

router = APIRouter(tags=["uploads"])

_FILE = {"type": "string", "format": "binary", "minLength": 1}
FILE_BODY = body_of(
    {**dict.fromkeys(RAW_TYPES, _FILE),
     "multipart/form-data": {"type": "object", "required": ["file"], "properties": {"file": _FILE}}},
)  # fmt: skip
#: What an address that takes a file may answer.
RECEIVED = (
    "too_slow", "too_large", "unsupported_media_type", "invalid_multipart", "content_digest_mismatch",
    "empty", "storage_full",
)  # fmt: skip
Called = Annotated[
    str | None,
    Query(
        max_length=255, description="What to call a raw body.", examples=["staff_2026-11-20.csv"]
    ),
]


@router.post(
    "/uploads",
    summary="Send a file",
    status_code=201,
    response_model=UploadDocument,
    responses={
        200: {"model": UploadDocument, "description": "The same bytes are here already."},
        **problems(*ASKED, *RECEIVED),
    },
    openapi_extra=FILE_BODY,
)
async def create_upload(
    request: Request,
    served: Served,
    caller: Operator,
    name: Called = None,
    feed: Annotated[
        str, Query(max_length=63, description="Whose file it is.", examples=["staff", "epa_waste"])
    ] = STAFF,
) -> JSONResponse:
    """Send a file, raw or as the one file of a form. The same bytes are one upload, however often sent.

    `Content-Digest: sha-256=:…:` (RFC 9530) is checked if it is there. A transfer that is cut leaves nothing.
    """
    served.tools.require_feed(feed)
    deposit, parts = await receive(request, served, name)
    sender = Sender(actor=caller.actor, name=parts.name, feed=feed)
    upload = await run_in_threadpool(_keep, served, deposit, sender)
    status = 201 if upload.id == deposit.location else 200
    headers = {"Location": f"/api/v1/uploads/{upload.id}"}
    return JSONResponse(upload_document(upload), status, headers)


def _keep(served: Service, deposit: Deposit, sender: Sender) -> Upload:
    with served.tools.transactions.begin() as uow:
        upload = keep_upload(served.tools, uow, deposit, sender)
    forget_copy(served.tools, deposit, upload)
    return upload


@router.get(
    "/uploads/{upload_id}",
    summary="An upload",
    response_model=UploadDocument,
    responses=problems(*ASKED),
)
def read_upload(upload_id: Id, served: Served, _: Reader) -> JSONResponse:
    """An upload; never its content."""
    with served.tools.transactions.begin() as uow:
        return JSONResponse(upload_document(uow.runs.upload(upload_id)))


def upload_document(upload: Upload) -> dict[str, object]:
    """An upload as programs read it."""
    known = {name: getattr(upload, name) for name in UPLOAD_EXAMPLE}
    return known | {"sha256": upload.sha256}
