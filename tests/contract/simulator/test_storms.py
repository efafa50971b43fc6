"""`for_s`: a rule that fired goes on firing for so many seconds, by a clock of the test's own."""

from typing import Any

import pytest

from services.simulator.faults import Faults

GET = ("GET", "/api/v1/people/5")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_storm_hits_every_request_until_it_is_over() -> None:
    faults, clock = _loaded({"fault": "rate_limited", "request": 2, "for_s": 30})
    hits = []
    for clock.now in (100, 101, 101, 115, 130.999, 131, 132):
        hits.append(len(faults.hitting(*GET)))
    assert hits == [0, 1, 1, 1, 1, 0, 0]
    assert faults.report()["counts"] == [{"seen": 7, "fired": 4}]


def test_a_storm_leaves_requests_of_other_kinds_alone() -> None:
    rule = {"fault": "rate_limited", "method": "GET", "path": "/people/", "for_s": 30}
    faults, _ = _loaded(rule)
    assert faults.hitting(*GET)
    assert not faults.hitting("PUT", "/api/v1/people/5")
    assert not faults.hitting("GET", "/api/v1/tenant")
    assert faults.hitting(*GET)


def test_max_counts_storms_and_not_the_requests_they_hit() -> None:
    faults, clock = _loaded({"fault": "reset", "request": [1, 4, 6], "for_s": 5, "max": 2})
    hits = []
    for clock.now in (100, 104, 105, 110, 114, 120):
        hits.append(len(faults.hitting(*GET)))
    assert hits == [1, 1, 0, 1, 1, 0]


def test_the_rule_of_a_storm_is_met_again_when_it_is_over() -> None:
    faults, clock = _loaded({"fault": "reset", "request": [1, 3], "for_s": 5})
    hits = []
    for clock.now in (100, 106, 107, 111, 113):
        hits.append(len(faults.hitting(*GET)))
    assert hits == [1, 0, 1, 1, 0]


def test_without_for_s_a_rule_hits_one_request_alone() -> None:
    faults, _ = _loaded({"fault": "reset", "request": 1})
    assert [len(faults.hitting(*GET)) for _ in range(2)] == [1, 0]


def test_a_storm_comes_over_the_wire(lms: Any) -> None:
    lms.faults({"fault": "server_error", "request": 2, "for_s": 60})
    assert [lms.get("/tenant").status_code for _ in range(4)] == [200, 500, 500, 500]


@pytest.mark.parametrize("for_s", [-1, "30", True, None])
def test_a_storm_of_no_sensible_length_is_refused(lms: Any, for_s: object) -> None:
    rules = {"rules": [{"fault": "reset", "for_s": for_s}]}
    assert "for_s" in lms.sim_refusal("PUT", "faults", rules)


def _loaded(rule: dict[str, Any]) -> tuple[Faults, Clock]:
    clock = Clock()
    faults = Faults(now=clock)
    faults.load({"seed": 1, "rules": [rule]})
    return faults, clock
