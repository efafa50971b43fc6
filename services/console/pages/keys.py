"""Settings: keys of people and programs for the REST interface."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, Response

from services.console import access_words
from services.console.confirmations import confirmed
from services.console.forms import Fault, Form, Sent, is_first
from services.console.show import show
from services.console.signed_in import Admin
from services.console.slices import slice_of
from shared.domain.access import PERSONS_ONLY, Key, Scope
from shared.domain.errors import Conflict, NotFound
from shared.http.problem import ProblemError
from shared.http.service import Served
from shared.pipeline import access, accounts
from shared.pipeline.tools import Tools

router = APIRouter()

KeyId = Annotated[str, Path(pattern=r"^key_[0-9A-Z]{1,32}$")]

#: What a program's key may hold.
SCOPES = tuple(scope for scope in Scope if scope not in PERSONS_ONLY)
_A_YEAR = "365"
_LONGEST_NAME = 255
_DAYS = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the form says, as it was typed."""

    name: str = ""
    kind: str = ""
    user: str = ""
    scopes: tuple[Scope, ...] = ()
    days: str = _A_YEAR


@router.get("/settings/keys")
def keys(
    request: Request, served: Served, _: Admin, after: str = "", revoked: str = ""
) -> HTMLResponse:
    """Those that are good, newest first; what was revoked where it is asked for."""
    every = access.keys(served.tools)
    now = served.tools.clock.now()
    listed = [key for key in every if bool(revoked) is not _good(key, now)]
    values = {
        "found": slice_of(listed, after, lambda key: key.id), "after": after,
        "revoked": bool(revoked), "others": len(every) - len(listed), "now": now,
    }  # fmt: skip
    return show(request, "keys.html.j2", values)


@router.get("/settings/new-key")
def ask(request: Request, served: Served, _: Admin) -> HTMLResponse:
    """The form for another one."""
    return _new(request, served.tools, Wish(), [])


@router.post("/settings/keys")
def create(request: Request, served: Served, visitor: Admin, sent: Form) -> HTMLResponse:
    """Make a key, and show its secret this once."""
    wish = _wish(sent)
    if faults := _faults(wish):
        return _new(request, served.tools, wish, faults)
    if not is_first(served.tools, sent, visitor):
        raise ProblemError("wrong_state", "This form was sent before. Nothing was made twice.")
    try:
        key, secret = access.create_key(served.tools, _wanted(served.tools, wish), visitor.actor)
    except (Conflict, NotFound) as error:
        return _new(request, served.tools, wish, [Fault("name", str(error))])
    return show(request, "key_secret.html.j2", {"key": key, "secret": secret}, status=201)


@router.get("/settings/keys/{key_id}/revoke")
def confirm(request: Request, key_id: KeyId, served: Served, _: Admin) -> HTMLResponse:
    """What will happen, before it does."""
    key = next((key for key in access.keys(served.tools) if key.id == key_id), None)
    if key is None:
        raise NotFound(f"There is no key {key_id}.")
    return show(request, "key_revoke.html.j2", {"key": key})


@router.post("/settings/keys/{key_id}/revoke")
def revoke(key_id: KeyId, served: Served, visitor: Admin, _: Form) -> Response:
    """Take it back, at once."""
    access.revoke_key(served.tools, key_id, visitor.actor)
    return confirmed("/settings/keys", "key-revoked")


def _good(key: Key, now: datetime) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


def _wish(sent: Sent) -> Wish:
    scopes = tuple(scope for scope in SCOPES if scope.value in sent.all("scope"))
    return Wish(
        name=sent.one("name"), kind=sent.one("kind"), user=sent.one("user"), scopes=scopes,
        days=sent.one("days"),
    )  # fmt: skip


def _faults(wish: Wish) -> list[Fault]:
    found = []
    if not 1 <= len(wish.name) <= _LONGEST_NAME:
        found.append(
            Fault("name", f"Say what the key is for, in at most {_LONGEST_NAME} characters.")
        )
    if wish.kind not in ("personal", "service"):
        found.append(Fault("kind-personal", "Choose whether it is a person's or a program's."))
    if wish.kind == "personal" and not wish.user:
        found.append(Fault("user", "Choose whose key it is."))
    if wish.kind == "service" and not wish.scopes:
        found.append(Fault("scope-runs-read", "Choose at least one thing that the program may do."))
    if wish.days and not (_DAYS.fullmatch(wish.days) and int(wish.days) <= access.LONGEST.days):
        found.append(
            Fault("days", f"Write a number of days from 1 to {access.LONGEST.days}, or nothing.")
        )
    return found


def _wanted(tools: Tools, wish: Wish) -> access.NewKey:
    ends = tools.clock.now() + timedelta(days=int(wish.days)) if wish.days else None
    if wish.kind == "personal":
        return access.NewKey(name=wish.name, user_name=wish.user, expires_at=ends)
    return access.NewKey(name=wish.name, scopes=wish.scopes, expires_at=ends)


def _new(request: Request, tools: Tools, wish: Wish, found: list[Fault]) -> HTMLResponse:
    users = (view.user for view in accounts.users(tools))
    names = [("", "Choose"), *((user.name, user.name) for user in users if not user.disabled)]
    values = {
        "wish": wish, "names": names, "scopes": SCOPES, "scopes_told": access_words.SCOPES,
        "found": found,
    }  # fmt: skip
    return show(request, "new_key.html.j2", values, status=422 if found else 200)
