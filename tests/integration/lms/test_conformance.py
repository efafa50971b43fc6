"""The rules against the simulator: sound it passes; with one rule broken exactly that one fails."""

from collections.abc import Iterator
from typing import Any

import pytest

from services.simulator.broken import RULES as BREAKABLE
from shared import bootstrap
from shared.adapters.lms.conformance.registry import RULES
from shared.ports.conformance import Conformity, Judged, LeftBehind
from tests.integration.lms.conftest import SECRET, Simulator

IDS = [rule.id for rule in RULES]
READ_IDS = [rule.id for rule in RULES if not rule.writes]
WRITE_IDS = [rule.id for rule in RULES if rule.writes]
#: These need a simulator of their own: a limit, a key that may only read.
PARTICULAR = {"rate_limited", "write_scope"}
KEYS = {"reader": {"secret": SECRET, "scopes": ["read"]}}


@pytest.fixture
def lms(simulator: Simulator) -> Iterator[Simulator]:
    yield simulator
    simulator.admin("PUT", "settings", {"broken": [], "rate_per_s": 0})


def judge(
    simulator: Simulator, *, write: bool, key_id: str = "district-sync", limited: bool = False
) -> tuple[dict[str, Judged], LeftBehind]:
    """A whole check: id of the rule → what was found; and what it left.

    With ``limited`` 100 requests a second are allowed while it writes, so that `rate_limited` is judged.
    """
    with bootstrap.conformance(simulator.url, key_id, SECRET, may_write=write) as check:
        judged = list(check.reading())
        if write:
            if limited:
                simulator.admin("PUT", "settings", {"rate_per_s": 100, "burst": 20})
            judged += check.writing()
            check.tidy_up()
        return {each.rule.id: each for each in judged}, check.left


def verdicts(judged: dict[str, Judged], conformity: Conformity) -> set[str]:
    return {name for name, each in judged.items() if each.conformity is conformity}


def own(simulator: Simulator) -> list[dict[str, Any]]:
    """The check's people, as the simulator has them."""
    return [p for p in simulator.people() if p["username"].lower().startswith("conformance-")]


def test_registry_and_simulator_know_the_same_rules() -> None:
    assert sorted(BREAKABLE) == sorted(IDS)


def test_a_sound_lms_holds_every_rule_that_reading_can_judge(lms: Simulator) -> None:
    judged, _ = judge(lms, write=False)
    assert [*judged] == READ_IDS
    assert verdicts(judged, Conformity.HOLDS) == set(READ_IDS)


def test_without_leave_to_write_only_gets_are_sent(lms: Simulator) -> None:
    people = lms.people()
    judge(lms, write=False)
    assert {entry["method"] for entry in lms.journal()} == {"GET"}
    assert lms.people() == people


def test_a_sound_lms_holds_every_rule(lms: Simulator) -> None:
    judged, _ = judge(lms, write=True, limited=True)
    assert [*judged] == IDS
    assert verdicts(judged, Conformity.HOLDS) == set(IDS) - {"write_scope"}
    refused = [entry["status"] for entry in lms.journal()].count(429)
    assert refused > 0, "rate_limited holds because one was refused"


def test_a_slow_limit_disturbs_no_rule(lms: Simulator) -> None:
    """About ten requests a second is what an LMS may allow; here it is 50, to save time."""
    lms.admin("PUT", "settings", {"rate_per_s": 50, "burst": 2})
    judged, _ = judge(lms, write=False)
    assert verdicts(judged, Conformity.HOLDS) == set(READ_IDS)
    assert 429 not in {entry["status"] for entry in lms.journal()}


