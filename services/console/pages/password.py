"""Change one's own password; the first thing to do with one that an administrator has made."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.console import session_cookie
from services.console.confirmations import confirmed
from services.console.forms import Fault, Form
from services.console.show import show
from services.console.signed_in import Anybody, SignInNeededError
from shared.domain.password import LONGEST, SHORTEST, PasswordFault
from shared.http.service import Served
from shared.pipeline.change_password import change_password

router = APIRouter()

_PRESENT, _NEW, _AGAIN = "present", "new", "again"
_FAULTS: Mapping[PasswordFault, Fault] = {
    PasswordFault.TOO_SHORT: Fault(_NEW, f"Choose a password of at least {SHORTEST} characters."),
    PasswordFault.TOO_LONG: Fault(_NEW, f"Choose a password of at most {LONGEST} characters."),
    PasswordFault.GUESSABLE: Fault(
        _NEW,
        "This password is easy to guess: it repeats itself, or is made of names and common words."
        " Choose several words that have nothing to do with each other.",
    ),
    PasswordFault.UNCHANGED: Fault(_NEW, "Choose a password other than the current one."),
    PasswordFault.NOT_YOURS: Fault(_PRESENT, "Type your current password: this is not it."),
}


@router.get("/password")
def ask(request: Request, _: Anybody) -> HTMLResponse:
    """The form."""
    return show(request, "password.html.j2", {"found": []})


@router.post("/password")
def change(request: Request, served: Served, visitor: Anybody, sent: Form) -> Response:
    """Change it: every other session ends, this one goes on under a new token."""
    if sent.exact(_NEW) != sent.exact(_AGAIN):
        return _again(request, Fault(_AGAIN, "Type the new password twice: these two differ."))
    token = session_cookie.token_of(request, served)
    done = change_password(served.tools, token, sent.exact(_PRESENT), sent.exact(_NEW))
    if done is None:
        raise SignInNeededError
    if done.fault:
        return _again(request, _FAULTS[done.fault])
    answer = confirmed("/" if visitor.must_change else "/password", "password")
    session_cookie.give(request, served, answer, done.token or "")
    return answer


def _again(request: Request, fault: Fault) -> HTMLResponse:
    return show(request, "password.html.j2", {"found": [fault]}, status=422)
