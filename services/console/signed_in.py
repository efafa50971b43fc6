"""Who is looking at a page: the session behind the cookie, and whether it may do what it asks for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.console.session_cookie import token_of
from shared.domain.access import Principal, Scope
from shared.domain.audit import Actor
from shared.http.following import EVENT_STREAM
from shared.http.problem import ProblemError
from shared.http.request_context import route_of
from shared.http.service import Served
from shared.pipeline.access import refused
from shared.pipeline.sign_in import session_of
from shared.pipeline.sync_switch import sync_state


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody who is signed in."""

    name: str
    principal: Principal
    #: What a form of theirs must bring along: no other site can know it.
    csrf: str
    #: Nothing is open but the change of the password.
    must_change: bool = False

    @property
    def actor(self) -> Actor:
        """As the audit knows them."""
        return self.principal.actor

    def may(self, scope: str) -> bool:
        """Whether this is theirs to do; for templates, which name scopes by their words."""
        return self.principal.may(Scope(scope))


class SignInNeededError(Exception):
    """Nobody is signed in; the page leads to signing in and back."""


class PasswordChangeNeededError(Exception):
    """The password is one that somebody else has seen; the page leads to its change."""


def visitor_of(request: Request, served: Served) -> Visitor | None:
    """Whoever is signed in, None for everybody else.

    A page that follows a run asks by itself: that is no sign that somebody is there.
    """
    token = token_of(request, served)
    used = EVENT_STREAM not in request.headers.get("accept", "")
    found = session_of(served.tools, token, used=used) if token else None
    if found is None:
        return None
    return Visitor(
        name=found.name, principal=found.principal, csrf=found.csrf, must_change=found.must_change
    )


def signed_in(request: Request, served: Served) -> Visitor:
    """Whoever is signed in, whatever they may do; others are asked to."""
    visitor = visitor_of(request, served)
    if visitor is None:
        raise SignInNeededError
    request.state.visitor = visitor
    # For the header of every page; a page that says what went wrong asks no database for it.
    request.state.pause = sync_state(served.tools)
    return visitor


def require(scope: Scope) -> Callable[..., Visitor]:
    """A dependency that lets in who may do this; others are asked to sign in, or are told no."""

    def allowed(request: Request, served: Served) -> Visitor:
        visitor = signed_in(request, served)
        if visitor.must_change:
            raise PasswordChangeNeededError
        if not visitor.principal.may(scope):
            refused(served.tools, visitor.actor, scope, route_of(request.scope))
            raise ProblemError("forbidden", f"This needs {scope.value}. Nothing was written.")
        return visitor

    return allowed


#: For what is everybody's own: their password, the way out.
Anybody = Annotated[Visitor, Depends(signed_in)]
#: Whoever may see runs, plans and names: every role.
Viewer = Annotated[Visitor, Depends(require(Scope.PLANS_READ))]
Operator = Annotated[Visitor, Depends(require(Scope.RUNS_WRITE))]
Reviewer = Annotated[Visitor, Depends(require(Scope.PLANS_REVIEW))]
Compliance = Annotated[Visitor, Depends(require(Scope.QUARANTINE_WRITE))]
Auditor = Annotated[Visitor, Depends(require(Scope.AUDIT_READ))]
Admin = Annotated[Visitor, Depends(require(Scope.KEYS_WRITE))]
