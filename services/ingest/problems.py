"""Answers for what went wrong: `application/problem+json` (RFC 9457), one form for all of it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from services.ingest.operation import known_fields
from shared.domain.errors import EngineError
from shared.domain.stale import Stale
from shared.http.catalogue import PROBLEMS, ProblemType
from shared.http.problem import ProblemError, problem_of, problem_of_fault, what_happened

log = structlog.get_logger("api")

MEDIA_TYPE = "application/problem+json"
#: After which a caller asks again, in seconds, where the problem passes by itself.
RETRY_AFTER_S = {408: 1, 409: 1, 429: 60, 503: 5, 507: 60}


#: Commands that an engine's words point to, and the address that shows the same.
_BY_REST = (
    (re.compile(r"ascip-sync runs\b"), "GET /api/v1/runs"),
    (re.compile(r"ascip-sync show (\w+)"), r"GET /api/v1/plans/\1"),
)


def answer(
    request: Request, kind: ProblemType, detail: str = "", errors: Sequence[Mapping[str, Any]] = ()
) -> JSONResponse:
    """The problem as it is sent. It never repeats a value the caller sent."""
    body = {
        "type": kind.urn,
        "title": kind.title,
        "status": kind.status,
        "code": kind.code,
        "detail": detail or f"{kind.means} {kind.written}",
        "instance": request.url.path,
        "request_id": request.scope.get("state", {}).get("request_id", ""),
        "retryable": kind.retryable,
        "help_url": f"/docs/problems/{kind.slug}",
        "errors": list(errors),
    }
    headers = {}
    if kind.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if kind.retryable and kind.status in RETRY_AFTER_S:
        headers["Retry-After"] = str(RETRY_AFTER_S[kind.status])
    return JSONResponse(body, kind.status, headers, media_type=MEDIA_TYPE)


def _by_rest(error: EngineError, kind: ProblemType) -> str:
    """An engine's words, which the command line shows too, with what a caller by REST needs besides."""
    words = what_happened(error, kind)
    for command, address in _BY_REST:
        if found := command.search(words):
            words += f" By REST: {found.expand(address)}."
    return words


def _stale(error: EngineError) -> list[dict[str, str]]:
    """Which foundation of a plan is gone, for programs."""
    if not isinstance(error, Stale):
        return []
    return [{"pointer": "", "code": error.reason.value, "detail": str(error)}]


def install(app: FastAPI) -> None:
    """Answer every exception with a problem."""

    @app.exception_handler(ProblemError)
    async def own(request: Request, error: ProblemError) -> JSONResponse:
        return answer(request, error.type, error.detail, error.errors)

    @app.exception_handler(EngineError)
    async def engine(request: Request, error: EngineError) -> JSONResponse:
        kind = problem_of(error)
        return answer(request, kind, _by_rest(error, kind), _stale(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        found = [_pointed(request, item) for item in error.errors()]
        if any(item["code"] == "json_invalid" for item in found):
            return answer(request, PROBLEMS["invalid_body"])
        words = "; ".join(f"{item['pointer']}: {item['detail']}" for item in found[:5])
        detail = f"{words}. Nothing was written."
        return answer(request, PROBLEMS["invalid_request"], detail, found)

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, _: ClientDisconnect) -> JSONResponse:
        return answer(request, PROBLEMS["too_slow"])  # nobody reads it

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        by_status = {404: "not_found", 405: "method_not_allowed", 400: "invalid_body"}
        code = by_status.get(error.status_code, "internal_error")
        said = answer(request, PROBLEMS[code])
        said.headers.update(error.headers or {})
        return said

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        kind = problem_of_fault(error)
        log.error("request_failed", code=kind.code, error=type(error).__name__, exc_info=error)
        return answer(request, kind)


def _pointed(request: Request, item: Mapping[str, Any]) -> dict[str, str]:
    """Where and what, without the value: it may be personal."""
    place, *where = item["loc"]
    words = _words(item)
    if item["type"] == "extra_forbidden":
        where[-1] = "?"  # a name of the caller's own making
        words += f"; known here: {', '.join(known_fields(request, where[:-1]))}"
    rest = [str(part) for part in where]
    pointer = "/" + "/".join(rest) if place == "body" else f"{place}:{'.'.join(rest)}"
    return {"pointer": pointer, "code": str(item["type"]), "detail": words}


def _words(item: Mapping[str, Any]) -> str:
    if item["type"] in ("value_error", "assertion_error"):
        return str(item["msg"]).removeprefix("Value error, ")
    known = {"missing": "is missing", "extra_forbidden": "is not known here"}
    return known.get(item["type"], str(item["msg"]))
