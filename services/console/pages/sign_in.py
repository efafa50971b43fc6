"""Sign in and out."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.console import session_cookie
from services.console.confirmations import confirmed
from services.console.forms import Fault, Form, Sent, sent_form
from services.console.show import show
from services.console.signed_in import Anybody, visitor_of
from shared.http.service import Served
from shared.pipeline.sign_in import sign_in, sign_out

router = APIRouter()

#: A path of this server: one slash, then nothing that a browser could take for another host.
_LOCAL = re.compile(r"/(?![/\\])[!-\[\]-~]*")
#: The same whatever is wrong, so that nobody learns who has an account.
_REFUSED = "The name or the password is not right, or this account is locked."


@router.get("/sign-in")
def ask(request: Request, served: Served, next: str = "/") -> Response:  # noqa: A002  # as the address says
    """The form; whoever is signed in goes on."""
    if visitor_of(request, served):
        return RedirectResponse(local(next), 303)
    return _form(request, next)


@router.post("/sign-in")
def begin(request: Request, served: Served, sent: Annotated[Sent, Depends(sent_form)]) -> Response:
    """Begin a session, and end the one that this browser had."""
    token = sign_in(served.tools, sent.one("name"), sent.exact("password"))
    if token is None:
        faults = [Fault("name", _REFUSED)]
        return _form(request, sent.one("next"), name=sent.one("name"), found=faults)
    sign_out(served.tools, session_cookie.token_of(request, served))
    answer = RedirectResponse(local(sent.one("next")), 303)
    session_cookie.give(request, served, answer, token)
    return answer


@router.post("/sign-out")
def end(request: Request, served: Served, _: Anybody, _sent: Form) -> Response:
    """End the session."""
    sign_out(served.tools, session_cookie.token_of(request, served))
    answer = confirmed("/sign-in", "signed-out")
    session_cookie.take_away(request, served, answer)
    return answer


def local(wanted: str) -> str:
    """Where to go on: on this server, or to the beginning."""
    return wanted if _LOCAL.fullmatch(wanted) else "/"


def _form(
    request: Request, wanted: str, *, name: str = "", found: list[Fault] | None = None
) -> HTMLResponse:
    values = {"next": local(wanted), "name": name, "found": found or []}
    return show(request, "sign_in.html.j2", values, status=422 if found else 200)
