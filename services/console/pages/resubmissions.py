"""One file for many quarantined records, and what came of each."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.console.file_forms import SentFile, receive_form
from services.console.forms import Fault
from services.console.pages.quarantine import MOST
from services.console.show import show
from services.console.signed_in import Compliance, Viewer, Visitor
from shared.domain.errors import Conflict, InputInvalid
from shared.http.service import Served, Service
from shared.pipeline.land import Sender
from shared.pipeline.look import view_run
from shared.pipeline.look_at_quarantine import look_up, resubmissions
from shared.pipeline.take_resubmission import take_resubmission

router = APIRouter()

Ids = Annotated[list[str], Query(alias="id", min_length=1, max_length=MOST)]


@router.get("/quarantine/resubmissions")
def form(request: Request, ids: Ids, served: Served, _: Compliance) -> HTMLResponse:
    """The records, and where the file is chosen."""
    return _page(request, served, ids)


@router.post("/quarantine/resubmissions")
async def send(request: Request, ids: Ids, served: Served, visitor: Compliance) -> Response:
    """Land the file; its run goes through plan and approval like any other."""
    file = await receive_form(request, served, visitor)
    if file is None:
        fault = Fault("file", "Choose the corrected file.")
        return await run_in_threadpool(_page, request, served, ids, fault)
    return await run_in_threadpool(_taken, request, served, ids, visitor, file)


def _taken(
    request: Request, served: Service, ids: list[str], visitor: Visitor, file: SentFile
) -> Response:
    ids = sorted(set(ids))
    sender = Sender(actor=visitor.actor, name=file.name)
    key = file.key(visitor, *ids)
    try:
        answer, _ = take_resubmission(served.tools, key, file.deposit, sender, ids)
    except (Conflict, InputInvalid) as error:
        return _page(request, served, ids, Fault("file", str(error)))
    return RedirectResponse(f"/quarantine/reports/{answer.body['id']}", 303)


@router.get("/quarantine/reports/{run_id}")
def report(request: Request, run_id: str, served: Served, _: Viewer) -> HTMLResponse:
    """What a run came to for each record that it was meant to mend."""
    named = resubmissions(served.tools, run_id)
    records = {r.id: r for r in look_up(served.tools, [each.quarantine_id for each in named])}
    values = {"view": view_run(served.tools, run_id), "named": named, "records": records}
    return show(request, "resubmission_report.html.j2", values)


def _page(
    request: Request, served: Service, ids: list[str], fault: Fault | None = None
) -> HTMLResponse:
    values = {
        "records": look_up(served.tools, ids), "faults": [fault] if fault else [],
        "action": f"/quarantine/resubmissions?{urlencode({'id': ids}, doseq=True)}",
    }  # fmt: skip
    return show(request, "resubmissions.html.j2", values, status=422 if fault else 200)
