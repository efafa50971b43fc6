"""Lists that lie: each way, for people, members and groups, and only where a rule says so."""

from typing import Any

import pytest

#: how many there are in the tenant of these tests
TOTALS = {"/people": 306, "/groups/101/members": 303, "/groups": 7}
SIZE = {"/people": 50, "/groups/101/members": 50, "/groups": 3}


@pytest.fixture(params=sorted(TOTALS))
def path(request: pytest.FixtureRequest) -> str:
    path: str = request.param
    return path


def test_without_a_fault_a_list_is_whole(lms: Any, path: str) -> None:
    ids, totals = _listed(lms, path)
    assert len(ids) == len(set(ids)) == TOTALS[path]
    assert set(totals) == {TOTALS[path]}


def test_pages_that_shift_show_some_twice_and_others_never(lms: Any, path: str) -> None:
    _one(lms, path, fault="page_shift")
    ids, totals = _listed(lms, path)
    assert len(set(ids)) < len(ids) == TOTALS[path]
    assert set(totals) == {TOTALS[path]}


def test_a_page_that_misses_some_is_short(lms: Any, path: str) -> None:
    _one(lms, path, fault="page_miss", count=2, request=2)
    ids, totals = _listed(lms, path)
    assert len(ids) == len(set(ids)) == TOTALS[path] - 2
    assert set(totals) == {TOTALS[path]}


def test_a_page_that_repeats_some_is_full(lms: Any, path: str) -> None:
    _one(lms, path, fault="page_repeat", count=2, request=2)
    ids, totals = _listed(lms, path)
    assert len(ids) == TOTALS[path]
    assert len(set(ids)) == TOTALS[path] - 2
    assert set(totals) == {TOTALS[path]}


@pytest.mark.parametrize("delta", [-1, 1, -7])
def test_a_total_can_be_wrong(lms: Any, path: str, delta: int) -> None:
    _one(lms, path, fault="wrong_total", delta=delta)
    ids, totals = _listed(lms, path)
    assert len(set(ids)) == TOTALS[path]
    assert set(totals) == {TOTALS[path] + delta}


def test_a_total_is_never_negative(lms: Any, path: str) -> None:
    _one(lms, path, fault="wrong_total", delta=-1000)
    assert _listed(lms, path)[1][0] == 0


def test_an_empty_list_says_that_there_is_nobody(lms: Any, path: str) -> None:
    _one(lms, path, fault="empty_list")
    assert _listed(lms, path) == ([], [0] * 7)


@pytest.mark.parametrize("other", ["/tenant", "/people/5"])
@pytest.mark.parametrize("fault", ["page_shift", "page_miss", "wrong_total", "empty_list"])
def test_what_is_no_list_is_left_alone(lms: Any, other: str, fault: str) -> None:
    lms.faults({"fault": fault})
    assert lms.get(other).status_code == 200
    assert lms.sim("GET", "faults")["counts"] == [{"seen": 0, "fired": 0}]


def _one(lms: Any, path: str, **rule: object) -> None:
    lms.faults({"path": f"{path}$", **rule})


def _listed(lms: Any, path: str) -> tuple[list[int], list[int]]:
    pages = [lms.get(path, page=page, pageSize=SIZE[path]).json() for page in range(1, 8)]
    ids = [item.get("id") or item.get("personId") for page in pages for item in page["items"]]
    return ids, [page["totalItems"] for page in pages]
