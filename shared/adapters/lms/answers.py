"""What an answer of the LMS means: status and code become the error tree. Used by `Wire`."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NoReturn

from shared.adapters.lms.shapes import Garbled, word
from shared.domain.errors import KeyRefused, OutcomeUnknown, Permanent, Transient
from shared.ports.target import Trouble

#: A longer hold is cut to this, and so is a Retry-After nobody can mean.
MAX_HOLD_S = 900.0
#: Where a 429 says nothing usable and no limiter knows better.
DEFAULT_HOLD_S = 1.0
#: Longest hold where no call is left: some mean by the reset when all of them are back.
MAX_SHORTAGE_S = 5.0
#: `Date` has whole seconds. Within so many of it our own clock is right, and finer.
_DATE_TELLS_S = 2.0
_CLIENT_ERROR, _SERVER_ERROR = 400, 500
#: 303 is not among them: it says that the request was carried out.
_REDIRECTS = frozenset({301, 302, 307, 308})
_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
#: The request did not arrive whole, too early, or at nobody: it had no effect.
_NOT_DONE = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.SERVICE_UNAVAILABLE}
)


def decoded(body: bytes, content_type: str) -> object:
    """The JSON of a 2xx answer, in UTF-8 with or without a byte order mark.

    Raises:
        Garbled: for another content type or encoding, broken or truncated JSON, a name that comes
            twice in an object, NaN and its like, or an empty body.
    """
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Garbled("the answer is not application/json")
    try:
        data: object = _READER.decode(body.decode("utf-8-sig"))
    except Garbled:
        raise
    except (ValueError, RecursionError):
        raise Garbled("the answer is not whole JSON") from None
    return data


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Which of two values is meant can't be known."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Garbled("a name comes twice in an object")
    return found


def _no_number(_name: str) -> NoReturn:
    raise Garbled("a number is none")


#: One for all answers: `json.loads` would make a reader for each.
_READER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_number)


def lost(
    reason: str, code: str, *, write: bool, status: int | None = None
) -> Transient | OutcomeUnknown:
    """The error for an answer that can't be used though the request may have arrived."""
    if write:
        return OutcomeUnknown(f"{reason}; the write may have happened", code=code, status=status)
    return Transient(f"{reason}; try again later", code=code, status=status)


def refuse(
    status: int, headers: Mapping[str, str], body: bytes, *, write: bool, now_s: float
) -> NoReturn:
    """Raise what an answer other than 2xx means. Only codes and field names go into the message."""
    error = _error(body)
    code = _code(error, status)
    said = f"ASCIP answered {status} {code}"
    if code == "replayed":
        # Somebody between us and the LMS sent the request twice; the first one counted.
        raise lost(said, code, write=write, status=status)
    if status in _REFUSED:
        raise KeyRefused(_key_advice(said, code, error, now_s), code=code, status=status)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        hold_s = retry_after_s(headers, now_s)
        code = Trouble.RATE_LIMITED.value
        raise Transient(f"{said}; slow down", code=code, status=status, retry_after_s=hold_s)
    if status in _NOT_DONE:
        wait_s = retry_after_s(headers, now_s)
        raise Transient(f"{said}; try again later", code=code, status=status, retry_after_s=wait_s)
    if status in _REDIRECTS:
        advice = "redirects are not followed: check ascip.base_url"
        raise Permanent(f"{said}; {advice}", code="redirected", status=status)
    if _CLIENT_ERROR <= status < _SERVER_ERROR:
        fields = _field_names(error)
        said += f" for {', '.join(fields)}" if fields else ""
        raise Permanent(said, code=code, status=status, person_id=_person_id(error))
    raise lost(said, code, write=write, status=status)


def retry_after_s(headers: Mapping[str, str], now_s: float) -> float | None:
    """Seconds that `Retry-After` asks for, at most `MAX_HOLD_S`; None if it says nothing usable."""
    raw = headers.get("retry-after", "").strip()
    wait_s = _number(raw)
    if wait_s is None and raw:
        until, sent = _date(raw), _date(headers.get("date", ""))
        # Against the answer's own Date a clock that is off does no harm.
        wait_s = until - (sent if sent is not None else now_s) if until is not None else None
    if wait_s is None or math.isnan(wait_s) or wait_s <= 0:
        return None
    return min(wait_s, MAX_HOLD_S)


def none_left(headers: Mapping[str, str]) -> bool:
    """Whether an answer says that the next call would be one too many."""
    return headers.get("x-ratelimit-remaining") == "0"


def shortage_s(headers: Mapping[str, str], now_s: float) -> float:
    """Seconds until calls are left again, by the other `X-RateLimit` headers."""
    reset, limit = (_number(headers.get(f"x-ratelimit-{of}", "")) for of in ("reset", "limit"))
    least_s = 1 / limit if limit is not None and limit > 0 else DEFAULT_HOLD_S
    if reset is None or math.isnan(reset):
        return min(least_s, MAX_SHORTAGE_S)
    sent = _date(headers.get("date", ""))
    agree = sent is None or 0 <= now_s - sent < _DATE_TELLS_S
    return min(max(reset - (now_s if agree or sent is None else sent), least_s), MAX_SHORTAGE_S)


def _number(raw: str) -> float | None:
    try:
        return float(raw)
    except ValueError:
        return None


def _date(raw: str) -> float | None:
    try:
        moment = parsedate_to_datetime(raw)
    except (ValueError, TypeError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _error(body: bytes) -> dict[str, object]:
    """The `error` object, with what the contract leaves beside it (`personId`, `serverTime`)."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(data, dict):
        return {}
    inner = data.get("error")
    return {**data, **inner} if isinstance(inner, dict) else {}


def _code(error: Mapping[str, object], status: int) -> str:
    code = error.get("code")
    return word(code) if isinstance(code, str) and code else f"http_{status}"


def _field_names(error: Mapping[str, object]) -> list[str]:
    fields = error.get("fields")
    return sorted(word(str(name)) for name in fields) if isinstance(fields, dict) else []


def _person_id(error: Mapping[str, object]) -> int | None:
    value = error.get("personId")
    return value if type(value) is int else None


def _key_advice(said: str, code: str, error: Mapping[str, object], now_s: float) -> str:
    if code != "clock_skew":
        return f"{said}; check ascip.key_id, its secret and its scopes"
    try:
        server = datetime.fromisoformat(str(error.get("serverTime")))
    except ValueError:
        return f"{said}; set this machine's clock"
    offset_s = (server if server.tzinfo else server.replace(tzinfo=UTC)).timestamp() - now_s
    return f"{said}; ASCIP's clock is {offset_s:+.0f} s from this machine's: set the clock"
