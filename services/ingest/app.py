"""The application: routes, problems, limits, one OpenAPI document."""

from fastapi import Depends, FastAPI, Request

from services.ingest import (
    events,
    exports,
    health,
    keys,
    left,
    mappings,
    metrics,
    openapi,
    pages,
    people,
    plans,
    problems,
    quarantine,
    records,
    reports,
    runs,
    uploads,
)
from services.ingest.operation import PREFIX, operation_of
from shared.http.problem import ProblemError
from shared.http.request_context import RequestContext, Surroundings
from shared.http.service import Service

_DESCRIPTION = """\
An extract is uploaded, a run plans it, a person reviews the plan, and the run applies what was approved.
Requests that set something going carry an `Idempotency-Key`; a repeat with the same key does nothing twice.
Errors are `application/problem+json` with a stable `code`; each has a page under `/docs/problems`.
"""


def make_app(service: Service) -> FastAPI:
    """The interface of an installation."""
    app = FastAPI(
        title="ASCIP Sync Engine", version="1.0", summary="Staff data in ASCIP, as the HR extract has it.",
        description=_DESCRIPTION, docs_url=None, redoc_url=None, openapi_url=f"{PREFIX}/openapi.json",
        dependencies=[Depends(known_parameters)], redirect_slashes=False,
    )  # fmt: skip
    app.state.service = service
    for part in (
        uploads,
        runs,
        events,
        reports,
        plans,
        people,
        exports,
        left,
        mappings,
        quarantine,
        records,
        keys,
    ):
        app.include_router(part.router, prefix=PREFIX)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(pages.router)
    problems.install(app)
    around = Surroundings(
        new_id=lambda: service.tools.ids.new("req"),
        files=(f"{PREFIX}/uploads", "/resubmissions"),
        answer=problems.answer,
        policy=b"default-src 'none'; style-src 'self'; frame-ancestors 'none'",
    )
    app.add_middleware(RequestContext, around=around)
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]  # FastAPI's own way
    return app


async def known_parameters(request: Request) -> None:
    """Refuse a query parameter that the address doesn't know: a slip must not widen a list."""
    operation = operation_of(request)
    known = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"}
    unknown = sorted(set(request.query_params) - known)
    if operation and unknown:
        errors = [
            {
                "pointer": "query",
                "code": "unknown_parameter",
                "detail": f"known: {', '.join(sorted(known))}",
            }
        ]
        raise ProblemError(
            "invalid_request", f"{len(unknown)} query parameters are not known. Nothing was written.",
            errors=errors,
        )  # fmt: skip
