"""Looks at ASCIP with one signed read: reachable, key and scopes, clocks, rate."""

import secrets
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx

from shared.adapters.lms.answers import decoded, refuse
from shared.adapters.lms.shapes import Garbled, mapping
from shared.adapters.lms.signing import Signer
from shared.adapters.lms.unreachable import UNTRUSTED, bad_certificate, why
from shared.domain.errors import KeyRefused, TargetError, Transient
from shared.ports.probe import Finding, Probe, Verdict

#: ASCIP refuses from 300 s on; well before that somebody should look.
MAX_SKEW_S = 60
TIMEOUT_S = 5
MAX_BODY_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How ASCIP is called."""

    base_url: str
    key_id: str
    secret: str = field(repr=False)
    rate_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def probe(access: Access, now: Callable[[], float] = time.time) -> Probe:
    """One `GET /tenant`, outside of the shared limit; whoever polls remembers what it found."""

    def look() -> Iterator[Finding]:
        began = time.monotonic()
        try:
            answer = _ask(access, now)
            response_s = time.monotonic() - began
            yield from _judge(access, answer, response_s, now())
        except TargetError as error:
            yield Finding(
                name="ascip", verdict=Verdict.ERROR, detail=_sentence(error),
                remedy=_remedy(error), facts={"code": error.code},
            )  # fmt: skip
        except (httpx.HTTPError, httpx.InvalidURL, OSError, Garbled) as error:
            yield _unreachable(error)

    return Probe(name="ascip", look=look)


def _ask(access: Access, now: Callable[[], float]) -> _Answer:
    path = urlsplit(access.base_url).path + "/tenant"
    signer = Signer(access.key_id, access.secret, now, lambda: secrets.token_hex(12))
    headers = signer.headers("GET", path, (), b"")
    # The environment's proxies are not taken: the engine's own client doesn't take them either. Whom
    # this machine trusts both ask the machine: httpx by itself would ask a list that it brings along.
    trusted = ssl.create_default_context()
    with (
        httpx.Client(timeout=TIMEOUT_S, trust_env=False, verify=trusted) as client,
        client.stream("GET", f"{access.base_url}/tenant", headers=headers) as answer,
    ):
        body = b""
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise Garbled("the answer is too large")
        return _Answer(status=answer.status_code, headers=answer.headers, body=body)


def _judge(access: Access, answer: _Answer, response_s: float, now_s: float) -> Iterator[Finding]:
    facts = {"response_time_ms": round(response_s * 1000, 1)}
    if answer.status != HTTPStatus.OK:
        refuse(answer.status, answer.headers, answer.body, write=False, now_s=now_s)
    tenant = mapping(decoded(answer.body, answer.headers.get("content-type", "")), "tenant")
    yield Finding(
        name="ascip", facts=facts,
        detail=f"{tenant.get('name')} at {access.base_url} accepts key {access.key_id}",
    )  # fmt: skip
    yield _scopes(access.key_id, tenant)
    yield _clock(answer.headers, now_s)
    yield _rate(answer.headers, access.rate_per_s)


def _scopes(key_id: str, tenant: Mapping[str, object]) -> Finding:
    named = tenant.get("scopes")
    scopes = {str(scope) for scope in named} if isinstance(named, list) else set()
    if {"read", "write"} <= scopes:
        return Finding(name="ascip-scopes", detail="the key may read and write")
    if "read" in scopes:
        return Finding(
            name="ascip-scopes", verdict=Verdict.WARNING,
            detail=f"key {key_id} may only read: plans can be made, applying will be refused",
            remedy="give the key the scope `write` in ASCIP before the first apply",
        )  # fmt: skip
    return Finding(
        name="ascip-scopes", verdict=Verdict.ERROR,
        detail=f"key {key_id} has {', '.join(sorted(scopes)) or 'no scopes'}",
        remedy="give the key the scopes `read` and `write` in ASCIP",
    )  # fmt: skip


def _clock(headers: Mapping[str, str], now_s: float) -> Finding:
    try:
        there_s = parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (TypeError, ValueError):
        return Finding(name="ascip-clock", detail="ASCIP doesn't say what time it has")
    offset_s = round(there_s - now_s)  # a Date has whole seconds
    if abs(offset_s) >= MAX_SKEW_S:
        side = "behind" if offset_s > 0 else "ahead of"
        return Finding(
            name="ascip-clock", verdict=Verdict.WARNING, facts={"offset_s": offset_s},
            detail=f"this machine's clock is {abs(offset_s)} s {side} ASCIP's; at 300 s it is refused",
            remedy="set this machine's clock by NTP",
        )  # fmt: skip
    return Finding(
        name="ascip-clock", detail=f"{offset_s:+d} s from this machine's",
        facts={"offset_s": offset_s},
    )  # fmt: skip


def _rate(headers: Mapping[str, str], rate_per_s: float) -> Finding:
    try:
        allowed = float(headers.get("x-ratelimit-limit", ""))
    except ValueError:
        return Finding(
            name="ascip-rate", detail=f"{rate_per_s:g} calls a second; ASCIP names no limit"
        )
    if rate_per_s > allowed:
        return Finding(
            name="ascip-rate", verdict=Verdict.WARNING,
            detail=f"ascip.rate_per_s is {rate_per_s:g}, ASCIP allows {allowed:g} calls a second",
            remedy=f"set ascip.rate_per_s = {allowed:g}: faster only earns refusals and waits",
        )  # fmt: skip
    return Finding(
        name="ascip-rate", detail=f"{rate_per_s:g} calls a second of {allowed:,.10g} allowed"
    )


def _unreachable(error: Exception) -> Finding:
    if isinstance(error, Garbled):
        what, remedy = f"something answers, but not as ASCIP does: {error}", "check ascip.base_url"
    elif certificate := bad_certificate(error):
        what = certificate
        remedy = "have the certificate renewed, or check this machine's clock and ascip.base_url"
        if certificate == UNTRUSTED:
            remedy = "if it is of the district's own authority, add that one to this machine's trust store"
    else:
        what = f"can't be reached ({why(error)})"
        remedy = "check network, firewall and ascip.base_url"
    return Finding(
        name="ascip", verdict=Verdict.ERROR, detail=f"ASCIP: {what}", remedy=remedy,
        facts={"code": "unreachable"},
    )  # fmt: skip


def _sentence(error: TargetError) -> str:
    """What happened, without the advice that follows in `remedy`."""
    return str(error).partition("; ")[0]


def _remedy(error: TargetError) -> str:
    advice = str(error).partition("; ")[2]
    if isinstance(error, KeyRefused):
        return advice
    if isinstance(error, Transient):
        return advice or "try again later"
    return advice or "check ascip.base_url: it ends in /api/v1"
