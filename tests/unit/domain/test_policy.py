"""What a district may declare: closed lists, and the defaults of the contract."""

from dataclasses import FrozenInstanceError

import pytest

from shared.domain.feeds.declared import declared
from shared.domain.policy import Ladder, MatchRule, Policy, Scope

POLICY = Policy(base_url="https://ascip.example/api/v1", timezone="America/Los_Angeles")


def test_rules_are_those_of_the_design_strongest_first() -> None:
    assert [rule.value for rule in MatchRule] == [
        "link", "employee_number", "work_email", "username", "work_email_is_personal",
        "personal_email",
    ]  # fmt: skip
    assert tuple(MatchRule) == POLICY.staff.match


def test_scopes_and_steps_are_those_of_the_design() -> None:
    assert [scope.value for scope in Scope] == ["district_group", "linked", "tenant"]
    assert [step.value for step in Ladder] == ["report", "leave_groups", "deactivate"]


def test_limits_are_those_of_the_contract() -> None:
    limits = POLICY.limits
    removals = (limits.removals.count, limits.removals.percent, limits.removals.small_count)
    assert (limits.min_population, removals, limits.adds.percent) == (20, (10, 1, 3), 20)


def test_what_nobody_declared_is_on_the_safe_side() -> None:
    assert declared(POLICY.staff).mode == "full"
    assert POLICY.staff.scope is Scope.DISTRICT_GROUP
    assert POLICY.staff.removal.first_run == "report"
    assert POLICY.staff.removal.ladder is Ladder.DEACTIVATE
    assert POLICY.approval.mode == "always"
    assert POLICY.approval.plan_ttl_h == 72


def test_a_policy_can_not_be_changed_behind_a_plan_s_back() -> None:
    with pytest.raises(FrozenInstanceError):
        POLICY.limits.removals.count = 99  # type: ignore[misc]  # that is the point
