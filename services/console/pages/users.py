"""Settings: users. Whoever may sign in, what they are, and shutting them out."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.console.access_words import ROLES, STATES
from services.console.confirmations import confirmed
from services.console.forms import Fault, Form, Sent, is_first
from services.console.show import show
from services.console.signed_in import Admin
from services.console.slices import slice_of
from shared.domain.access import USER_NAME, Role
from shared.domain.account import UserView
from shared.domain.errors import Conflict, NotFound
from shared.http.problem import ProblemError
from shared.http.service import Served
from shared.pipeline import access, accounts
from shared.pipeline.tools import Tools

router = APIRouter()

UserName = Annotated[str, Path(pattern=rf"^{USER_NAME.pattern}$")]


@router.get("/settings/users")
def users(request: Request, served: Served, _: Admin, after: str = "") -> HTMLResponse:
    """Everybody, by name."""
    found = slice_of(accounts.users(served.tools), after, lambda view: view.user.name)
    return show(request, "users.html.j2", {"found": found, "after": after, "states": STATES})


@router.get("/settings/new-user")
def ask(request: Request, _: Admin) -> HTMLResponse:
    """The form for another one."""
    return _new(request, "", [Role.VIEWER], [])


@router.post("/settings/users")
def create(request: Request, served: Served, visitor: Admin, sent: Form) -> HTMLResponse:
    """Make an account, and show its password this once."""
    name, roles = sent.one("name"), _roles(sent)
    if not roles:
        return _new(request, name, [], [Fault("role-viewer", "Choose at least one role.")])
    try:
        password = accounts.create_account(served.tools, name, roles, visitor.actor)
    except Conflict as error:
        return _new(request, name, roles, [Fault("name", str(error))])
    return show(request, "user_password.html.j2", {"name": name, "password": password}, status=201)


@router.get("/settings/users/{name}")
def user(request: Request, name: UserName, served: Served, _: Admin) -> HTMLResponse:
    """One of them."""
    return _user(request, _view(served.tools, name), [])


@router.post("/settings/users/{name}/roles")
def give_roles(
    request: Request, name: UserName, served: Served, visitor: Admin, sent: Form
) -> Response:
    """Other roles, at once."""
    try:
        access.change_roles(served.tools, name, _roles(sent), visitor.actor)
    except Conflict as error:
        return _user(request, _view(served.tools, name), [Fault("role-admin", str(error))])
    return _back(name)


@router.get("/settings/users/{name}/reset")
@router.get("/settings/users/{name}/disable")
def confirm(request: Request, name: UserName, served: Served, _: Admin) -> HTMLResponse:
    """What will happen, before it does."""
    view = _view(served.tools, name)
    return show(request, f"user_{request.url.path.rpartition('/')[2]}.html.j2", {"view": view})


@router.post("/settings/users/{name}/reset")
def reset(
    request: Request, name: UserName, served: Served, visitor: Admin, sent: Form
) -> HTMLResponse:
    """Another password, shown this once."""
    if not is_first(served.tools, sent, visitor):
        raise ProblemError("wrong_state", "This form was sent before. Nothing was done twice.")
    password = accounts.reset_password(served.tools, name, visitor.actor)
    return show(request, "user_password.html.j2", {"name": name, "password": password})


@router.post("/settings/users/{name}/disable")
def disable(name: UserName, served: Served, visitor: Admin, _: Form) -> Response:
    """Shut somebody out."""
    accounts.disable_user(served.tools, name, visitor.actor)
    return _back(name)


@router.post("/settings/users/{name}/enable")
def enable(name: UserName, served: Served, visitor: Admin, _: Form) -> Response:
    """Let somebody in again."""
    accounts.enable_user(served.tools, name, visitor.actor)
    return _back(name)


def _roles(sent: Sent) -> list[Role]:
    """Those that are ticked; a word that is no role is none of ours."""
    return [role for role in Role if role.value in sent.all("role")]


def _view(tools: Tools, name: str) -> UserView:
    found = next((view for view in accounts.users(tools) if view.user.name == name), None)
    if found is None:
        raise NotFound(f"There is no user {name}.")
    return found


def _new(request: Request, name: str, roles: list[Role], found: list[Fault]) -> HTMLResponse:
    values = {"name": name, "roles": roles, "roles_told": ROLES, "found": found}
    return show(request, "new_user.html.j2", values, status=422 if found else 200)


def _user(request: Request, view: UserView, found: list[Fault]) -> HTMLResponse:
    values = {
        "view": view, "states": STATES, "roles_told": ROLES, "found": found,
    }  # fmt: skip
    return show(request, "user.html.j2", values, status=422 if found else 200)


def _back(name: str) -> RedirectResponse:
    return confirmed(f"/settings/users/{name}", "user")
