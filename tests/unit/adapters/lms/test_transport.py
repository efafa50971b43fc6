"""Every status and fault, on a read or a write → the error that decides what happens next."""

import asyncio
import gzip
import json
import math
from collections import Counter
from collections.abc import AsyncIterator, Callable
from email.utils import formatdate
from typing import Any

import aiohttp
import httpx
import pytest
import respx

from shared.adapters.lms.breaker import Breaker
from shared.adapters.lms.pacing import Pacer
from shared.adapters.lms.retry import piece
from shared.adapters.lms.transport import Wire
from shared.domain.errors import (
    KeyRefused,
    OutcomeUnknown,
    Permanent,
    TargetError,
    Transient,
)
from tests.unit.adapters.lms.fake_limiter import FakeLimiter
from tests.unit.adapters.lms.fake_time import FakeTime

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
        ({"Retry-After": "900"}, 900.0),
        ({"Retry-After": "901"}, 900.0),
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
def test_a_429_without_a_limiter_waits_as_told_within_reason(
    wire: MakeWire, router: respx.Router, headers: dict[str, str], wait_s: float
) -> None:
    router.route().respond(429, json=error_body("rate_limited"), headers=headers)
    error = caught(wire, "POST")
    assert isinstance(error, Transient)
    assert error.retry_after_s == pytest.approx(wait_s)


@pytest.mark.parametrize(
    "body", [error_body("too_many_requests"), error_body("zoe@example.org"), "<html>"]
)
def test_a_429_has_our_code_whatever_word_the_lms_uses(
    wire: MakeWire, router: respx.Router, body: object
) -> None:
    router.route().respond(429, json=body)
    assert caught(wire, "GET").code == "rate_limited"


def test_a_429_holds_everybody_and_its_wait_is_that_of_the_hold(
    wire: MakeWire, router: respx.Router, fake_time: FakeTime
) -> None:
    limiter = FakeLimiter(fake_time, 10)
    pacer = Pacer(limiter, 10, sleep=fake_time.sleep, clock=fake_time.clock)
    answers = [httpx.Response(429, headers=headers) for headers in ({"Retry-After": "7"}, {})]
    router.route().mock(side_effect=answers)

    async def run() -> None:
        one = wire(pacer=pacer)
        for wait_s in (7.0, 2.0):
            with pytest.raises(Transient) as found:
                await one.call("GET", "/people", json.dumps)
            assert found.value.retry_after_s == wait_s

    asyncio.run(run())
    assert limiter.holds == [(7.0, True), (None, True)]
    assert fake_time.now_s >= 1007


# The wire's clock stands at 00:53:20, which is 1763600000.
@pytest.mark.parametrize(
    ("headers", "hold_s"),
    [
        ({"Remaining": "1", "Reset": "1763600003", "Limit": "10"}, None),
        ({}, None),
        ({"Remaining": "none", "Reset": "1763600003", "Limit": "10"}, None),
        ({"Remaining": "0", "Reset": "1763600003", "Limit": "10"}, 3.0),
        ({"Remaining": "0", "Reset": "1763600005", "Limit": "10"}, 5.0),
        ({"Remaining": "0", "Reset": "1763600006", "Limit": "10"}, 5.0),
        ({"Remaining": "0", "Reset": "1763600000", "Limit": "10"}, 0.1),
        ({"Remaining": "0", "Reset": "0", "Limit": "4"}, 0.25),
        ({"Remaining": "0", "Reset": "soon", "Limit": "4"}, 0.25),
        ({"Remaining": "0", "Reset": "nan", "Limit": "nan"}, 1.0),
        ({"Remaining": "0", "Reset": "inf", "Limit": "0"}, 5.0),
        ({"Remaining": "0", "Limit": "0.001"}, 5.0),
        ({"Remaining": "0"}, 1.0),
    ],
)
def test_an_answer_that_says_no_call_is_left_holds_everybody_for_a_while(
    wire: MakeWire,
    router: respx.Router,
    fake_time: FakeTime,
    headers: dict[str, str],
    hold_s: float | None,
) -> None:
    named = {f"X-RateLimit-{name}": value for name, value in headers.items()}
    assert held(wire, router, fake_time, named) == ([] if hold_s is None else [(hold_s, False)])


@pytest.mark.parametrize(
    ("date", "hold_s"),
    [
        ("Thu, 20 Nov 2025 00:53:20 GMT", 3.0),
        ("Thu, 20 Nov 2025 00:53:19 GMT", 3.0),  # its second isn't over by our clock, or just
        ("Thu, 20 Nov 2025 00:53:18 GMT", 5.0),
        ("Thu, 20 Nov 2025 00:53:21 GMT", 2.0),
        ("yesterday", 3.0),
    ],
)
def test_a_reset_is_measured_by_the_answers_own_date_where_our_clock_is_off(
    wire: MakeWire, router: respx.Router, fake_time: FakeTime, date: str, hold_s: float
) -> None:
    headers = {
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1763600003",
        "X-RateLimit-Limit": "10",
        "Date": date,
    }
    assert held(wire, router, fake_time, headers) == [(hold_s, False)]


