"""Lists that are empty, short, shifting, repeating or miscounted: what the client says, in how many calls."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.adapters.lms.target import AscipLms
from shared.domain.errors import Transient
from tests.integration.lms.conftest import Simulator

Connect = Callable[..., AscipLms]
PAGES = 3  # of 450 people and a few, 200 a page
EVERYONE = 101  # the group of the whole district


def asked(simulator: Simulator, path: str) -> int:
    """How often a page of that list was asked for."""
    return len([e for e in simulator.journal() if e["path"].endswith(path)])


def everybody(simulator: Simulator) -> set[int]:
    return {each["id"] for each in simulator.people()}


#: What heals by itself: one bad page, and the second pass is whole.
PASSING: dict[str, list[dict[str, Any]]] = {
    "a page shifts": [{"fault": "page_shift", "request": 2}],
    "a page repeats people": [{"fault": "page_repeat", "request": 2, "count": 5}],
    "a page misses people": [{"fault": "page_miss", "request": 3, "count": 5}],
    "a page is empty": [{"fault": "page_miss", "request": 2, "count": 200}],
    "a page says another total": [{"fault": "wrong_total", "request": 2, "delta": 1}],
    "a page says a total of pages more": [{"fault": "wrong_total", "request": 3, "delta": 400}],
}


@pytest.mark.parametrize("rules", PASSING.values(), ids=PASSING.keys())
def test_one_bad_page_costs_one_more_pass(
    simulator: Simulator, connect: Connect, rules: list[dict[str, Any]]
) -> None:
    simulator.fail(*({**rule, "path": "/people$"} for rule in rules))
    people = connect(simulator).list_people()
    assert (people.complete, people.passes) == (True, 2)
    assert set(people.ids) == everybody(simulator)
    assert asked(simulator, "/people") == 2 * PAGES


#: What doesn't: the second pass finds the same, and a third would too.
LASTING: dict[str, dict[str, Any]] = {
    "a page is always short": {"fault": "page_miss", "request": [2, 5, 8], "count": 1},
    "a page is always empty": {"fault": "page_miss", "request": [2, 5, 8], "count": 200},
    "the total is one too high": {"fault": "wrong_total", "delta": 1},
    "the total is one too low": {"fault": "wrong_total", "delta": -1},
}


@pytest.mark.parametrize("rule", LASTING.values(), ids=LASTING.keys())
def test_a_list_that_is_the_same_and_not_whole_twice_is_not_read_a_third_time(
    simulator: Simulator, connect: Connect, rule: dict[str, Any]
) -> None:
    target = connect(simulator, concurrency=1)
    simulator.fail({**rule, "path": "/people$"})
    people = target.list_people()
    assert (people.complete, people.passes) == (False, 2)
    assert set(people.ids) <= everybody(simulator)
    assert asked(simulator, "/people") == 2 * PAGES


def test_a_list_that_shifts_all_the_time_is_read_three_times_and_not_called_whole(
    simulator: Simulator, connect: Connect
) -> None:
    simulator.fail(
        {"fault": "page_shift", "path": "/people$"},
        {"fault": "page_miss", "count": 3, "path": "/people$"},
    )
    people = connect(simulator).list_people()
    assert (people.complete, people.passes) == (False, 3)
    assert set(people.ids) < everybody(simulator)
    assert asked(simulator, "/people") == 3 * PAGES


def test_what_shifting_passes_found_together_can_be_the_whole(
    simulator: Simulator, connect: Connect
) -> None:
    simulator.fail({"fault": "page_shift", "request": [2, 3, 5], "path": "/people$"})
    people = connect(simulator, concurrency=1).list_people()
    assert people.complete
    assert set(people.ids) == everybody(simulator)
    assert asked(simulator, "/people") == people.passes * PAGES <= 3 * PAGES


def test_an_empty_list_is_taken_at_its_word_in_one_call(
    simulator: Simulator, connect: Connect
) -> None:
    """Nothing in it contradicts itself; a run that meets it fails with nothing planned."""
    simulator.fail({"fault": "empty_list", "path": "/people$"})
    people = connect(simulator).list_people()
    assert (people.ids, people.total_items, people.complete) == ((), 0, True)
    assert asked(simulator, "/people") == 1


def test_pages_that_run_empty_under_an_honest_total_are_not_an_empty_list(
    simulator: Simulator, connect: Connect
) -> None:
    simulator.fail({"fault": "page_miss", "count": 200, "path": "/people$"})
    people = connect(simulator).list_people()
    assert (people.ids, people.complete) == ((), False)
    assert people.total_items == len(everybody(simulator))


@pytest.mark.parametrize("rule", PASSING.values(), ids=PASSING.keys())
def test_members_that_come_with_one_bad_page_are_read_again(
    simulator: Simulator, connect: Connect, rule: list[dict[str, Any]]
) -> None:
    simulator.fail(*({**each, "path": "/members$"} for each in rule))
    members = connect(simulator).group_members([EVERYONE])[EVERYONE]
    assert members == {p["id"] for p in simulator.people() if EVERYONE in p["groupIds"]}
    assert asked(simulator, f"/groups/{EVERYONE}/members") == 2 * PAGES


@pytest.mark.parametrize("rule", LASTING.values(), ids=LASTING.keys())
def test_members_that_are_never_whole_are_an_error_not_fewer_members(
    simulator: Simulator, connect: Connect, rule: dict[str, Any]
) -> None:
    target = connect(simulator, concurrency=1)
    simulator.fail({**rule, "path": "/members$"})
    with pytest.raises(Transient) as caught:
        target.group_members([EVERYONE])
    assert caught.value.code == "list_incomplete"
    assert asked(simulator, f"/groups/{EVERYONE}/members") == 2 * PAGES


@pytest.mark.parametrize("path", ["/groups$", "/buckets$", "/roles$", "/timezones$"])
@pytest.mark.parametrize(
    "rule", [{"fault": "page_miss", "count": 1}, {"fault": "wrong_total", "delta": 1}], ids=str
)
def test_reference_data_that_are_never_whole_are_an_error(
    simulator: Simulator, connect: Connect, path: str, rule: dict[str, Any]
) -> None:
    target = connect(simulator)
    whole = target.reference()
    simulator.fail({**rule, "path": path})
    with pytest.raises(Transient) as caught:
        target.reference()
    assert caught.value.code == "list_incomplete"
    simulator.fail({**rule, "path": path, "request": 1})
    assert target.reference() == whole
