"""A list is whole when its unique ids number `totalItems`, whatever its order does."""

import asyncio
import random
from collections.abc import Callable

import pytest

from shared.adapters.lms.lists import PAGE_SIZE, Listed, Listing, page_reader, read_list
from shared.adapters.lms.shapes import Garbled

Answer = Callable[[int, int], tuple[list[int], int]]


def listing(answer: Answer) -> Listing[int]:
    """``answer`` gets the number of the page and how many calls came before."""
    calls = 0

    async def get(number: int) -> Listed[int]:
        nonlocal calls
        ids, total = answer(number, calls)
        calls += 1
        return Listed({i: i for i in ids}, total)

    return asyncio.run(read_list(get))


def page_of(ids: list[int], number: int) -> list[int]:
    return ids[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]


@pytest.mark.parametrize("size", [0, 1, PAGE_SIZE, PAGE_SIZE + 1, 5 * PAGE_SIZE])
def test_a_list_in_order_is_whole_after_one_pass(size: int) -> None:
    ids = list(range(1, size + 1))
    found = listing(lambda number, _calls: (page_of(ids, number), size))
    assert (sorted(found.items), found.complete, found.passes) == (ids, True, 1)


def test_an_order_that_changes_once_is_cured_by_another_pass() -> None:
    ids = list(range(1, 601))
    mixed = random.Random(1).sample(ids, 600)
    found = listing(lambda number, calls: (page_of(ids if calls else mixed, number), 600))
    assert (sorted(found.items), found.complete) == (ids, True)
    assert found.passes > 1


def test_what_two_passes_found_together_counts() -> None:
    first, second = list(range(1, 200)), list(range(2, 201))
    found = listing(lambda _number, calls: (second if calls else first, 200))
    assert (len(found.items), found.complete, found.passes) == (200, True, 2)


def test_what_passes_found_together_does_not_count_when_the_total_moved() -> None:
    pages = [([1, 2], 3), ([2, 3, 4], 4), ([1, 4, 5], 4)]
    found = listing(lambda _number, calls: pages[calls])
    assert not found.complete


@pytest.mark.parametrize("total", [99, 101])
def test_a_wrong_total_is_never_whole(total: int) -> None:
    found = listing(lambda _number, _calls: (list(range(100)), total))
    assert (found.complete, found.passes, found.total) == (False, 2, total)


def test_a_total_beyond_belief_is_garbled() -> None:
    read = page_reader(int, int)  # type: ignore[arg-type]  # no item is read here
    with pytest.raises(Garbled):
        read({"items": [], "totalItems": 2_000_001})
    assert read({"items": [], "totalItems": 2_000_000}).total == 2_000_000
