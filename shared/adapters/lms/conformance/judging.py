"""What a rule is made of: its statement, a function that judges it, and how that ends.

The function returns one sentence about what it saw where the rule holds, else it raises.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from shared.ports.conformance import Rule

S = TypeVar("S")


class Broken(Exception):
    """The LMS does something else than the rule says; the message tells what."""


class NotChecked(Exception):
    """There is nothing to judge the rule by; the message tells what is missing."""


class NoAnswer(Exception):
    """The LMS did not answer, or only that it can't now: it says nothing about a rule."""


Judge: TypeAlias = Callable[[S], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Generic[S]):
    """A rule with the function that judges it."""

    rule: Rule
    judge: Judge[S]


def rule(statement: str, *, writes: bool = False) -> Callable[[Judge[S]], Check[S]]:
    """Make a `Check` of a function; the function's name is the rule's public id."""

    def made(judge: Judge[S]) -> Check[S]:
        return Check(rule=Rule(id=judge.__name__, statement=statement, writes=writes), judge=judge)

    return made
