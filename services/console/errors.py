"""What goes wrong, as a page: what happened, whether anything was written, what to do next."""

from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from services.console.problem_words import meaning_of, title_of, to_do
from services.console.show import show
from services.console.signed_in import PasswordChangeNeededError, SignInNeededError
from shared.domain.errors import EngineError
from shared.http.catalogue import PROBLEMS, ProblemType
from shared.http.problem import ProblemError, problem_of, problem_of_fault, what_happened

log = structlog.get_logger("console")


def page(request: Request, kind: ProblemType, words: str = "") -> HTMLResponse:
    """The problem as a page of its own; where a part of a page was asked for, it takes the whole."""
    values = {
        "kind": kind, "title": title_of(kind), "happened": words or meaning_of(kind),
        "to_do": to_do(kind),
    }  # fmt: skip
    answer = show(request, "problem.html.j2", values, status=kind.status)
    if request.headers.get("hx-request"):
        answer.headers["hx-retarget"] = "body"
        answer.headers["hx-reswap"] = "innerHTML"
    return answer


def install(app: FastAPI) -> None:
    """Answer every exception with a page."""

    @app.exception_handler(SignInNeededError)
    async def sign_in(request: Request, _: SignInNeededError) -> Response:
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        back = "" if request.method != "GET" or wanted == "/" else f"?next={quote(wanted)}"
        if request.headers.get("hx-request"):
            return Response(headers={"hx-redirect": "/sign-in"})
        return RedirectResponse(f"/sign-in{back}", 303)

    @app.exception_handler(PasswordChangeNeededError)
    async def password(request: Request, _: PasswordChangeNeededError) -> Response:
        if request.headers.get("hx-request"):
            return Response(headers={"hx-redirect": "/password"})
        return RedirectResponse("/password", 303)

    @app.exception_handler(ProblemError)
    async def own(request: Request, error: ProblemError) -> HTMLResponse:
        return page(request, error.type, error.detail)

    @app.exception_handler(EngineError)
    async def engine(request: Request, error: EngineError) -> HTMLResponse:
        kind = problem_of(error)
        return page(request, kind, what_happened(error, kind))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, _: RequestValidationError) -> HTMLResponse:
        return page(request, PROBLEMS["invalid_request"])

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> HTMLResponse:
        by_status = {404: "not_found", 405: "method_not_allowed", 400: "invalid_body"}
        answer = page(request, PROBLEMS[by_status.get(error.status_code, "internal_error")])
        answer.headers.update(error.headers or {})  # which methods there are
        return answer

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> HTMLResponse:
        kind = problem_of_fault(error)
        log.error("page_failed", code=kind.code, error=type(error).__name__, exc_info=error)
        request.state.visitor = None  # what stands around a page may be what failed
        return page(request, kind)
