"""Names of people as they are compared: without accents, case, punctuation and order."""

import unicodedata
from functools import lru_cache
from typing import Protocol

from rapidfuzz.distance import JaroWinkler

#: Letters that Unicode doesn't take apart into a plain one and an accent.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"}
)
#: Two words are one name from here on: "Jon" and "John" are, "Ann" and "Amy" are not.
ALIKE = 0.88


class Named(Protocol):
    """A record or a person."""

    @property
    def first_name(self) -> str: ...
    @property
    def last_name(self) -> str: ...


@lru_cache(maxsize=1 << 16)
def name_words(name: str) -> tuple[str, ...]:
    """The words of a name: "O'Brien-Núñez" is ``obrien`` and ``nunez``."""
    folded = unicodedata.normalize("NFKD", name.casefold()).translate(_LETTERS)
    kept = (
        c if c.isalnum() else "" if c in "'’ʼ`´." or unicodedata.combining(c) else " "
        for c in folded
    )
    return tuple("".join(kept).split())


def names_agree(one: Named, other: Named) -> bool:
    """Whether any word of one's names is one of the other's, in whatever place; blanks agree."""
    ours = {*name_words(one.first_name), *name_words(one.last_name)}
    theirs = {*name_words(other.first_name), *name_words(other.last_name)}
    if not ours or not theirs or ours & theirs:
        return True
    return any(JaroWinkler.similarity(a, b) >= ALIKE for a in ours for b in theirs)
