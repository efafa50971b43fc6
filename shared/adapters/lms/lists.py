"""Reads a paged list until it is proved whole: unique ids must number `totalItems`."""

import math
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from shared.adapters.lms import fields
from shared.adapters.lms.loop import together
from shared.adapters.lms.shapes import Garbled
from shared.adapters.lms.signing import Query

T = TypeVar("T")

PAGE_SIZE = 200
PASSES = 3
#: More can't be meant; it bounds the number of pages asked for.
_MAX_ITEMS = 2_000_000


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """A page whose items are read: id → item."""

    items: dict[int, T]
    total: int


GetPage: TypeAlias = Callable[[int], Coroutine[Any, Any, Listed[T]]]


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A list as far as it was read, by id; ``total`` is what the LMS said last."""

    items: dict[int, T]
    total: int
    complete: bool
    passes: int


def page_reader(
    parse: Callable[[object], T], key: Callable[[T], int]
) -> Callable[[object], Listed[T]]:
    """A parser of whole pages, for `Wire.call`."""

    def read(data: object) -> Listed[T]:
        page = fields.page(data)
        if page.total_items > _MAX_ITEMS:
            raise Garbled("totalItems is beyond belief")
        return Listed({key(item): item for item in map(parse, page.items)}, page.total_items)

    return read


def page_query(number: int) -> Query:
    """The query for a page, from 1."""
    return (("page", str(number)), ("pageSize", str(PAGE_SIZE)))


async def read_list(get: GetPage[T], most_passes: int = PASSES) -> Listing[T]:
    """Read pages with ``get(number)`` in up to three passes.

    The order may change between pages, so a pass can miss items and meet others twice. What
    several passes found together counts too, as long as `totalItems` never changed. A pass that
    finds just what the one before did is the last: a third would find it again.
    """
    together: dict[int, T] = {}
    totals: set[int] = set()
    total, before = 0, None
    for number in range(1, most_passes + 1):
        items, said = await _one_pass(get)
        total = max(said)
        together |= items
        totals |= said
        if len(said) == 1 and len(items) == total:
            return Listing(items, total, complete=True, passes=number)
        if len(totals) == 1 and len(together) == total:
            return Listing(together, total, complete=True, passes=number)
        if (items.keys(), said) == before:
            break
        before = (items.keys(), said)
    return Listing(together, total, complete=False, passes=number)


async def _one_pass(get: GetPage[T]) -> tuple[dict[int, T], set[int]]:
    first = await get(1)
    numbers = range(2, math.ceil(first.total / PAGE_SIZE) + 1)
    pages = [first, *await together(get(number) for number in numbers)]
    items = {key: item for page in pages for key, item in page.items.items()}
    return items, {page.total for page in pages}
