"""Sign in and out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.console.forms import Fault, Sent, sent_form
from services.console.show import show
from services.console.signed_in import COOKIE
from shared.http.service import Served
from shared.pipeline.access import authenticate

router = APIRouter()


@router.get("/sign-in")
def ask(request: Request) -> HTMLResponse:
    """The form."""
    return show(request, "sign_in.html.j2", {"found": []})


@router.post("/sign-in")
def sign_in(
    request: Request, served: Served, sent: Annotated[Sent, Depends(sent_form)]
) -> Response:
    """Begin a session."""
    if authenticate(served.tools, sent.one("password")) is None:
        found = [Fault("password", "This is not a key that we know.")]
        return show(request, "sign_in.html.j2", {"found": found}, status=422)
    answer = RedirectResponse("/runs", 303)
    answer.set_cookie(COOKIE, sent.one("password"), httponly=True, samesite="lax")
    return answer


@router.post("/sign-out")
def sign_out() -> Response:
    """End the session."""
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE)
    return answer
