"""The rules of `PUT /_sim/faults`: which fault hits which request. Used by `app` and `admin`.

A rule counts the requests it could hit (its method, its path, the kind its fault needs), from 1;
it fires by number or by a probability drawn from its own seeded generator.
"""

import random
import re
from dataclasses import dataclass, field
from enum import StrEnum

from .model import JsonObject

_WRITES = frozenset({"POST", "PUT", "DELETE"})
_READS = frozenset({"GET"})
_LIST_PATH = re.compile(r"/(people|groups|buckets|roles|timezones|members)$")


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
    HUGE_BODY = "huge_body"
    GZIP_BOMB = "gzip_bomb"


WORLD = frozenset(
    {Fault.EDITED_ELSEWHERE, Fault.BUCKET_DELETED, Fault.GROUP_DELETED, Fault.COMES_BACK}
)
LISTS = frozenset(
    {Fault.PAGE_SHIFT, Fault.PAGE_REPEAT, Fault.PAGE_MISS, Fault.WRONG_TOTAL, Fault.EMPTY_LIST}
)
ENDINGS = frozenset(
    {
        Fault.RATE_LIMITED,
        Fault.SERVER_ERROR,
        Fault.RESET,
        Fault.BLACK_HOLE,
        Fault.ANSWER_LOST,
        Fault.LATE_EFFECT,
        Fault.HTML,
        Fault.TRUNCATED,
        Fault.EMPTY_200,
        Fault.HUGE_BODY,
        Fault.GZIP_BOMB,
    }
)
_METHODS: dict[Fault, frozenset[str]] = {
    Fault.ANSWER_LOST: _WRITES,
    Fault.LATE_EFFECT: _WRITES,
    Fault.STALE_READ: _READS,
    **dict.fromkeys(LISTS, _READS),
}
_RULE_KEYS = frozenset({"fault", "probability", "request", "method", "path", "max"})


class BadRuleError(ValueError):
    """A rule that can't be understood; the message names what is wrong."""


@dataclass(slots=True, kw_only=True)
class Rule:
    fault: Fault
    random: random.Random
    #: None where the rule fires by number, or always
    probability: float | None
    requests: frozenset[int]
    methods: frozenset[str] | None
    path: re.Pattern[str] | None
    #: how often it may still fire; None is without end
    left: int | None
    params: JsonObject = field(default_factory=dict)
    seen: int = 0
    fired: int = 0

    def fires(self, method: str, path: str) -> bool:
        if self.methods is not None and method not in self.methods:
            return False
        if self.path is not None and not self.path.search(path):
            return False
        if self.fault in LISTS and not _LIST_PATH.search(path):
            return False
        self.seen += 1
        if self.left == 0:
            return False
        if self.requests:
            hit = self.seen in self.requests
        else:
            hit = self.probability is None or self.random.random() < self.probability
        if hit:
            self.fired += 1
            self.left = None if self.left is None else self.left - 1
        return hit

    def number(self, name: str, default: float) -> float:
        value = self.params.get(name, default)
        return float(value) if isinstance(value, (int, float)) else default

    def flag(self, name: str) -> bool:
        return self.params.get(name) is True


@dataclass(slots=True)
class Faults:
    rules: list[Rule] = field(default_factory=list)
    document: JsonObject = field(default_factory=lambda: {"seed": 0, "rules": []})

    def load(self, document: JsonObject) -> None:
        """Takes a new set of rules, all or none; counting starts again."""
        seed, rules = document.get("seed", 0), document.get("rules", [])
        if type(seed) is not int or not isinstance(rules, list):
            raise BadRuleError("`seed` is an integer and `rules` a list")
        self.rules = [_rule(item, f"{seed}:{place}") for place, item in enumerate(rules)]
        self.document = document

    def clear(self) -> None:
        self.load({"seed": 0, "rules": []})

    def hitting(self, method: str, path: str) -> list[Rule]:
        return [rule for rule in self.rules if rule.fires(method, path)]

    def report(self) -> JsonObject:
        counts = [{"seen": rule.seen, "fired": rule.fired} for rule in self.rules]
        return {**self.document, "counts": counts}


def _rule(item: object, seed: str) -> Rule:
    if not isinstance(item, dict):
        raise BadRuleError("a rule is an object")
    try:
        fault = Fault(str(item.get("fault")))
    except ValueError:
        raise BadRuleError(f"unknown fault {item.get('fault')!r}") from None
    method = item.get("method")
    return Rule(
        fault=fault,
        random=random.Random(seed),
        probability=_probability(item),
        requests=_requests(item),
        methods=frozenset({str(method).upper()}) if method else _METHODS.get(fault),
        path=_pattern(item.get("path")),
        left=_left(item),
        params={name: value for name, value in item.items() if name not in _RULE_KEYS},
    )


def _probability(item: JsonObject) -> float | None:
    value = item.get("probability")
    if value is None:
        return None
    if "request" in item or isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadRuleError("`probability` is a number, and not together with `request`")
    if not 0 <= value <= 1:
        raise BadRuleError("`probability` lies between 0 and 1")
    return float(value)


def _requests(item: JsonObject) -> frozenset[int]:
    value = item.get("request", [])
    numbers = [value] if type(value) is int else value
    if not isinstance(numbers, list) or any(type(each) is not int or each < 1 for each in numbers):
        raise BadRuleError("`request` is a number from 1, or a list of them")
    if "request" in item and not numbers:
        raise BadRuleError("`request` is empty")
    return frozenset(numbers)


def _pattern(value: object) -> re.Pattern[str] | None:
    if value is None:
        return None
    try:
        return re.compile(str(value))
    except re.error as error:
        raise BadRuleError(f"`path` is no regular expression: {error}") from None


def _left(item: JsonObject) -> int | None:
    value = item.get("max")
    if value is None:
        return None
    if type(value) is not int or value < 0:
        raise BadRuleError("`max` is a whole number")
    return value
