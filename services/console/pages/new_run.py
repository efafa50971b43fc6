"""A new run: a file is chosen, its header judged at once, then sent and planned."""

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.console.forms import require_own_origin
from services.console.show import show
from services.console.signed_in import Operator
from services.console.upload import Admission, Refused, headline, order, reading
from shared.domain.feeds.staff import FEED as STAFF
from shared.http.receive import receive
from shared.http.service import Served, Service
from shared.pipeline.accepted_headers import accepted_headers, sample_file
from shared.pipeline.check_header import START_BYTES, check_start

router = APIRouter()

_PATH = "/runs/new"


@router.get(_PATH)
def ask(request: Request, served: Served, _: Operator, feed: str = STAFF) -> HTMLResponse:
    """The form for one feed's file."""
    return _page(request, served, feed, Refused(faults=[]))


@router.get(f"{_PATH}/sample.csv")
def sample(served: Served, _: Operator, feed: str = STAFF) -> Response:
    """A file with every accepted header and one row."""
    content = sample_file(reading(served, feed))
    named = {"content-disposition": f'attachment; filename="sample_{feed}.csv"'}
    return Response(content, media_type="application/octet-stream", headers=named)


@router.post(f"{_PATH}/check")
async def check(
    request: Request, served: Served, _: Operator, feed: str = STAFF, *, whole: bool = False
) -> HTMLResponse:
    """What the header says, by the first bytes of the file; nothing is kept of them."""
    require_own_origin(request)
    start = (await request.body())[:START_BYTES]

    def judged() -> HTMLResponse:
        found = check_start(served.tools.reader, reading(served, feed), start, whole=whole)
        return show(request, "header_check.html.j2", {"check": found, "headline": headline})

    return await run_in_threadpool(judged)


@router.post(_PATH)
async def upload(request: Request, served: Served, visitor: Operator) -> Response:
    """Take the file in and order a run of it."""
    require_own_origin(request)
    asked = Admission(served, visitor, _PATH)
    deposit, parts = await receive(request, served, None, asked)

    def ordered() -> Response:
        answer = order(served, visitor, asked, deposit, parts.name)
        if isinstance(answer, str):
            return RedirectResponse(answer, 303)
        return _page(request, served, asked.feed, answer)

    return await run_in_threadpool(ordered)


def _page(request: Request, served: Service, feed: str, refused: Refused) -> HTMLResponse:
    tools, known = served.tools, reading(served, feed)
    values = {
        "feed": feed, "feeds": {STAFF: "Staff"} | {n: f.title for n, f in tools.feeds.items()},
        "columns": accepted_headers(known), "dialect": known.dialect, "staff": known.staff,
        "faults": refused.faults, "check": refused.check, "headline": headline, "start_bytes": START_BYTES,
        "most_mb": served.loaded.settings.server.max_upload_mb,
        "by_rule": tools.policy.approval.mode == "over_limits",
    }  # fmt: skip
    return show(request, "new_run.html.j2", values, status=422 if refused.faults else 200)
