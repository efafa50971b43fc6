"""Rules of faults as documents: each fault takes its parameters, and nothing that is misspelt."""

from typing import Any

import httpx
import pytest

from services.simulator.endings import ENDINGS
from services.simulator.fault import LISTS, PARAMETERS, WORLD, Fault
from services.simulator.rules import COMMON, BadRuleError, read_rule

#: one value that fits and one that does not, for each parameter of any fault
VALUES: dict[str, tuple[object, object]] = {
    "ms": (0, -1),
    "jitter_ms": (2.5, "2"),
    "offset_s": (-900, None),
    "personId": (5, 0),
    "fields": ({"lastName": "X"}, []),
    "bucketId": (9, True),
    "groupId": (101, "101"),
    "lag_ms": (0, -0.1),
    "count": (1, 0),
    "delta": (-7, 1.5),
    "retry_after": (None, []),
    "seconds": (-30, "30"),
    "status": (599, 600),
    "takes_effect": (True, 1),
    "hold_s": (0, -1),
    "how": (None, "softly"),
    "delay_ms": (0, -1),
    "after_requests": (1, 0),
    "body": ([{}], None),
    "content_type": ("text/plain", 5),
    "megabytes": (1, 0),
}
HOW = {Fault.ANSWER_LOST: "close", Fault.LATE_EFFECT: "hang", Fault.TRUNCATED: "connection"}
EACH = [(fault, name) for fault, known in PARAMETERS.items() for name in known]


def test_every_fault_has_parameters_and_a_place_where_it_is_played() -> None:
    assert set(PARAMETERS) == set(Fault)
    assert not set(ENDINGS) & (LISTS | WORLD)


@pytest.mark.parametrize(("fault", "name"), EACH)
def test_a_parameter_takes_what_fits(fault: Fault, name: str) -> None:
    value = HOW[fault] if name == "how" else VALUES[name][0]
    assert read_rule({"fault": fault.value, name: value}, "1").params == {name: value}


@pytest.mark.parametrize(("fault", "name"), [each for each in EACH if each[1] != "body"])
def test_a_parameter_refuses_what_does_not_fit(fault: Fault, name: str) -> None:
    with pytest.raises(BadRuleError, match=name):
        read_rule({"fault": fault.value, name: VALUES[name][1]}, "1")


@pytest.mark.parametrize("fault", list(Fault))
def test_a_misspelt_parameter_is_refused_with_those_there_are(fault: Fault) -> None:
    with pytest.raises(BadRuleError) as refused:
        read_rule({"fault": fault.value, "misspelt": 1}, "1")
    assert all(name in str(refused.value) for name in ("misspelt", *PARAMETERS[fault], *COMMON[1:]))


def test_a_late_effect_has_one_way_to_say_when() -> None:
    with pytest.raises(BadRuleError, match="exclude"):
        read_rule({"fault": "late_effect", "delay_ms": 1, "after_requests": 1}, "1")


@pytest.mark.parametrize("fault", list(Fault))
def test_a_fault_without_parameters_is_played_and_named_in_the_journal(
    lms: Any, fault: Fault
) -> None:
    """Whatever it does to the client, the simulator goes on serving."""
    method, path = (
        ("PUT", "/people/5")
        if fault in (Fault.ANSWER_LOST, Fault.LATE_EFFECT)
        else (
            "GET",
            "/people",
        )
    )
    ended = {"hold_s": 0} if fault is Fault.BLACK_HOLE else {}
    small = {"megabytes": 1} if fault in (Fault.HUGE_BODY, Fault.GZIP_BOMB) else {}
    lms.faults({"fault": fault.value, "request": 1, **ended, **small})
    try:
        lms.http.request(method, path, json={"lastName": "X"} if method == "PUT" else None)
    except httpx.TransportError:
        lost = {Fault.RESET, Fault.BLACK_HOLE, Fault.ANSWER_LOST, Fault.LATE_EFFECT}
        assert fault in lost
    assert lms.sim("GET", "faults")["counts"][0]["fired"] == 1
    assert fault.value in [entry["fault"] for entry in lms.sim("GET", "journal")["entries"]]
    lms.faults()
    assert lms.get("/tenant").status_code == 200
