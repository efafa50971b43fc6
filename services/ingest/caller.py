"""Who is calling: the key in `Authorization: Bearer`, and whether it may do what it asks for."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.domain.access import Principal, Scope
from shared.domain.audit import ActorType
from shared.http.problem import ProblemError
from shared.http.request_context import route_of
from shared.http.service import Served
from shared.pipeline.access import authenticate, refused

_bearer = HTTPBearer(
    auto_error=False, scheme_name="key", description="A key made by `ascip-sync keys create`."
)

Shown = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def optional_principal(served: Served, shown: Shown) -> Principal | None:
    """Whoever shows a good key; None for everybody else."""
    return authenticate(served.tools, shown.credentials) if shown else None


MaybeCaller = Annotated[Principal | None, Depends(optional_principal)]


def require(scope: Scope) -> Callable[..., Principal]:
    """A dependency that lets in who may do this, and nobody else.

    An unknown, expired, revoked and missing key are answered alike (RFC 6750): nobody learns which.
    """

    def allowed(request: Request, served: Served, caller: MaybeCaller) -> Principal:
        if caller is None:
            raise ProblemError("unauthorized")
        if not caller.may(scope):
            refused(served.tools, caller.actor, scope, route_of(request.scope))
            raise ProblemError("forbidden", _missing(caller, scope))
        return caller

    return allowed


def _missing(caller: Principal, scope: Scope) -> str:
    if scope is Scope.PLANS_REVIEW and caller.actor.type is not ActorType.USER:
        return (
            "Only a personal key may review: ascip-sync keys create --name WHAT --user NAME"
            " --role approver. Nothing was written."
        )
    return f"This needs the scope {scope.value}. Nothing was written."


Reader = Annotated[Principal, Depends(require(Scope.RUNS_READ))]
Operator = Annotated[Principal, Depends(require(Scope.RUNS_WRITE))]
PlanReader = Annotated[Principal, Depends(require(Scope.PLANS_READ))]
Reviewer = Annotated[Principal, Depends(require(Scope.PLANS_REVIEW))]
Compliance = Annotated[Principal, Depends(require(Scope.QUARANTINE_WRITE))]
KeyKeeper = Annotated[Principal, Depends(require(Scope.KEYS_WRITE))]
