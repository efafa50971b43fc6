"""Every status and fault, on a read or a write → the error that decides what happens next."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import httpx
import pytest
import respx

from shared.adapters.lms.transport import Wire
from shared.domain.errors import (
    KeyRefused,
    OutcomeUnknown,
    Permanent,
    TargetError,
    Transient,
)

MakeWire = Callable[..., Wire]
JSON_TYPE = {"Content-Type": "application/json"}


class Compressed(httpx.AsyncBaseTransport):
    """Answers 200 with ``content`` as it is, to be unpacked by the client."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    async def handle_async_request(self, _request: httpx.Request) -> httpx.Response:
        headers = {**JSON_TYPE, "Content-Encoding": "gzip"}
        return httpx.Response(200, headers=headers, stream=Chunks(self.content))


class Chunks(httpx.AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self.content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.content), 100):
            yield self.content[start : start + 100]


class Reset(httpx.AsyncBaseTransport):
    """Raises what httpx-aiohttp makes of a connection that was reset after the request left."""

    async def handle_async_request(self, _request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("reset") from aiohttp.ServerDisconnectedError()


def error_body(code: str, **more: object) -> dict[str, object]:
    message = "canary@example.org is taken"
    fields = {"email": "canary@example.org"}
    return {"error": {"code": code, "message": message, "fields": fields}, **more}


def ask(wire: MakeWire, method: str, **options: Any) -> object:
    async def run() -> object:
        return await wire(**options).call(method, "/people", lambda data: data)

    return asyncio.run(run())


def caught(wire: MakeWire, method: str, **options: Any) -> TargetError:
    with pytest.raises(TargetError) as found:
        ask(wire, method, **options)
    assert "canary" not in str(found.value)
    return found.value


@pytest.mark.parametrize(
    ("status", "code", "on_get", "on_write"),
    [
        (301, "http_301", Permanent, Permanent),
        (303, "http_303", Transient, OutcomeUnknown),
        (400, "bad_request", Permanent, Permanent),
        (401, "unknown_key", KeyRefused, KeyRefused),
        (401, "bad_signature", KeyRefused, KeyRefused),
        (401, "replayed", Transient, OutcomeUnknown),
        (403, "insufficient_scope", KeyRefused, KeyRefused),
        (404, "not_found", Permanent, Permanent),
        (408, "timeout", Transient, Transient),
        (409, "duplicate_email", Permanent, Permanent),
        (411, "length_required", Permanent, Permanent),
        (422, "too_long", Permanent, Permanent),
        (429, "rate_limited", Transient, Transient),
        (500, "internal", Transient, OutcomeUnknown),
        (502, "bad_gateway", Transient, OutcomeUnknown),
        (503, "unavailable", Transient, Transient),
        (504, "timeout", Transient, OutcomeUnknown),
        (599, "odd", Transient, OutcomeUnknown),
        (202, "accepted", Transient, OutcomeUnknown),
        (204, "none", Transient, OutcomeUnknown),
    ],
)
def test_a_status_decides_by_its_type(
    wire: MakeWire,
    router: respx.Router,
    status: int,
    code: str,
    on_get: type[TargetError],
    on_write: type[TargetError],
) -> None:
    router.route().respond(status, json=error_body(code))
    for method, expected in (("GET", on_get), ("POST", on_write), ("PUT", on_write)):
        error = caught(wire, method)
        assert type(error) is expected
        assert error.status == status
        assert error.code == ("redirected" if status == 301 else code)


@pytest.mark.parametrize(
    ("fault", "code", "on_write"),
    [
        (httpx.ConnectError("refused"), "unreachable", Transient),
        (httpx.ConnectTimeout("slow"), "unreachable", Transient),
        (httpx.ReadTimeout("canary"), "no_answer", OutcomeUnknown),
        (httpx.ReadError("reset"), "no_answer", OutcomeUnknown),
        (httpx.RemoteProtocolError("garbage"), "no_answer", OutcomeUnknown),
        (aiohttp.ServerDisconnectedError(), "no_answer", OutcomeUnknown),
        (OSError("reset"), "no_answer", OutcomeUnknown),
    ],
)
def test_a_fault_is_unknown_for_a_write_unless_it_never_left(
    wire: MakeWire,
    router: respx.Router,
    fault: Exception,
    code: str,
    on_write: type[TargetError],
) -> None:
    router.route().mock(side_effect=fault)
    for method, expected in (("GET", Transient), ("POST", on_write), ("PUT", on_write)):
        error = caught(wire, method)
        assert type(error) is expected
        assert error.code == code


def test_a_reset_that_the_transport_calls_a_connect_timeout_is_unknown_for_a_write(
    wire: MakeWire,
) -> None:
    assert type(caught(wire, "POST", transport=Reset())) is OutcomeUnknown
    assert type(caught(wire, "GET", transport=Reset())) is Transient


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        ({"Content-Type": "text/html"}, b"<html>Welcome</html>"),
        ({"Content-Type": "text/html"}, b'{"items": []}'),
        (JSON_TYPE, b"<html>"),
        (JSON_TYPE, b""),
        (JSON_TYPE, b'{"items": [{"id": 1}'),
        (JSON_TYPE, b'"\xff"'),
        (JSON_TYPE, b"[" * 100_000),
        (JSON_TYPE, b" " * 200_000),
    ],
    ids=["html", "type", "lie", "empty", "cut", "bytes", "deep", "huge"],
)
def test_an_unusable_200_is_never_a_value(
    wire: MakeWire, router: respx.Router, headers: dict[str, str], content: bytes
) -> None:
    router.route().respond(200, headers=headers, content=content)
    assert type(caught(wire, "GET", max_body_bytes=150_000)) is Transient
    assert type(caught(wire, "POST", max_body_bytes=150_000)) is OutcomeUnknown


