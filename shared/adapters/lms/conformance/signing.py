"""Rules about keys, signatures, clocks, nonces, and how a query is written down."""

from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from time import time

import httpx

from shared.adapters.lms.conformance.caller import Answer
from shared.adapters.lms.conformance.judging import Broken, rule
from shared.adapters.lms.conformance.lms import Lms

#: ASCIP refuses from 300 s on.
_OFF_S = 400
#: What a `+` of forms, a careless quote() or an ASCII-only server would get wrong.
_AWKWARD = "a+b c~d-zoë@example.invalid"


@rule("A wrong signature is refused with 401 `bad_signature`.")
def signature_required(lms: Lms) -> str:
    def forged(request: httpx.Request) -> httpx.Request:
        request.headers["X-Ascip-Signature"] = "0" * 64
        return request

    return _refused(lms.caller.send("GET", "/tenant", bend=forged), "bad_signature")


@rule("An unknown key is refused with 401 `unknown_key`.")
def key_known(lms: Lms) -> str:
    signer = lms.caller.signer(key_id="conformance-no-such-key")
    return _refused(lms.caller.send("GET", "/tenant", signer=signer), "unknown_key")


@rule("A timestamp that is 400 s off is refused with 401 `clock_skew`, and `serverTime` is told.")
def clock_skew(lms: Lms) -> str:
    date = lms.get("/tenant").headers.get("date", "")
    try:
        ahead_s = parsedate_to_datetime(date).timestamp() - time()
    except (TypeError, ValueError):
        ahead_s = 0.0  # it doesn't tell; this machine's clock must do
    for shift_s in (ahead_s - _OFF_S, ahead_s + _OFF_S):
        answer = lms.caller.send("GET", "/tenant", signer=lms.caller.signer(shift_s=shift_s))
        _refused(answer, "clock_skew")
        try:
            datetime.fromisoformat(str(answer.error.get("serverTime")))
        except ValueError:
            raise Broken("401 clock_skew without a serverTime that is a time") from None
    return "400 s early and 400 s late are 401 clock_skew with serverTime"


@rule("The same signed request is taken once; the second time it is 401 `replayed`.")
def nonce_once(lms: Lms) -> str:
    sent: list[httpx.Request] = []

    def kept(request: httpx.Request) -> httpx.Request:
        sent.append(request)
        return request

    first = lms.caller.send("GET", "/tenant", bend=kept)
    if first.status != HTTPStatus.OK:
        raise Broken(f"the first time it was answered {first.said}")
    return _refused(lms.caller.patiently(lambda: sent[-1]), "replayed")


@rule("A query verifies in whatever order it is sent: it is signed sorted by name, then value.")
def query_order(lms: Lms) -> str:
    query = (("page", "1"), ("pageSize", "1"), ("status", "all"))
    answer = lms.caller.send("GET", "/people", query, bend=_reversed)
    if answer.status != HTTPStatus.OK:
        raise Broken(f"a query sent in another order was answered {answer.said}")
    return "a query sent in another order was answered 200"


@rule(
    "A look-up value with `+`, space, `~` or non-ASCII, percent-encoded after RFC 3986, verifies."
)
def percent_encoding(lms: Lms) -> str:
    answer = lms.caller.send("GET", "/people", (("email", _AWKWARD),))
    if answer.status != HTTPStatus.OK:
        raise Broken(f"a value with + space ~ and non-ASCII was answered {answer.said}")
    return "a value with + space ~ and non-ASCII was answered 200"


def _refused(answer: Answer, code: str) -> str:
    if (answer.status, answer.code) != (HTTPStatus.UNAUTHORIZED, code):
        raise Broken(f"answered {answer.said}, not 401 {code}")
    return f"answered 401 {code}"


def _reversed(request: httpx.Request) -> httpx.Request:
    address, _, query = str(request.url).partition("?")
    url = f"{address}?{'&'.join(reversed(query.split('&')))}"
    return httpx.Request(request.method, url, headers=request.headers)


SIGNING = (
    signature_required,
    key_known,
    clock_skew,
    nonce_once,
    query_order,
    percent_encoding,
)
