"""Around every request: an id, limits of a JSON body, headers that keep answers inert, a log line."""

import re
import time
from collections.abc import Callable

import structlog
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.ingest.catalogue import PROBLEMS
from services.ingest.problems import ProblemError, answer

log = structlog.get_logger("api")

#: A larger JSON body is refused; files have a limit of their own.
MAX_JSON_BYTES = 1 << 20

_ID = re.compile(r"[a-z]{3}_[0-9A-Z]{12}")
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; style-src 'self'; frame-ancestors 'none'"),
)


class RequestContext:
    """Gives each request its id, in the answer and in every log line; logs how it went.

    Logged is the route, and the parts of the path that are ids of ours: what else somebody typed may
    hold a name.
    """

    def __init__(self, app: ASGIApp, new_id: Callable[[], str], files: tuple[str, ...]) -> None:
        """``files`` is how addresses end whose bodies have another limit."""
        self._app, self._new_id, self._files = app, new_id, files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, began, status = self._new_id(), time.monotonic(), 0
        scope.setdefault("state", {})["request_id"] = request_id

        async def tagged(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] += [(b"request-id", request_id.encode()), *_HEADERS]
                if not any(name == b"cache-control" for name, _ in message["headers"]):
                    message["headers"].append((b"cache-control", b"no-store"))
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._limited(scope, receive, tagged)
            finally:
                log.info(
                    "request", method=scope["method"], route=route_of(scope), status=status,
                    seconds=round(time.monotonic() - began, 3), **_ids(scope),
                )  # fmt: skip

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        """FastAPI reads a JSON body whole before anything looks at it, so its size is seen to here."""
        if scope["path"].endswith(self._files):
            await self._app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if int(length) > MAX_JSON_BYTES:
            await answer(Request(scope), PROBLEMS["too_large"])(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_JSON_BYTES:
                raise ProblemError("too_large")
            return message

        await self._app(scope, counted, send)


def route_of(scope: Scope) -> str:
    """The address as it was declared, without what the caller put in it."""
    return str(getattr(scope.get("route"), "path_format", "unknown"))


def _ids(scope: Scope) -> dict[str, str]:
    found = scope.get("path_params", {})
    return {name: value for name, value in found.items() if _ID.fullmatch(str(value))}
