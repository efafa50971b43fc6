"""`/livez`, `/readyz`, `/health`: for containers, balancers and monitoring.

Whoever shows no key with `metrics:read` learns only that it works or doesn't.
"""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from services.ingest.caller import Shown, optional_principal
from services.ingest.openapi import problems
from shared.domain.access import Scope
from shared.http.service import Served, Service
from shared.pipeline.health import (
    READY_PROBES,
    Part,
    health_document,
    readiness,
    state_probe,
)
from shared.pipeline.probing import Probed, run_probes
from shared.ports.probe import Finding, Verdict

router = APIRouter(tags=["health"])

MEDIA_TYPE = "application/health+json"
_DEGRADED: dict[int | str, dict[str, Any]] = {
    503: {"description": "Degraded", "content": {"text/plain": {"example": "degraded"}}}
}
_FAILING: dict[int | str, dict[str, Any]] = {
    503: {"description": "Failing", "content": {MEDIA_TYPE: {"example": {"status": "fail"}}}}
}


class HealthResponse(JSONResponse):
    """`application/health+json`."""

    media_type = MEDIA_TYPE


@router.get("/livez", summary="Does this process answer", response_class=PlainTextResponse)
async def live() -> str:
    """Whether this process answers; it asks nothing of anybody."""
    return "ok"


@router.get(
    "/readyz",
    summary="Should requests be sent here",
    response_class=PlainTextResponse,
    responses={**problems("invalid_request"), **_DEGRADED},
)
def ready(
    served: Served,
    shown: Shown,
    verbose: Annotated[str | None, Query(description="A line for each part.")] = None,
    exclude: Annotated[
        list[Part] | None, Query(description="Leave a part out; may come again.")
    ] = None,
) -> Response:
    """Whether requests should be sent here: database, schema, queue, disk. ASCIP is none of it."""
    probed = run_probes([p for p in served.probes if p.name in READY_PROBES], served.tools.clock)
    found = readiness(probed, exclude or ())
    sound = all(finding.verdict is not Verdict.ERROR for finding in found)
    lines = ["ok" if sound else "degraded"]
    if verbose is not None and _may_see(served, shown, probed):
        lines = [*map(_line, found), f"readyz check {'passed' if sound else 'failed'}"]
    return PlainTextResponse(
        "\n".join(lines), HTTPStatus.OK if sound else HTTPStatus.SERVICE_UNAVAILABLE
    )


@router.get(
    "/health",
    summary="How everything is doing",
    response_class=HealthResponse,
    responses={**problems(), **_FAILING},
)
def health(served: Served, shown: Shown) -> Response:
    """How everything is doing, as draft-inadarei-api-health-check has it. `warn` is still 200."""
    probed = run_probes([*served.probes, state_probe(served.tools)], served.tools.clock)
    document = health_document(probed, served.tools.clock.now())
    failing = document["status"] == "fail"
    if _may_see(served, shown, probed):
        document |= {
            "version": "1", "releaseId": served.tools.engine_version,
            "description": f"{served.tools.district} ({served.tools.environment})",
        }  # fmt: skip
    else:
        document = {"status": document["status"]}
    return HealthResponse(document, HTTPStatus.SERVICE_UNAVAILABLE if failing else HTTPStatus.OK)


def _may_see(served: Service, shown: Shown, probed: list[Probed]) -> bool:
    """Without a database no key can be looked up: then nobody sees more than the status."""
    if any(each.name == "db" and each.verdict is Verdict.ERROR for each in probed):
        return False
    caller = optional_principal(served, shown)
    return caller is not None and caller.may(Scope.METRICS_READ)


def _line(finding: Finding) -> str:
    """As kube-apiserver writes it."""
    if finding.verdict is Verdict.ERROR:
        return f"[-]{finding.name} failed: {finding.detail}"
    return f"[+]{finding.name} ok"
