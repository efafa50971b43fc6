"""Names of people as they are compared: without accents, case, punctuation and order."""

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from itertools import product
from typing import NamedTuple, Protocol

from rapidfuzz.distance import JaroWinkler

#: Two words are one name from here on: "Jon" and "John" are, "Ann" and "Amy" are not.
ALIKE = 0.88
#: How alike names are of which one is a part of the other, or an initial.
_PART, _INITIAL = 0.95, 0.9

#: Letters that Unicode doesn't take apart into a plain one and an accent.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "\u0131": "i"}
)
_DROPPED = frozenset("'`.\u2019\u02bc\u00b4")


class Named(Protocol):
    """A record or a person."""

    @property
    def first_name(self) -> str: ...
    @property
    def last_name(self) -> str: ...


class Part(NamedTuple):
    """A first or a last name: written as one, and its words."""

    text: str
    words: frozenset[str]
    #: Digits are written into a name to tell namesakes apart: never a slip of the pen.
    digits: str


class Name(NamedTuple):
    """The name of a person as it is compared."""

    first: Part
    last: Part


def name_of(named: Named) -> Name:
    """The name of a record or a person."""
    return Name(_part(named.first_name), _part(named.last_name))


@lru_cache(maxsize=1 << 16)
def _part(name: str) -> Part:
    """The words of a name: "O'Brien-Núñez" is ``obrien`` and ``nunez``."""
    plain = unicodedata.normalize("NFKD", name.casefold()).translate(_LETTERS)
    kept = (
        c if c.isalnum() else "" if c in _DROPPED or unicodedata.combining(c) else " "
        for c in plain
    )  # fmt: skip
    words = "".join(kept).split()
    text = "".join(words)
    return Part(text, frozenset(words), "".join(c for c in text if c.isdigit()))


def names_agree(one: Named, other: Named) -> bool:
    """Whether any word of one's names is one of the other's, in whatever place; blanks agree."""
    ours, theirs = name_of(one), name_of(other)
    words, their_words = ours.first.words | ours.last.words, theirs.first.words | theirs.last.words
    if not words or not their_words or words & their_words:
        return True
    return any(JaroWinkler.similarity(a, b) >= ALIKE for a, b in product(words, their_words))


def similarity(one: Name, other: Name, least: float = 0) -> float:
    """From 0 to 1: how alike the less alike of both names is, in whichever order they stand.

    Anything below ``least`` may come out as 0.
    """
    straight = _alike(one.first, other.first)
    if straight >= least:
        straight = min(straight, _alike(one.last, other.last))
    turned = _alike(one.first, other.last)
    if turned >= least:
        turned = min(turned, _alike(one.last, other.first))
    best = max(straight, turned)
    return best if best >= least else 0


def _alike(one: Part, other: Part) -> float:
    a, b = one.text, other.text
    if a == b:
        return 1
    if not a or not b or one.digits != other.digits:
        return 0
    if (len(one.words) > 1 or len(other.words) > 1) and (
        one.words <= other.words or other.words <= one.words
    ):
        return _PART
    if 1 in (len(a), len(b)) and a[0] == b[0]:
        return _INITIAL
    return JaroWinkler.similarity(a, b)


def similar_names(
    ours: Iterable[Name], theirs: Iterable[Name], least: float
) -> Iterator[tuple[Name, Name, float]]:
    """Pairs of one of ours and one of theirs that are at least so similar.

    Only names are compared that share a block: a word, with at most one letter too many, too few or
    wrong, and the initial of another word. Of 4,636 pairs in public data that are alike by 0.85 it misses
    two (docs/explanation/identity.md).
    """
    names = list(ours)
    blocks: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(names):
        for block in _blocks(name):
            blocks[block].append(number)
    for name in theirs:
        near: set[int] = set()
        for block in _blocks(name):
            if block in blocks:
                near.update(blocks[block])
        for number in near:
            if score := similarity(names[number], name, least):
                yield names[number], name, score


def _blocks(name: Name) -> Collection[str]:
    words = name.first.words | name.last.words
    told = [word for word in words if len(word) > 2] or words  # not "de", "la", "van"
    blocks: set[str] = set()
    for word in told:
        initials = {other[0] for other in words if other != word} or {word[0]}
        forms = [word]
        if len(word) > 3:
            forms += [word[:i] + word[i + 1 :] for i in range(len(word))]
        for initial in initials:
            blocks.update([initial + form for form in forms])
    return blocks
