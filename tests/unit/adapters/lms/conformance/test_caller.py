"""How the check sends: paced, signed anew, patient, bounded, and never a write that isn't allowed."""

import ssl
from collections.abc import Callable, Iterator

import httpx
import pytest

from shared.adapters.lms.conformance import caller as module
from shared.adapters.lms.conformance.caller import Caller
from shared.adapters.lms.conformance.judging import NoAnswer
from shared.adapters.lms.conformance.pace import Pace
from tests.unit.adapters.lms.conformance.test_pace import Sleeper

Reply = httpx.Response | Exception
MAIL = "somebody@example.org"


class Lms:
    """Gives the replies in order, the last one again and again, and keeps what was asked."""

    def __init__(self) -> None:
        self.replies: list[Reply] = [httpx.Response(200, json={})]
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply


@pytest.fixture
def lms() -> Lms:
    return Lms()


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


@pytest.fixture
def connect(lms: Lms, sleeper: Sleeper) -> Iterator[Callable[..., Caller]]:
    made: list[Caller] = []

    def make(*, may_write: bool = True) -> Caller:
        caller = Caller(
            "https://lms.example/api/v1", "key", "secret", may_write=may_write,
            pace=Pace(sleeper.clock, sleeper.sleep), transport=httpx.MockTransport(lms),
        )  # fmt: skip
        made.append(caller)
        return caller

    yield make
    for caller in made:
        caller.close()


def refused(retry_after: str | None) -> httpx.Response:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return httpx.Response(429, json={"error": {"code": "rate_limited"}}, headers=headers)


def test_every_attempt_is_signed_anew_and_waits_as_told(
    connect: Callable[..., Caller], lms: Lms, sleeper: Sleeper
) -> None:
    lms.replies = [refused("7"), refused(None), httpx.Response(200, json={})]
    assert connect().send("GET", "/tenant").status == 200
    assert len({request.headers["X-Ascip-Nonce"] for request in lms.asked}) == 3
    assert sleeper.now_s == pytest.approx(108.0)


@pytest.mark.parametrize(("told", "let_in"), [("60", True), ("61", False), ("1e9", False)])
def test_it_waits_up_to_a_minute(
    connect: Callable[..., Caller], lms: Lms, sleeper: Sleeper, told: str, *, let_in: bool
) -> None:
    lms.replies = [refused(told), httpx.Response(200, json={})]
    caller = connect()
    if let_in:
        assert caller.send("GET", "/tenant").status == 200
        assert sleeper.now_s == pytest.approx(160.0)
    else:
        with pytest.raises(NoAnswer):
            caller.send("GET", "/tenant")
        assert len(lms.asked) == 1


@pytest.mark.parametrize("reply", [httpx.ReadTimeout("x"), httpx.Response(503)])
def test_a_read_without_an_answer_is_sent_once_more(
    connect: Callable[..., Caller], lms: Lms, reply: Reply
) -> None:
    lms.replies = [reply, httpx.Response(200, json={})]
    assert connect().send("GET", "/tenant").status == 200
    lms.replies = [reply]
    with pytest.raises(NoAnswer):
        connect().send("GET", "/tenant")
    assert len(lms.asked) == 4


def test_a_write_is_never_repeated(connect: Callable[..., Caller], lms: Lms) -> None:
    lms.replies = [httpx.ReadTimeout("x")]
    with pytest.raises(NoAnswer):
        connect().send("POST", "/people", body={})
    lms.replies = [httpx.Response(503)]
    assert connect().send("POST", "/people", body={}).status == 503
    assert len(lms.asked) == 2


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_without_leave_nothing_but_a_get_is_sent(
    connect: Callable[..., Caller], lms: Lms, method: str
) -> None:
    with pytest.raises(RuntimeError):
        connect(may_write=False).send(method, "/people", body={})
    assert lms.asked == []


@pytest.mark.parametrize(
    ("size", "taken"), [(module.MAX_BODY_BYTES, True), (module.MAX_BODY_BYTES + 1, False)]
)
def test_a_body_is_bounded(
    connect: Callable[..., Caller], lms: Lms, size: int, *, taken: bool
) -> None:
    lms.replies = [httpx.Response(200, content=b"x" * size)]
    if taken:
        assert len(connect().send("GET", "/tenant").body) == size
    else:
        with pytest.raises(NoAnswer, match="too large"):
            connect().send("GET", "/tenant")


def test_a_redirect_is_not_followed(connect: Callable[..., Caller], lms: Lms) -> None:
    lms.replies = [httpx.Response(302, headers={"Location": "https://elsewhere.example/"})]
    assert connect().send("GET", "/tenant").status == 302
    assert len(lms.asked) == 1


def test_what_is_told_of_a_failure_holds_no_value_of_the_query(
    connect: Callable[..., Caller], lms: Lms
) -> None:
    lms.replies = [httpx.ConnectError(f"https://lms.example/api/v1/people?email={MAIL}")]
    with pytest.raises(NoAnswer) as failure:
        connect().send("GET", "/people", (("email", MAIL),))
    assert str(failure.value) == "no answer to GET /people (ConnectError)"


def test_a_certificate_that_is_not_trusted_is_named(
    connect: Callable[..., Caller], lms: Lms
) -> None:
    refused = httpx.ConnectError("self-signed")
    refused.__cause__ = ssl.SSLCertVerificationError()
    lms.replies = [refused]
    with pytest.raises(NoAnswer, match="its certificate is not trusted"):
        connect().send("GET", "/tenant")
