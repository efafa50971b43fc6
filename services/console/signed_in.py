"""Who is looking at a page: the session behind the cookie, and whether it may do what it asks for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from shared.domain.access import Principal, Scope
from shared.domain.audit import Actor
from shared.http.problem import ProblemError
from shared.http.request_context import route_of
from shared.http.service import Served
from shared.pipeline.access import authenticate, refused

COOKIE = "ascip_session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody who is signed in."""

    name: str
    principal: Principal
    #: What a form of theirs must bring along: no other site can know it.
    csrf: str

    @property
    def actor(self) -> Actor:
        """As the audit knows them."""
        return self.principal.actor

    def may(self, scope: str) -> bool:
        """Whether this is theirs to do; for templates, which name scopes by their words."""
        return self.principal.may(Scope(scope))


class SignInNeededError(Exception):
    """Nobody is signed in; the page leads to signing in and back."""


def visitor_of(request: Request, served: Served) -> Visitor | None:
    """Whoever is signed in, None for everybody else."""
    token = request.cookies.get(COOKIE, "")
    principal = authenticate(served.tools, token) if token else None
    if principal is None:
        return None
    csrf = served.tools.keyring.lookups(f"csrf:{token}")[0].hex()
    return Visitor(name=principal.actor.name, principal=principal, csrf=csrf)


def require(scope: Scope) -> Callable[..., Visitor]:
    """A dependency that lets in who may do this; others are asked to sign in, or are told no."""

    def allowed(request: Request, served: Served) -> Visitor:
        visitor = visitor_of(request, served)
        if visitor is None:
            raise SignInNeededError
        request.state.visitor = visitor
        if not visitor.principal.may(scope):
            refused(served.tools, visitor.actor, scope, route_of(request.scope))
            raise ProblemError("forbidden", f"This needs {scope.value}. Nothing was written.")
        return visitor

    return allowed


#: Whoever may see runs, plans and names: every role.
Viewer = Annotated[Visitor, Depends(require(Scope.PLANS_READ))]
Operator = Annotated[Visitor, Depends(require(Scope.RUNS_WRITE))]
Reviewer = Annotated[Visitor, Depends(require(Scope.PLANS_REVIEW))]
Compliance = Annotated[Visitor, Depends(require(Scope.QUARANTINE_WRITE))]
Auditor = Annotated[Visitor, Depends(require(Scope.AUDIT_READ))]
Admin = Annotated[Visitor, Depends(require(Scope.KEYS_WRITE))]