def held(
    wire: MakeWire, router: respx.Router, time: FakeTime, headers: dict[str, str]
) -> list[tuple[float | None, bool]]:
    """What an answer with these headers makes of the shared limit."""
    limiter = FakeLimiter(time, 10)
    router.route().respond(200, json={}, headers=headers)
    assert ask(wire, "POST", pacer=Pacer(limiter, 10, sleep=time.sleep, clock=time.clock)) == {}
    return limiter.holds


def test_a_call_whose_turn_comes_after_the_breaker_opened_is_not_sent(
    wire: MakeWire, router: respx.Router, fake_time: FakeTime
) -> None:
    route = router.route().respond(500)
    pacer = Pacer(FakeLimiter(fake_time, 100), 100, sleep=fake_time.sleep, clock=fake_time.clock)

    async def run() -> None:
        one = wire(pacer=pacer, breaker=Breaker(patience_s=0))
        calls = (one.call("GET", "/people", json.dumps) for _ in range(30))
        ends = await asyncio.gather(*calls, return_exceptions=True)
        codes = Counter(end.code for end in ends if isinstance(end, Transient))
        assert codes == {"http_500": route.call_count, "breaker_open": 30 - route.call_count}
        assert 10 <= route.call_count <= 12

    asyncio.run(run())


def test_a_probe_that_is_never_sent_leaves_the_turn_to_the_next_call(
    wire: MakeWire, router: respx.Router, fake_time: FakeTime
) -> None:
    route = router.route().respond(500)
    limiter = FakeLimiter(fake_time, 1000)
    pacer = Pacer(limiter, 1000, sleep=fake_time.sleep, clock=fake_time.clock)

    async def run() -> None:
        one = wire(pacer=pacer, breaker=Breaker(sleep=fake_time.sleep, clock=fake_time.clock))
        for _ in range(10):
            with pytest.raises(Transient):
                await one.call("GET", "/people", json.dumps)
        fake_time.now_s += 1
        await pacer.hold(60, refused=True)
        with pytest.raises(Transient, match="60 s"):
            await one.call("GET", "/people", json.dumps)
        fake_time.now_s += 60
        route.respond(200, json={})
        assert await asyncio.wait_for(one.call("GET", "/people", json.dumps), 1) == "{}"

    asyncio.run(run())


@pytest.mark.parametrize("wait", ["breaker", "pacer"])
def test_a_call_that_waits_is_given_up_when_its_piece_of_work_is_over(
    wire: MakeWire, router: respx.Router, fake_time: FakeTime, wait: str
) -> None:
    route = router.route().respond(500)
    pacer = Pacer(FakeLimiter(fake_time, 10), 10)

    async def run() -> None:
        one = wire(pacer=pacer if wait == "pacer" else None)
        if wait == "pacer":
            await pacer.hold(20, refused=True)
        else:
            for _ in range(10):
                with pytest.raises(Transient):
                    await one.call("GET", "/people", json.dumps)
        sent = route.call_count
        for seconds in (0.05, 0.0):
            with piece(seconds), pytest.raises(Transient) as found:
                await one.call("PUT", "/people", json.dumps)
            assert found.value.code == "throttled"
        assert route.call_count == sent

    asyncio.run(run())


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


class Bucket:
    """An LMS that grants 10 calls a second and 20 at once, and says in each answer what is left."""

    def __init__(self, time: FakeTime) -> None:
        self.time, self.tokens, self.at_s = time, 20.0, time.now_s
        self.statuses: Counter[int] = Counter()

    def answer(self, _request: httpx.Request) -> httpx.Response:
        self.time.now_s += 0.005
        now_s = self.time.now_s
        self.tokens = min(20.0, self.tokens + (now_s - self.at_s) * 10)
        self.at_s = now_s
        status = 200 if self.tokens >= 1 else 429
        self.tokens -= self.tokens >= 1
        self.statuses[status] += 1
        headers = {
            "X-RateLimit-Limit": "10",
            "X-RateLimit-Remaining": str(math.floor(self.tokens)),
            "X-RateLimit-Reset": str(math.ceil(now_s + (20 - self.tokens) / 10)),
            "Date": formatdate(math.floor(now_s), usegmt=True),
        }
        return httpx.Response(status, json={}, headers=headers)


def test_a_rate_of_twice_what_the_lms_grants_meets_no_429_and_nearly_all_it_grants(
    wire: MakeWire, router: respx.Router, fake_time: FakeTime
) -> None:
    lms = Bucket(fake_time)
    router.route().mock(side_effect=lms.answer)
    pacer = Pacer(FakeLimiter(fake_time, 20), 20, sleep=fake_time.sleep, clock=fake_time.clock)

    async def run() -> None:
        one = wire(pacer=pacer, now=fake_time.clock)
        while fake_time.now_s < 1120:
            await one.call("GET", "/people", lambda data: data)

    asyncio.run(run())
    assert lms.statuses[429] == 0
    assert lms.statuses[200] / 120 == pytest.approx(9.5, abs=1)
