"""Where a broken rule takes hold of a request, and the register of the functions that break rules.

Used by `broken_reads` and `broken_writes`, whose functions bear the ids of the rules, and by
`broken`, which plays them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from .messages import PREFIX

Act = Callable[..., None]


class Place(Enum):
    """Each says what its functions are given; they change the first of it."""

    #: before length, key and signature are looked at: the request, the verifier
    ARRIVING = auto()
    #: a read that was admitted: its parameters
    ASKED = auto()
    #: a write that was admitted: its body, the request, the tenant; may raise a refusal
    SENT = auto()
    #: an answer below 300 that has a body: its document, the request
    SHOWN = auto()
    #: any answer: the answer
    ANSWERED = auto()
    #: what the tenant lets pass: its leniency
    LENIENT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    place: Place
    method: str
    path: re.Pattern[str]
    act: Act

    def fits(self, method: str, path: str) -> bool:
        if self.method and self.method != method:
            return False
        return self.path.fullmatch(path.removeprefix(PREFIX)) is not None


class Register(dict[str, Break]):
    """Ids of rules to what breaks them."""

    def at(self, place: Place, method: str = "", path: str = ".*") -> Callable[[Act], Act]:
        """A decorator; without method or path the function is called for every request."""

        def register(act: Act) -> Act:
            self[act.__name__] = Break(place=place, method=method, path=re.compile(path), act=act)
            return act

        return register
