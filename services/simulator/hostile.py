"""Plays the faults that hit one exchange, in the order of their rules. Used by `app`."""

import asyncio
from dataclasses import replace

from aiohttp import web

from .endings import ENDINGS
from .exchange import Exchange
from .fault import WORLD, Fault
from .reading import Twist
from .refusals import Refusal
from .rules import Rule
from .world import change_world


async def play(exchange: Exchange, rules: list[Rule]) -> web.StreamResponse:
    """The first fault that ends an exchange ends it; all others bend the request before."""
    exchange.fault = "+".join(rule.fault for rule in rules)
    exchange.request.twist = replace(exchange.request.twist)
    ending: Rule | None = None
    for rule in rules:
        if rule.fault in ENDINGS:
            ending = ending or rule
        else:
            await _bend(exchange, rule)
    if ending is not None:
        return await ENDINGS[ending.fault](exchange, ending)
    return exchange.send(exchange.answer())


async def _bend(exchange: Exchange, rule: Rule) -> None:
    request = exchange.request
    match rule.fault:
        case Fault.LATENCY:
            jitter_ms = rule.random.random() * rule.number("jitter_ms", 0)
            await asyncio.sleep((rule.number("ms", 0) + jitter_ms) / 1000)
        case Fault.CLOCK_OFFSET:
            request.clock_offset_s += rule.number("offset_s", 600)
        case Fault.KEY_REVOKED:
            exchange.api.verifier.revoked.add(request.headers.get("X-Ascip-Key", ""))
        case fault if fault in WORLD:
            _change_world(exchange, rule)
        case _:
            _bend_reading(request.twist, rule)


def _bend_reading(twist: Twist, rule: Rule) -> None:
    count = int(rule.number("count", 1))
    match rule.fault:
        case Fault.STALE_READ:
            twist.lag_s = rule.number("lag_ms", 10_000) / 1000
        case Fault.PAGE_SHIFT:
            twist.order_seed = rule.random.randrange(1 << 32)
        case Fault.PAGE_REPEAT:
            twist.repeat = count
        case Fault.PAGE_MISS:
            twist.miss = count
        case Fault.WRONG_TOTAL:
            twist.total_delta = int(rule.number("delta", -1))
        case Fault.EMPTY_LIST:
            twist.empty = True
        case _:
            pass


def _change_world(exchange: Exchange, rule: Rule) -> None:
    """Journalled under a method of its own, so that it is never taken for the client's write."""
    try:
        effect = change_world(exchange.api.state, rule)
    except Refusal:
        effect = None
    exchange.journal.add(
        ("_SIM", exchange.request.path, ""),
        status=0,
        effect=effect,
        body_sha256="",
        connection=0,
        fault=rule.fault,
    )
