"""Around every request: an id, limits of its body, headers that keep answers inert, a log line."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.catalogue import PROBLEMS, ProblemType
from shared.http.problem import ProblemError

log = structlog.get_logger("api")

#: A larger body is refused; files have a limit of their own.
MAX_BODY_BYTES = 1 << 20

_ID = re.compile(r"[a-z]{3}_[0-9A-Z]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What differs between the interfaces."""

    #: Makes a request's id.
    new_id: Callable[[], str]
    #: How addresses end whose bodies have another limit.
    files: tuple[str, ...]
    #: Says a problem in the interface's own form.
    answer: Callable[[Request, ProblemType], ASGIApp]
    #: What an answer may load and who may frame it.
    policy: bytes
    #: How much of an address is told to the next one.
    referrer: bytes = b"no-referrer"

    @property
    def headers(self) -> Sequence[tuple[bytes, bytes]]:
        """Sent with every answer."""
        return (
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", self.referrer),
            (b"x-frame-options", b"DENY"),
            (b"content-security-policy", self.policy),
        )


class RequestContext:
    """Gives each request its id, in the answer and in every log line; logs how it went.

    Logged is the route, and the parts of the path that are ids of ours: what else somebody typed may
    hold a name.
    """

    def __init__(self, app: ASGIApp, around: Surroundings) -> None:
        self._app, self._around = app, around

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, began, status = self._around.new_id(), time.monotonic(), 0
        scope.setdefault("state", {})["request_id"] = request_id

        async def tagged(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] += [
                    (b"request-id", request_id.encode()),
                    *self._around.headers,
                ]
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
        """A body is read whole before anything looks at it, so its size is seen to here."""
        if scope["path"].endswith(self._around.files):
            await self._app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if int(length) > MAX_BODY_BYTES:
            refusal = self._around.answer(Request(scope), PROBLEMS["too_large"])
            await refusal(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_BODY_BYTES:
                raise ProblemError("too_large")
            return message

        await self._app(scope, counted, send)


def route_of(scope: Scope) -> str:
    """The address as it was declared, without what the caller put in it."""
    return str(getattr(scope.get("route"), "path_format", "unknown"))


def _ids(scope: Scope) -> dict[str, str]:
    found = scope.get("path_params", {})
    return {name: value for name, value in found.items() if _ID.fullmatch(str(value))}
