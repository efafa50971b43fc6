"""The queue of quarantined records of governed feeds: what waits, for whom, and deeds for many at once."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.console.forms import Fault, Form, Sent
from services.console.queue_query import QueueQuery
from services.console.show import show
from services.console.signed_in import Compliance, Viewer
from shared.domain.errors import Conflict
from shared.http.problem import ProblemError
from shared.http.service import Served, Service
from shared.pipeline.look_at_queue import look_at_queue
from shared.pipeline.notify import notify
from shared.pipeline.once import once, once_in_all
from shared.pipeline.overview import newest_staff_file
from shared.pipeline.remediate import assign
from shared.pipeline.tools import Tools
from shared.ports.access import Answer

router = APIRouter()

Asked = Annotated[QueueQuery, Query()]
#: Records that one form is about, at the most.
MOST = 500


@router.get("/quarantine")
def queue(request: Request, asked: Asked, served: Served, _: Viewer) -> HTMLResponse:
    """What came back first, then what is new; by code, and one by one."""
    return _page(request, served, asked)


@router.post("/quarantine/assign")
def assign_many(
    request: Request, asked: Asked, served: Served, visitor: Compliance, sent: Form
) -> Response:
    """Give the chosen records to somebody: all of them or none."""
    ids, owner = chosen_ids(sent), sent.one("assignee")
    if fault := _needed(ids, owner, Fault("assignee", "Say who deals with them.")):
        return _page(request, served, asked, sent=sent, found=fault)

    def deed(tools: Tools) -> None:
        assign(tools, ids, owner, visitor.actor)

    try:
        once_in_all(served.tools, sent.key(visitor), deed)
    except Conflict as error:
        return _page(request, served, asked, sent=sent, found=[Fault("assignee", str(error))])
    return RedirectResponse(asked.to(done=f"assigned-{len(ids)}"), 303)


@router.post("/quarantine/notify")
def notify_many(
    request: Request, asked: Asked, served: Served, visitor: Compliance, sent: Form
) -> Response:
    """Tell whoever is responsible: an address, or the owner of each."""
    ids = chosen_ids(sent)
    if not ids:
        return _page(request, served, asked, sent=sent, found=[_NONE])
    try:
        done = tell(served, sent, visitor, ids)
    except Conflict as error:
        return _page(request, served, asked, sent=sent, found=[Fault("to", str(error))])
    return RedirectResponse(asked.to(done=done), 303)


@router.post("/quarantine/choose")
def choose_file(
    request: Request, asked: Asked, served: Served, _: Compliance, sent: Form
) -> Response:
    """On to the form that takes one file for all the chosen records."""
    ids = chosen_ids(sent)
    if not ids:
        return _page(request, served, asked, sent=sent, found=[_NONE])
    return RedirectResponse(f"/quarantine/resubmissions?{urlencode({'id': ids}, doseq=True)}", 303)


_NONE = Fault("records", "No record is chosen. Tick those that are meant.")


def chosen_ids(sent: Sent) -> list[str]:
    """The records a form is about. Raises `ProblemError` for more than are taken at once."""
    ids = list(dict.fromkeys(sent.all("id")))
    if len(ids) > MOST:
        raise ProblemError(
            "invalid_request", f"At most {MOST} records at once. Nothing was written."
        )
    return ids


def _needed(ids: Sequence[str], word: str, fault: Fault) -> list[Fault]:
    return ([] if ids else [_NONE]) + ([] if word else [fault])


def tell(served: Service, sent: Sent, visitor: Compliance, ids: Sequence[str]) -> str:
    """Send the mails, once for each form; what came of it as the next page is told it.

    That the form was sent is remembered first: a mail can't be taken back.
    """
    repeated = once(served.tools, sent.key(visitor), lambda _: Answer(status=303, body={}))[1]
    if repeated:
        return "told"
    told = notify(served.tools, ids, visitor.actor, to=sent.one("to") or None)
    return "told" if all(each.failure is None for each in told) else "not-told"


def _page(
    request: Request, served: Service, asked: QueueQuery, *,
    sent: Sent | None = None, found: Sequence[Fault] = (),
) -> HTMLResponse:  # fmt: skip
    seen = look_at_queue(
        served.tools, asked.wanted, asked.page, sort=asked.sort,
        authorities=[asked.authority] if asked.authority else (),
    )  # fmt: skip
    values = {
        "asked": asked, "queue": seen, "faults": found, "sent": sent,
        "chosen": sent.all("id") if sent else (), "feeds": served.tools.feeds,
        "staff": newest_staff_file(served.tools),
    }  # fmt: skip
    return show(request, "quarantine.html.j2", values, block="list", status=422 if found else 200)