def test_nobody_else_is_touched_and_own_people_are_put_away(lms: Simulator) -> None:
    others = lms.people()
    _, left = judge(lms, write=True)
    made = own(lms)
    assert [p for p in lms.people() if p not in made] == others
    assert {p["id"] for p in made} == set(left.people)
    assert all(p["status"] == "inactive" and not p["groupIds"] for p in made)
    assert all(p["email"].endswith("@example.invalid") for p in made)
    assert (left.unclean, left.lost) == ((), ())
    assert "DELETE" not in {entry["method"] for entry in lms.journal()}
    touched = {
        entry["effect"]["personId"] for entry in lms.writes() if "personId" in entry["effect"]
    }
    assert touched <= set(left.people)


@pytest.mark.parametrize("rule_id", [each for each in IDS if each not in PARTICULAR])
def test_one_broken_rule_fails_alone(lms: Simulator, rule_id: str) -> None:
    lms.admin("PUT", "settings", {"broken": [rule_id]})
    judged, left = judge(lms, write=True)
    assert verdicts(judged, Conformity.BROKEN) == {rule_id}
    assert verdicts(judged, Conformity.NOT_CHECKED) == PARTICULAR
    assert (left.unclean, left.lost) == ((), ())
    assert {p["id"] for p in own(lms)} == set(left.people)


def test_a_429_that_says_nothing_is_broken(lms: Simulator) -> None:
    lms.admin("PUT", "settings", {"broken": ["rate_limited"]})
    judged, left = judge(lms, write=True, limited=True)
    assert verdicts(judged, Conformity.BROKEN) == {"rate_limited"}
    assert left.unclean == ()


@pytest.mark.parametrize(
    ("broken", "found"), [([], Conformity.HOLDS), (["write_scope"], Conformity.BROKEN)]
)
def test_a_key_that_may_only_read_tries_one_write_that_changes_nothing(
    lms: Simulator, broken: list[str], found: Conformity
) -> None:
    lms.admin("PUT", "settings", {"keys": KEYS, "broken": broken})
    judged, _ = judge(lms, write=True, key_id="reader")
    assert judged["write_scope"].conformity is found
    assert verdicts(judged, Conformity.NOT_CHECKED) == set(WRITE_IDS) - {"write_scope"}
    assert [entry["method"] for entry in lms.journal() if entry["method"] != "GET"] == ["POST"]
    assert lms.writes() == []


def test_a_person_whose_create_was_not_answered_is_found_and_put_away(lms: Simulator) -> None:
    lms.fail({"fault": "answer_lost", "method": "POST", "path": "/people$", "request": 1})
    _, left = judge(lms, write=True)
    assert {p["id"] for p in own(lms)} == set(left.people)
    assert all(p["status"] == "inactive" for p in own(lms))
    assert left.lost == ()


def test_a_create_that_was_not_answered_and_had_no_effect_is_told(lms: Simulator) -> None:
    lms.fail({"fault": "reset", "method": "POST", "path": "/people$", "request": 1})
    _, left = judge(lms, write=True)
    assert len(left.lost) == 1


def test_people_are_put_away_when_the_check_breaks_off(lms: Simulator) -> None:
    with bootstrap.conformance(lms.url, "district-sync", SECRET, may_write=True) as check:
        for judged in check.writing():
            if judged.rule.id == "members_failed":
                break
        assert [p["groupIds"] for p in own(lms) if p["groupIds"]] != []
        check.tidy_up()
        assert check.left.unclean == ()
    assert all(p["status"] == "inactive" and not p["groupIds"] for p in own(lms))


def test_people_that_can_t_be_put_away_are_told(lms: Simulator) -> None:
    lms.fail({"fault": "server_error", "method": "POST", "path": "/deactivate$"})
    _, left = judge(lms, write=True)
    assert {p["id"] for p in own(lms) if p["status"] == "active"} == set(left.unclean) != set()


def test_no_detail_names_a_person(lms: Simulator) -> None:
    broken, _ = judge(lms, write=True)
    told = " ".join(each.detail for each in broken.values())
    people = lms.people()
    assert not [p["email"] for p in people if p["email"] in told]
    assert not [p["username"] for p in people if p["username"] in told]
