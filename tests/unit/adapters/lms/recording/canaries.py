"""An LMS whose every word is a canary: none may turn up in a recording of it."""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx

CANARY = "canary"
#: As they might be written somewhere else.
SPELLINGS = (CANARY, CANARY.upper(), CANARY.title(), "7701234", "Y2FuYXJ5", "63616e617279")


def person(number: int) -> dict[str, Any]:
    """Every field that holds text, and some that the contract doesn't have."""
    return {
        "id": number, "username": f"canary.{number}", "email": f"canary{number}@canary.example",
        "firstName": "Canary", "lastName": "CANARY-McCanary", "status": "active",
        "updatedAt": "2026-01-01T00:00:00Z", "employeeNumber": 7701234,
        "personalEmail": "canary@home.example",
        "roleId": 3, "timezoneId": 1, "groupIds": [9],
        "buckets": [{"bucketId": 9, "text": "canary room"}, {"bucketId": 10, "valueId": "canary"}],
        "birthDate": "canary", "phone": ["canary", {"number": "canary", "type": "canary"}],
        "canary@canary.example": "as a name", "ssn": 7701234, "nested": [[["canary"]]],
    }  # fmt: skip


ERROR = {
    "error": {
        "code": "canary_taken", "message": "canary@canary.example is taken",
        "fields": {"email": "canary", "canary@canary.example": "taken"}, "personId": 4,
    },
    "requestId": "req-canary", "serverTime": "canary", "status": "canary",
    "type": "canary", "scopes": ["canary"],
}  # fmt: skip
HEADERS = {
    "Content-Type": "text/html; charset=canary", "Retry-After": "canary", "Date": "canary",
    "X-RateLimit-Limit": "canary", "Set-Cookie": "canary=canary", "Server": "canary",
    "X-Request-Id": "canary",
}  # fmt: skip
BODIES: Sequence[bytes] = (
    b"<html>canary</html>",
    b'{"firstName": "canary',
    b"canary",
    b"\xffcanary",
    b'"canary"',
    b"7701234",
    json.dumps([person(1), person(2)]).encode(),
    json.dumps({"items": [person(1)], "page": 1, "pageSize": 200, "totalItems": 1}).encode(),
    json.dumps(person(1)).encode("utf-16"),
)


class CanaryLms(httpx.AsyncBaseTransport):
    """Answers with one of the bodies after the other, each with every status; then breaks off."""

    def __init__(self) -> None:
        self._answers = [(200 + 211 * n, body) for body in BODIES for n in range(2)]
        self._answers += [
            (status, json.dumps(ERROR).encode()) for status in (401, 409, 422, 429, 500)
        ]
        self.answers = len(self._answers)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._answers:
            status, body = self._answers.pop()
            kind = {"Content-Type": "application/json"} if body.startswith((b"{", b"[")) else {}
            return httpx.Response(status, headers={**HEADERS, **kind}, content=body)
        if request.method == "GET":
            raise httpx.ReadError(f"canary: {request.url}")
        return httpx.Response(200, headers=HEADERS, stream=CanaryThenNothing())


class CanaryThenNothing(httpx.AsyncByteStream):
    """A body that ends in an error."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'{"firstName": "canary"'
        raise httpx.ReadError("canary")
