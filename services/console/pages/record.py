"""A quarantined record: what is wrong with it, what it says, what happened, and what can be done."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.console.forms import Fault, Form, Sent
from services.console.pages.quarantine import tell
from services.console.show import show
from services.console.signed_in import Compliance, Viewer, Visitor
from shared.domain.errors import Conflict
from shared.domain.remediation import QuarantineEvent, QuarantineRecord, after, needs_attesting
from shared.http.service import Served, Service
from shared.pipeline import remediate
from shared.pipeline.look_at_quarantine import view_record
from shared.pipeline.once import once_in_all
from shared.pipeline.quarantine_documents import record_view_document
from shared.pipeline.tools import Tools

router = APIRouter()

_E = QuarantineEvent


@router.get("/quarantine/{record_id}")
def record(
    request: Request, record_id: str, served: Served, _: Viewer, done: str = ""
) -> HTMLResponse:
    """One record."""
    return _page(request, served, record_id, done=done)


@router.post("/quarantine/{record_id}/assign")
def assign(
    request: Request, record_id: str, served: Served, visitor: Compliance, sent: Form
) -> Response:
    """Give it to somebody."""

    def deed(tools: Tools) -> None:
        remediate.assign(tools, [record_id], sent.one("owner"), visitor.actor)

    return _done(request, served, record_id, visitor=visitor, sent=sent, field="owner", deed=deed)


@router.post("/quarantine/{record_id}/comment")
def comment(
    request: Request, record_id: str, served: Served, visitor: Compliance, sent: Form
) -> Response:
    """Write something into its timeline."""

    def deed(tools: Tools) -> None:
        remediate.comment(tools, record_id, sent.one("text"), visitor.actor)

    return _done(request, served, record_id, visitor=visitor, sent=sent, field="text", deed=deed)


@router.post("/quarantine/{record_id}/attest")
def attest(
    request: Request, record_id: str, served: Served, visitor: Compliance, sent: Form
) -> Response:
    """Confirm that it may say exactly this."""

    def deed(tools: Tools) -> None:
        code, reason = sent.one("code"), sent.one("attest-reason")
        remediate.attest(tools, record_id, code, reason, visitor.actor)

    field = "attest-reason"
    return _done(request, served, record_id, visitor=visitor, sent=sent, field=field, deed=deed)


@router.post("/quarantine/{record_id}/close")
def close(
    request: Request, record_id: str, served: Served, visitor: Compliance, sent: Form
) -> Response:
    """Close what nobody will mend."""

    def deed(tools: Tools) -> None:
        remediate.close(tools, record_id, sent.one("reason"), visitor.actor)

    return _done(request, served, record_id, visitor=visitor, sent=sent, field="reason", deed=deed)


@router.post("/quarantine/{record_id}/notify")
def notify(
    request: Request, record_id: str, served: Served, visitor: Compliance, sent: Form
) -> Response:
    """Tell whoever keeps the source, without a value."""
    try:
        done = tell(served, sent, visitor, [record_id])
    except Conflict as error:
        return _page(request, served, record_id, sent=sent, found=[Fault("to", str(error))])
    return RedirectResponse(f"/quarantine/{record_id}?done={done}", 303)


def _done(
    request: Request, served: Service, record_id: str, *,
    visitor: Visitor, sent: Sent, field: str, deed: Callable[[Tools], None],
) -> Response:  # fmt: skip
    """Once for each form; what can't be done is said beside the field."""
    try:
        once_in_all(served.tools, sent.key(visitor), deed)
    except Conflict as error:
        return _page(request, served, record_id, sent=sent, found=[Fault(field, str(error))])
    return RedirectResponse(f"/quarantine/{record_id}", 303)


def _page(
    request: Request, served: Service, record_id: str, *,
    done: str = "", sent: Sent | None = None, found: list[Fault] | None = None,
) -> HTMLResponse:  # fmt: skip
    view = view_record(served.tools, record_id)
    values = {
        "view": view, "record": view.record, "document": record_view_document(served.tools, view),
        "done": done, "sent": sent, "faults": found or [],
        "four_eyes": served.tools.policy.approval.four_eyes,
        **_possible(served.tools, view.record),
    }  # fmt: skip
    return show(request, "record.html.j2", values, status=422 if found else 200)


def _possible(tools: Tools, record: QuarantineRecord) -> dict[str, Any]:
    """What its state and its faults allow."""
    feed = tools.feeds.get(record.feed)
    may, must_be_mended = needs_attesting(feed, record.codes) if feed else ([], [])
    whole = record.source_id is not None and record.payload_hash is not None
    allowed = {event.value for event in QuarantineEvent if after(record.state, event) is not None}
    return {
        "feed": feed, "authority": feed.authority if feed else "",
        "attestable": may if whole and not must_be_mended else [], "allowed": allowed,
    }  # fmt: skip
