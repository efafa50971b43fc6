"""One rule of `PUT /_sim/faults`: which requests it hits, and how it is read. Used by `faults`.

A rule counts the requests it could hit (its method, its path, the kind its fault needs), from 1;
it fires by number or by a probability drawn from its own seeded generator. With `for_s` a rule
that fired goes on firing for so many seconds.
"""

import random
import re
from dataclasses import dataclass, field

from .fault import LISTS, METHODS, PARAMETERS, Fault
from .model import JsonObject

#: what every rule may have, whatever its fault
COMMON = ("fault", "probability", "request", "method", "path", "max", "for_s")
_LIST_PATH = re.compile(r"/(people|groups|buckets|roles|timezones|members)$")


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
    #: how often it may still fire, a storm of `for_s` counting once; None is without end
    left: int | None
    #: how long it goes on firing, and until when it does so now
    for_s: float = 0.0
    until: float = 0.0
    params: JsonObject = field(default_factory=dict)
    seen: int = 0
    fired: int = 0

    def fires(self, method: str, path: str, now: float) -> bool:
        if self.methods is not None and method not in self.methods:
            return False
        if self.path is not None and not self.path.search(path):
            return False
        if self.fault in LISTS and not _LIST_PATH.search(path):
            return False
        self.seen += 1
        hit = now < self.until or self._starts(now)
        self.fired += hit
        return hit

    def _starts(self, now: float) -> bool:
        if self.left == 0:
            return False
        if self.requests:
            hit = self.seen in self.requests
        else:
            hit = self.probability is None or self.random.random() < self.probability
        if hit:
            self.left = None if self.left is None else self.left - 1
            self.until = now + self.for_s
        return hit

    def number(self, name: str, default: float) -> float:
        value = self.params.get(name, default)
        return float(value) if isinstance(value, (int, float)) else default

    def flag(self, name: str) -> bool:
        return self.params.get(name) is True


def read_rule(item: object, seed: str) -> Rule:
    if not isinstance(item, dict):
        raise BadRuleError("a rule is an object")
    try:
        fault = Fault(str(item.get("fault")))
    except ValueError:
        raise BadRuleError(f"unknown fault {item.get('fault')!r}") from None
    method = item.get("method")
    params = {name: value for name, value in item.items() if name not in COMMON}
    _check_parameters(fault, params)
    return Rule(
        fault=fault,
        random=random.Random(seed),
        probability=_probability(item),
        requests=_requests(item),
        methods=frozenset({str(method).upper()}) if method else METHODS.get(fault),
        path=_pattern(item.get("path")),
        left=_left(item),
        for_s=_for_s(item),
        params=params,
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


def _for_s(item: JsonObject) -> float:
    value = item.get("for_s", 0)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise BadRuleError("`for_s` is a number of seconds, not negative")
    return float(value)


def _check_parameters(fault: Fault, params: JsonObject) -> None:
    known = PARAMETERS[fault]
    for name, value in params.items():
        if name not in known:
            takes = ", ".join([*known, *COMMON[1:]])
            raise BadRuleError(f"{fault} has no parameter {name!r}; it takes {takes}")
        if not known[name].fits(value):
            raise BadRuleError(f"`{name}` of {fault} is {known[name].words}")
    if "delay_ms" in params and "after_requests" in params:
        raise BadRuleError("`delay_ms` and `after_requests` exclude each other")
