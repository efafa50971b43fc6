"""The order of lists: arranged once for all pages, and anew when who is in them has changed."""

import json
from collections.abc import Iterable

import pytest

from services.simulator import writes
from services.simulator.reading import Order, Reader, Twist
from services.simulator.state import State
from services.simulator.tenant import make_tenant


class CountedOrder(Order):
    """Counts how often a list is arranged."""

    arranged = 0

    def arrange(self, ids: Iterable[int], seed: int | None = None) -> list[int]:
        CountedOrder.arranged += 1
        return super().arrange(ids, seed)


@pytest.fixture
def state() -> State:
    CountedOrder.arranged = 0
    return make_tenant(300, 7)


@pytest.mark.parametrize("kind", ["people", "members"])
def test_all_pages_of_a_list_are_arranged_once(state: State, kind: str) -> None:
    assert len(set(_ids(state, CountedOrder(), kind))) > 300
    assert CountedOrder.arranged == 1


def test_lists_by_status_and_of_groups_do_not_displace_each_other(state: State) -> None:
    order = CountedOrder()
    for _ in range(2):
        reader = Reader(state, order, Twist())
        for status in ("all", "active", "inactive"):
            reader.people(f"status={status}")
        for group_id in state.groups:
            reader.members(group_id, "")
    assert CountedOrder.arranged == 3 + len(state.groups)


def test_a_change_of_members_shows_and_rearranges_that_group_alone(state: State) -> None:
    order = CountedOrder()
    before = {group_id: _ids(state, order, "members", group_id) for group_id in (101, 401, 902)}
    arranged = CountedOrder.arranged
    newcomer = next(each for each in before[101] if each not in before[902])
    writes.change_members(state, 902, {"add": [newcomer]})
    assert set(_ids(state, order, "members", 902)) == {*before[902], newcomer}
    assert _ids(state, order, "members", 101) == before[101]
    assert _ids(state, order, "members", 401) == before[401]
    assert CountedOrder.arranged == arranged + 1
    writes.change_members(state, 902, {"remove": [newcomer]})
    assert _ids(state, order, "members", 902) == before[902]


def test_a_deleted_person_is_out_of_the_members_at_once(state: State) -> None:
    order = CountedOrder()
    gone = _ids(state, order, "members")[0]
    writes.delete_person(state, gone)
    assert gone not in _ids(state, order, "members")


def test_an_edit_that_moves_nobody_keeps_the_order(state: State) -> None:
    order = CountedOrder()
    before = _ids(state, order, "people"), _ids(state, order, "members")
    writes.update_person(state, before[1][0], {"lastName": "Other"})
    assert (_ids(state, order, "people"), _ids(state, order, "members")) == before
    assert CountedOrder.arranged == 2


def _ids(state: State, order: Order, kind: str, group_id: int = 101) -> list[int]:
    reader = Reader(state, order, Twist())
    ids: list[int] = []
    for page in range(1, 9):
        query = f"page={page}&pageSize=50"
        shown = reader.people(query) if kind == "people" else reader.members(group_id, query)
        ids += [item.get("id") or item.get("personId") for item in json.loads(shown)["items"]]
    return ids
