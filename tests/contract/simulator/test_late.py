"""Late effects: a write that the client lost takes place after a time or before a later request."""

import time
from typing import Any

import httpx
import pytest

BY_EMAIL = {"email": "zadler@lincoln.example"}


@pytest.mark.parametrize(("count", "seen"), [(1, [1, 1]), (2, [0, 1, 1]), (3, [0, 0, 1])])
def test_a_late_effect_comes_just_before_the_nth_request_that_follows(
    lms: Any, newcomer: Any, count: int, seen: list[int]
) -> None:
    last = lms.sim("GET", "journal")["last"]
    _lose(lms, newcomer(), after_requests=count)
    assert [_found(lms) for _ in [*seen, 1]] == [*seen, 1]
    entries = lms.sim("GET", "journal")["entries"]
    late = next(entry for entry in entries if entry["effect"])
    assert late["effect"]["kind"] == "person_created"
    assert (late["status"], late["caused_by"]) == (0, entries[0]["sequence"])
    assert entries.index(late) == count
    assert [entry["caused_by"] for entry in entries if entry["caused_by"]] == [1 + last]


def test_a_request_to_the_simulator_itself_does_not_count(lms: Any, newcomer: Any) -> None:
    _lose(lms, newcomer(), after_requests=2)
    lms.sim("GET", "state")
    httpx.get(f"{lms.root}/elsewhere", trust_env=False)
    assert [_found(lms), _found(lms)] == [0, 1]


def test_a_refused_request_counts(lms: Any, newcomer: Any) -> None:
    _lose(lms, newcomer(), after_requests=2)
    assert lms.get("/people/999999").status_code == 404
    assert _found(lms) == 1


def test_two_late_effects_come_in_the_order_of_their_requests(lms: Any) -> None:
    path = f"/people/{lms.person()['id']}"
    lms.faults({"fault": "late_effect", "after_requests": 2, "max": 2})
    for name in ("First", "Second"):
        with pytest.raises(httpx.TransportError):
            lms.put(path, {"lastName": name})
    assert [lms.get(path).json()["lastName"] for _ in range(2)] == ["First", "Second"]


def test_a_hung_late_effect_is_silent_until_the_client_leaves(lms: Any, newcomer: Any) -> None:
    lms.faults({"fault": "late_effect", "after_requests": 1, "how": "hang", "max": 1})
    with pytest.raises(httpx.ReadTimeout):
        lms.http.post("/people", json=newcomer(), timeout=0.2)
    assert _found(lms) == 1


def test_what_was_refused_by_then_has_no_late_effect(lms: Any, newcomer: Any) -> None:
    _lose(lms, newcomer(), after_requests=1)
    assert lms.post("/people", newcomer()).status_code == 409
    _lose(lms, newcomer(), after_requests=1)
    lms.get("/tenant")
    kinds = [effect["kind"] for effect in lms.effects()]
    assert kinds == ["person_created"]


@pytest.mark.parametrize("when", [{"after_requests": 1}, {"delay_ms": 50}])
def test_a_reset_forgets_what_was_still_to_come(
    lms: Any, newcomer: Any, when: dict[str, int]
) -> None:
    _lose(lms, newcomer(), **when)
    lms.sim("POST", "reset")
    time.sleep(0.1)
    assert _found(lms) == 0
    assert lms.effects() == []


def _lose(lms: Any, body: dict[str, Any], **when: int) -> None:
    lms.faults({"fault": "late_effect", "max": 1, **when})
    with pytest.raises(httpx.TransportError):
        lms.post("/people", body)


def _found(lms: Any) -> int:
    total: int = lms.get("/people", **BY_EMAIL).json()["totalItems"]
    return total
