"""The faults that take the place of an answer, one function each. Used by `hostile`.

`takes_effect` in a rule says whether the request was carried out all the same; each fault
has the default that is the nastier one for it.
"""

import functools
import gzip
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate

from aiohttp import web

from .exchange import Exchange
from .fault import Fault
from .messages import Answer
from .refusals import Refusal
from .rules import Rule
from .state import encoded

_PAGE = (
    b"<!doctype html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"
)
_LONGEST_HOLD_S = 3600.0

Ending = Callable[[Exchange, Rule], Awaitable[web.StreamResponse]]


async def rate_limited(exchange: Exchange, rule: Rule) -> web.StreamResponse:
    headers = exchange.api.limit_headers(exchange.request) | {"X-RateLimit-Remaining": "0"}
    headers |= _retry_after(rule, rule.params.get("retry_after", 1))
    return exchange.send(_refused(exchange, 429, "rate_limited", headers))


async def server_error(exchange: Exchange, rule: Rule) -> web.StreamResponse:
    effect = exchange.answer().effect if rule.flag("takes_effect") else None
    headers = exchange.api.limit_headers(exchange.request)
    headers |= _retry_after(rule, rule.params.get("retry_after"))
    answer = _refused(exchange, int(rule.number("status", 500)), "server_error", headers)
    answer.effect = effect
    return exchange.send(answer)


async def reset(exchange: Exchange, _rule: Rule) -> web.StreamResponse:
    exchange.record(0, None)
    return exchange.drop()


async def black_hole(exchange: Exchange, rule: Rule) -> web.StreamResponse:
    effect = exchange.answer().effect if rule.flag("takes_effect") else None
    exchange.record(0, effect)
    await exchange.wait_for_client_to_leave(rule.number("hold_s", _LONGEST_HOLD_S))
    return exchange.drop(reset=False)


async def answer_lost(exchange: Exchange, rule: Rule) -> web.StreamResponse:
    exchange.record(0, exchange.answer().effect)
    return exchange.drop(reset=rule.params.get("how") != "close")


async def late_effect(exchange: Exchange, rule: Rule) -> web.StreamResponse:
    """Admitted now, carried out later; the client sees a lost connection or silence.

    Later is after `delay_ms`, or just before the `after_requests`th API request from now on.
    """
    try:
        key = exchange.api.admit(exchange.request)
    except Refusal as refusal:
        body = refusal.body(exchange.request.request_id)
        return exchange.send(
            Answer(status=refusal.status, body=body, headers=dict(refusal.headers))
        )
    cause = exchange.record(0, None)

    def carry_out() -> None:
        try:
            effect = exchange.api.perform(exchange.request, key).effect
        except Refusal:
            effect = None
        request = exchange.request
        exchange.journal.add(
            (request.method, request.path, request.query),
            status=0,
            effect=effect,
            body_sha256=request.body_sha256,
            connection=0,
            fault=Fault.LATE_EFFECT,
            caused_by=cause,
        )

    if "after_requests" in rule.params:
        exchange.late.after_requests(int(rule.number("after_requests", 1)), carry_out)
    else:
        exchange.late.after_s(rule.number("delay_ms", 1000) / 1000, carry_out)
    if rule.params.get("how") == "hang":
        await exchange.wait_for_client_to_leave(rule.number("hold_s", _LONGEST_HOLD_S))
    return exchange.drop()


async def html(exchange: Exchange, rule: Rule) -> web.StreamResponse:
    effect = exchange.answer().effect if rule.flag("takes_effect") else None
    headers = {"Content-Type": "text/html; charset=utf-8"}
    return exchange.send(Answer(status=200, body=_PAGE, effect=effect, headers=headers))


async def empty_200(exchange: Exchange, rule: Rule) -> web.StreamResponse:
    carried_out = rule.params.get("takes_effect", True)
    effect = exchange.answer().effect if carried_out else None
    return exchange.send(Answer(status=200, body=b"", effect=effect))


async def truncated(exchange: Exchange, rule: Rule) -> web.StreamResponse:
    """Half of the JSON: as a complete HTTP answer, or (`how` = "connection") cut on the wire."""
    answer = exchange.answer()
    half = answer.body[: len(answer.body) // 2]
    if rule.params.get("how") != "connection":
        answer.body = half
        return exchange.send(answer)
    exchange.record(answer.status, answer.effect)
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_type = "application/json"
    response.content_length = len(answer.body)
    await response.prepare(exchange.http)
    await response.write(half)
    if exchange.http.transport is not None:
        exchange.http.transport.close()
    return response


async def canned(exchange: Exchange, rule: Rule) -> web.StreamResponse:
    """Any answer: `body` as it is where it is a text, else as JSON."""
    effect = exchange.answer().effect if rule.flag("takes_effect") else None
    body = rule.params.get("body", "")
    return exchange.send(
        Answer(
            status=int(rule.number("status", 200)),
            body=body.encode() if isinstance(body, str) else encoded(body),
            effect=effect,
            headers={"Content-Type": str(rule.params.get("content_type", "application/json"))},
        )
    )


async def huge_body(exchange: Exchange, rule: Rule) -> web.StreamResponse:
    """`megabytes` of legal white space inside a JSON list that never ends."""
    exchange.record(200, None)
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(exchange.http)
    await response.write(b'{"items":[')
    block = b" " * (1 << 20)
    for _ in range(int(rule.number("megabytes", 100))):
        await response.write(block)
    return response


async def gzip_bomb(exchange: Exchange, rule: Rule) -> web.StreamResponse:
    exchange.record(200, None)
    packed = _bomb(int(rule.number("megabytes", 100)))
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    return web.Response(body=packed, headers=headers)


@functools.lru_cache(maxsize=4)
def _bomb(megabytes: int) -> bytes:
    """Packing takes longer than a client waits."""
    return gzip.compress(b" " * (megabytes << 20), compresslevel=9)


def _retry_after(rule: Rule, wanted: object) -> dict[str, str]:
    """`wanted` as it is; "date" is so many `seconds` from now as an HTTP date; None no header."""
    if wanted is None:
        return {}
    if wanted == "date":
        return {"Retry-After": formatdate(time.time() + rule.number("seconds", 2), usegmt=True)}
    return {"Retry-After": str(wanted)}


def _refused(exchange: Exchange, status: int, code: str, headers: dict[str, str]) -> Answer:
    body = Refusal(status, code, "Injected by a fault.").body(exchange.request.request_id)
    return Answer(status=status, body=body, headers=headers)


ENDINGS: dict[Fault, Ending] = {
    Fault.RATE_LIMITED: rate_limited,
    Fault.SERVER_ERROR: server_error,
    Fault.RESET: reset,
    Fault.BLACK_HOLE: black_hole,
    Fault.ANSWER_LOST: answer_lost,
    Fault.LATE_EFFECT: late_effect,
    Fault.HTML: html,
    Fault.TRUNCATED: truncated,
    Fault.EMPTY_200: empty_200,
    Fault.CANNED: canned,
    Fault.HUGE_BODY: huge_body,
    Fault.GZIP_BOMB: gzip_bomb,
}
