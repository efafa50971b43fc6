"""Whether an LMS keeps the rules of the contract: what is asked, and what was found."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Conformity(StrEnum):
    """What was found of a rule."""

    HOLDS = "holds"
    BROKEN = "broken"
    NOT_CHECKED = "not_checked"  # nothing to judge it by; the detail says what was missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One sentence of the contract. ``writes``: judging it takes a sandbox."""

    id: str
    statement: str
    writes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A rule and what was seen. ``detail`` holds ids, field names and codes; no name, no email."""

    rule: Rule
    conformity: Conformity
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftBehind:
    """What a check with writes leaves in the LMS."""

    #: Ids of all people it made.
    people: tuple[int, ...] = ()
    #: Those of them that are not known to be inactive and without groups.
    unclean: tuple[int, ...] = ()
    #: Made-up emails of creates that had no usable answer: such a person may be there, or come late.
    lost: tuple[str, ...] = ()


class Conformance(Protocol):
    """A check of one LMS: first `reading`; then, where that is allowed, `writing` and `tidy_up`."""

    @property
    @abstractmethod
    def requests(self) -> int:
        """How many were sent so far."""

    @property
    @abstractmethod
    def left(self) -> LeftBehind:
        """What is left behind, as far as it is known now."""

    @abstractmethod
    def reading(self) -> Iterator[Judged]:
        """Judge the rules that GETs can judge, one by one.

        Raises:
            KeyRefused, Permanent, Transient: the LMS refuses the key, or nothing usable answers.
        """

    @abstractmethod
    def intention(self) -> str:
        """What `writing` is about to write, in words."""

    @abstractmethod
    def writing(self) -> Iterator[Judged]:
        """Judge the other rules with people of its own; raises as `reading` does."""

    @abstractmethod
    def tidy_up(self) -> None:
        """Make its people inactive and take them out of all groups; `left` tells what came of it."""