def test_compressed_answers_are_read_and_bounded_by_what_they_unpack_to(wire: MakeWire) -> None:
    packed = gzip.compress(b'"' + b"x" * 1_000_000 + b'"')
    assert len(packed) < 2_000
    read = ask(wire, "GET", transport=Compressed(packed), max_body_bytes=2_000_000)
    assert read == "x" * 1_000_000
    assert caught(wire, "GET", transport=Compressed(packed)).code == "garbled_answer"
    assert caught(wire, "GET", transport=Compressed(b"no gzip")).code == "no_answer"


def test_a_body_may_be_as_long_as_the_limit_and_not_one_byte_longer(
    wire: MakeWire, router: respx.Router
) -> None:
    router.route().respond(200, headers=JSON_TYPE, content=b'"' + b"x" * 98 + b'"')
    assert ask(wire, "GET", max_body_bytes=100) == "x" * 98
    assert caught(wire, "GET", max_body_bytes=99).code == "garbled_answer"


def test_a_call_that_takes_too_long_is_given_up(wire: MakeWire, router: respx.Router) -> None:
    async def never(_request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(30)
        raise AssertionError

    router.route().mock(side_effect=never)
    assert type(caught(wire, "GET")) is Transient
    assert type(caught(wire, "PUT")) is OutcomeUnknown


def test_a_duplicate_names_the_person_and_the_fields_but_no_values(
    wire: MakeWire, router: respx.Router
) -> None:
    router.route().respond(409, json=error_body("duplicate_email", personId=12))
    error = caught(wire, "POST")
    assert isinstance(error, Permanent)
    assert error.person_id == 12
    assert "email" in str(error)


def test_a_clock_that_is_off_is_named_with_its_offset(wire: MakeWire, router: respx.Router) -> None:
    # The wire's clock stands at 2025-11-20T00:53:20Z.
    body = error_body("clock_skew", serverTime="2025-11-20T01:03:20Z")
    router.route().respond(401, json=body)
    assert "+600 s" in str(caught(wire, "GET"))


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "1e9"}, 900.0),
        ({"Retry-After": "inf"}, 900.0),
        ({"Retry-After": "nan"}, 1.0),
        ({"Retry-After": "-5"}, 1.0),
        ({"Retry-After": "0"}, 1.0),
        ({"Retry-After": "soon"}, 1.0),
        ({}, 1.0),
        ({"Retry-After": "Thu, 20 Nov 2025 00:53:50 GMT"}, 30.0),
        (
            {
                "Retry-After": "Thu, 20 Nov 2025 02:00:10 GMT",
                "Date": "Thu, 20 Nov 2025 02:00:00 GMT",
            },
            10.0,
        ),
    ],
)
def test_a_429_waits_as_told_within_reason(
    wire: MakeWire, router: respx.Router, headers: dict[str, str], wait_s: float
) -> None:
    router.route().respond(429, json=error_body("rate_limited"), headers=headers)
    error = caught(wire, "POST")
    assert isinstance(error, Transient)
    assert error.retry_after_s == pytest.approx(wait_s)


def test_a_write_always_has_a_body_and_a_read_never(wire: MakeWire, router: respx.Router) -> None:
    router.route().respond(200, json={})
    for method in ("GET", "POST", "PUT"):
        ask(wire, method)
    bodies = [(call.request.method, call.request.content) for call in router.calls]
    assert bodies == [("GET", b""), ("POST", b"{}"), ("PUT", b"{}")]
    assert router.calls[1].request.headers["Content-Length"] == "2"


def test_after_a_refused_key_nothing_is_sent_until_it_is_tried_again(
    wire: MakeWire, router: respx.Router
) -> None:
    route = router.route().respond(401, json=error_body("unknown_key"))

    async def run() -> None:
        one = wire()
        for _call in range(3):
            with pytest.raises(KeyRefused):
                await one.call("GET", "/people", json.dumps)
        assert route.call_count == 1
        one.reopen()
        with pytest.raises(KeyRefused):
            await one.call("GET", "/people", json.dumps)
        assert route.call_count == 2

    asyncio.run(run())
