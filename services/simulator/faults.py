"""The rules that are in force, as `PUT /_sim/faults` set them. Used by `app` and `admin`."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .model import JsonObject
from .rules import BadRuleError, Rule, read_rule


@dataclass(slots=True)
class Faults:
    rules: list[Rule] = field(default_factory=list)
    document: JsonObject = field(default_factory=lambda: {"seed": 0, "rules": []})
    now: Callable[[], float] = time.monotonic

    def load(self, document: JsonObject) -> None:
        """Takes a new set of rules, all or none; counting starts again."""
        seed, rules = document.get("seed", 0), document.get("rules", [])
        if type(seed) is not int or not isinstance(rules, list):
            raise BadRuleError("`seed` is an integer and `rules` a list")
        self.rules = [read_rule(item, f"{seed}:{place}") for place, item in enumerate(rules)]
        self.document = document

    def clear(self) -> None:
        self.load({"seed": 0, "rules": []})

    def hitting(self, method: str, path: str) -> list[Rule]:
        now = self.now()
        return [rule for rule in self.rules if rule.fires(method, path, now)]

    def report(self) -> JsonObject:
        counts = [{"seen": rule.seen, "fired": rule.fired} for rule in self.rules]
        return {**self.document, "counts": counts}
