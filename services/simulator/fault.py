"""The faults by name, what each of them can hit, and the parameters each takes. Used by `rules`."""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple


class Fault(StrEnum):
    # before the request is looked at
    LATENCY = "latency"
    CLOCK_OFFSET = "clock_offset"
    KEY_REVOKED = "key_revoked"
    EDITED_ELSEWHERE = "edited_elsewhere"
    BUCKET_DELETED = "bucket_deleted"
    GROUP_DELETED = "group_deleted"
    COMES_BACK = "comes_back"
    # a read that tells something else
    STALE_READ = "stale_read"
    PAGE_SHIFT = "page_shift"
    PAGE_REPEAT = "page_repeat"
    PAGE_MISS = "page_miss"
    WRONG_TOTAL = "wrong_total"
    EMPTY_LIST = "empty_list"
    # instead of the answer
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    RESET = "reset"
    BLACK_HOLE = "black_hole"
    ANSWER_LOST = "answer_lost"
    LATE_EFFECT = "late_effect"
    HTML = "html"
    TRUNCATED = "truncated"
    EMPTY_200 = "empty_200"
    CANNED = "canned"
    HUGE_BODY = "huge_body"
    GZIP_BOMB = "gzip_bomb"


WORLD = frozenset(
    {Fault.EDITED_ELSEWHERE, Fault.BUCKET_DELETED, Fault.GROUP_DELETED, Fault.COMES_BACK}
)
LISTS = frozenset(
    {Fault.PAGE_SHIFT, Fault.PAGE_REPEAT, Fault.PAGE_MISS, Fault.WRONG_TOTAL, Fault.EMPTY_LIST}
)
_WRITES = frozenset({"POST", "PUT", "DELETE"})
_READS = frozenset({"GET"})
#: what a fault can hit where its rule names no method; a fault that isn't here hits anything
METHODS: dict[Fault, frozenset[str]] = {
    Fault.ANSWER_LOST: _WRITES,
    Fault.LATE_EFFECT: _WRITES,
    Fault.STALE_READ: _READS,
    **dict.fromkeys(LISTS, _READS),
}


class Kind(NamedTuple):
    """What a parameter may be: the check, and the words for it."""

    fits: Callable[[object], bool]
    words: str


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return type(value) is int


def _one_of(*words: str) -> Kind:
    return Kind(lambda value: value in words, " or ".join(words))


_NUMBER = Kind(_is_number, "a number")
_NOT_NEGATIVE = Kind(lambda value: _is_number(value) and float(str(value)) >= 0, "0 or more")
_WHOLE = Kind(_is_whole, "a whole number")
_POSITIVE = Kind(lambda value: _is_whole(value) and int(str(value)) >= 1, "a whole number from 1")
_STATUS = Kind(lambda value: value in range(200, 600), "a status from 200 to 599")
_FLAG = Kind(lambda value: isinstance(value, bool), "true or false")
_TEXT = Kind(lambda value: isinstance(value, str), "a text")
_OBJECT = Kind(lambda value: isinstance(value, dict), "an object")
_ANYTHING = Kind(lambda _value: True, "anything")
_WAIT = Kind(
    lambda value: value is None or isinstance(value, str) or _is_number(value),
    "a number, a text or null",
)
_TAKES_EFFECT = {"takes_effect": _FLAG}

PARAMETERS: dict[Fault, dict[str, Kind]] = {
    Fault.LATENCY: {"ms": _NOT_NEGATIVE, "jitter_ms": _NOT_NEGATIVE},
    Fault.CLOCK_OFFSET: {"offset_s": _NUMBER},
    Fault.KEY_REVOKED: {},
    Fault.EDITED_ELSEWHERE: {"personId": _POSITIVE, "fields": _OBJECT},
    Fault.BUCKET_DELETED: {"bucketId": _POSITIVE},
    Fault.GROUP_DELETED: {"groupId": _POSITIVE},
    Fault.COMES_BACK: {"personId": _POSITIVE},
    Fault.STALE_READ: {"lag_ms": _NOT_NEGATIVE},
    Fault.PAGE_SHIFT: {},
    Fault.PAGE_REPEAT: {"count": _POSITIVE},
    Fault.PAGE_MISS: {"count": _POSITIVE},
    Fault.WRONG_TOTAL: {"delta": _WHOLE},
    Fault.EMPTY_LIST: {},
    Fault.RATE_LIMITED: {"retry_after": _WAIT, "seconds": _NUMBER},
    Fault.SERVER_ERROR: {
        "status": _STATUS,
        "retry_after": _WAIT,
        "seconds": _NUMBER,
        **_TAKES_EFFECT,
    },
    Fault.RESET: {},
    Fault.BLACK_HOLE: {"hold_s": _NOT_NEGATIVE, **_TAKES_EFFECT},
    Fault.ANSWER_LOST: {"how": _one_of("reset", "close")},
    Fault.LATE_EFFECT: {
        "delay_ms": _NOT_NEGATIVE,
        "after_requests": _POSITIVE,
        "how": _one_of("reset", "hang"),
        "hold_s": _NOT_NEGATIVE,
    },
    Fault.HTML: _TAKES_EFFECT,
    Fault.TRUNCATED: {"how": _one_of("body", "connection")},
    Fault.EMPTY_200: _TAKES_EFFECT,
    Fault.CANNED: {
        "status": _STATUS,
        "body": _ANYTHING,
        "content_type": _TEXT,
        **_TAKES_EFFECT,
    },
    Fault.HUGE_BODY: {"megabytes": _POSITIVE},
    Fault.GZIP_BOMB: {"megabytes": _POSITIVE},
}
