"""Looks for many short texts in a long one, all in one pass: the shield's search of damaged bytes."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

#: Characters of the piece a needle is found by; the rest of it is compared where the piece stands.
_PIECE = 5
#: Characters of text whose pieces are all kept, about 20 MB of them.
_LITTLE = 200_000
#: What an export may double, put in front of others or write in another form.
_QUOTES = frozenset("\"'`\\\u2018\u2019\u201c\u201d")
#: Letters by their class, but nothing is seen where they stand.
_FILLERS = frozenset("\u115f\u1160\u2800")


class _Bared(dict[int, str]):
    """Character by character, so that what stands together in a text does so in its bare form."""

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", chr(code)).casefold())
        self[code] = "".join(
            c
            for c in plain
            if unicodedata.category(c)[0] not in "CZM"
            and c not in _QUOTES
            and c not in _FILLERS
            and c != "\ufffd"
        )
        return self[code]


_BARED = _Bared()


def bare(text: str) -> str:
    """The form in which bytes are searched: no case, marks, quotes, blanks, line ends or invisibles.

    Two texts that a damaged file may write for each other are one; that it makes one of some that are
    two, and joins what blanks keep apart, finds rather one too many.
    """
    return text.translate(_BARED)


class Needles:
    """Bare texts to look for; ready once, used for many texts."""

    def __init__(self, needles: Iterable[str]) -> None:
        """Find for each needle the piece of it that the fewest others share."""
        self._all = sorted({needle for needle in needles if needle})

    @cached_property
    def _by_piece(self) -> dict[str, list[tuple[str, int]]]:
        long = [needle for needle in self._all if len(needle) >= _PIECE]
        shared = Counter(needle[at : at + _PIECE] for needle in long for at in _places(needle))
        found: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for needle in long:
            _, at = min((shared[needle[at : at + _PIECE]], at) for at in _places(needle))
            found[needle[at : at + _PIECE]].append((needle, at))
        return dict(found)

    @cached_property
    def _short(self) -> dict[int, frozenset[str]]:
        lengths = {len(needle) for needle in self._all if len(needle) < _PIECE}
        return {n: frozenset(k for k in self._all if len(k) == n) for n in lengths}

    def found_in(self, text: str) -> set[str]:
        """Needles that stand anywhere in ``text``, a bare one, inside a longer word too."""
        found: set[str] = set()
        for length, needles in self._short.items():
            found.update(needles & {text[at : at + length] for at in range(len(text))})
        by_piece = self._by_piece.get
        for at in range(len(text) - _PIECE + 1):
            for needle, begins in by_piece(text[at : at + _PIECE], ()):
                if at >= begins and text.startswith(needle, at - begins):
                    found.add(needle)
        return found


def _places(needle: str) -> Iterator[int]:
    """Where the pieces of a needle begin that may stand for it."""
    yield from range(0, len(needle) - _PIECE + 1, _PIECE)
    if len(needle) % _PIECE:
        yield len(needle) - _PIECE


def may_stand_in(texts: Sequence[str]) -> Callable[[str], bool]:
    """Says no only of bare needles that are in none of the bare ``texts``, at the price of a look-up.

    There are few damaged rows and many people: nearly all of these need no further search.
    """
    if sum(map(len, texts)) > _LITTLE:
        return lambda _: True
    pieces = {text[at : at + _PIECE] for text in texts for at in range(len(text) - _PIECE + 1)}
    return lambda needle: len(needle) < _PIECE or needle[:_PIECE] in pieces
