"""Which ids a file has shown so far, each with the hash of the row that had it first, in few bytes."""

from array import array
from collections.abc import Hashable

_FIRST_PLACES = 1 << 10


class FirstSeen:
    """Two 64-bit numbers a place and no objects: 24 to 48 bytes an id, where a dict takes 135.

    Ids are known by their hash. That two ids of a million share one happens in one file of 30
    million; both would be told to contradict each other, and nothing would be made of either.
    """

    def __init__(self) -> None:
        """Know no id."""
        self._count = 0
        self._make(_FIRST_PLACES)

    def meet(self, key: Hashable, content: int) -> int | None:
        """The content of the first row with this id, if there was one; else remember this one's."""
        ids, mask = self._ids, self._mask
        wanted = hash(key) or 1
        at = wanted & mask
        while found := ids[at]:
            if found == wanted:
                return self._contents[at]
            at = (at + 1) & mask
        ids[at], self._contents[at] = wanted, content
        self._count += 1
        if self._count > self._most:
            self._grow()
        return None

    def _make(self, places: int) -> None:
        """Empty places; an id stands at its hash or, where that is taken, behind it."""
        self._mask, self._most = places - 1, places * 2 // 3
        #: 0 is a free place.
        self._ids = array("q", [0]) * places
        self._contents = array("q", [0]) * places

    def _grow(self) -> None:
        before = zip(self._ids, self._contents, strict=True)
        self._make(2 * len(self._ids))
        ids, contents, mask = self._ids, self._contents, self._mask
        for known, content in before:
            if known:
                at = known & mask
                while ids[at]:
                    at = (at + 1) & mask
                ids[at], contents[at] = known, content
