"""Whom an excluded row names is not ours: never added, changed or removed, whatever other rows say."""

from typing import Any

import pytest

from shared.domain.action import HeldReason, Kind
from shared.domain.plan import Plan
from shared.domain.planning import build_plan
from shared.domain.shield import Unverified
from shared.domain.staff_rules import StaffRules
from shared.domain.staff_validation import check_file
from shared.pipeline.shield_staff import material, noted
from shared.ports.reader import SoundRecord
from tests.fakes.people import AS_OF, COLUMNS, a_person, a_record, people, plan_inputs, records

THIRTY = people(range(1, 31))


def plan(*names: str, **values: Any) -> Plan:
    """A plan in which excluded rows have these names in them."""
    unverified = Unverified(identities=names, excluded=names)
    return build_plan(plan_inputs(unverified=unverified, **values))


@pytest.mark.parametrize("name", ["E30", "e30", "P30@Lincoln.example", "login30"])
def test_they_are_not_removed(name: str) -> None:
    everybody = [*list(THIRTY.values())[:29], a_person(30, username="login30")]
    rows = records(range(1, 30))
    assert len(plan(records=rows, people=everybody).actions) == 1
    assert plan(name, records=rows, people=everybody).actions == ()


@pytest.mark.parametrize("name", ["P1@Lincoln.example", "login1"])
@pytest.mark.parametrize(
    "values",
    [
        {"last_name": "Ruiz"},
        {"site_codes": ("020",)},
        {"inactive": True},
        {"end_date": AS_OF.replace(day=1)},
    ],
    ids=lambda values: next(iter(values)),
)
def test_they_are_not_changed_by_another_row(name: str, values: dict[str, Any]) -> None:
    everybody = [a_person(1, username="login1"), *list(THIRTY.values())[1:]]
    rows = [a_record(1, **values), *records(range(2, 31))]
    assert plan(records=rows, people=everybody).actions
    made = plan(name, records=rows, people=everybody)
    assert made.actions == ()
    assert [(h.row, h.reason) for h in made.held_rows] == [(1, HeldReason.IDENTITY_CONFLICT)]
    assert made.held_rows[0].detail == "an excluded row names the same person (ASCIP 1)"


def test_they_are_not_added_by_another_row() -> None:
    rows = [*records(range(1, 31)), a_record(31)]
    assert [a.kind for a in plan(records=rows).actions] == [Kind.ADD, Kind.JOIN, Kind.JOIN]
    assert plan("p31@lincoln.example", records=rows).actions == ()


def test_others_go_on() -> None:
    rows = [a_record(1, last_name="Ruiz"), *records(range(2, 31))]
    assert len(plan("p2@lincoln.example", records=rows).actions) == 1


def test_an_account_that_only_the_personal_email_names_is_not_removed() -> None:
    """Student workers have often no other address, and no number in ASCIP."""
    cells = {"employee_id": "S1", "personal_email": "P30@lincoln.example", "kind": "Student"}
    columns = frozenset({*COLUMNS, "personal_email", "kind"})
    rules = StaffRules(columns=columns, exclude={"kind": ["Student"]})
    validated = check_file([SoundRecord(1, 2, dict.fromkeys(columns, "") | cells)], rules)
    found = material(noted(validated, [2]), (), unidentified=0)
    everybody = [*list(THIRTY.values())[:29], a_person(30, employee_number=None)]
    rows = records(range(1, 30))
    made = build_plan(plan_inputs(unverified=found, records=rows, people=everybody))
    assert made.actions == ()
    assert made.removals.saved_by_shield == (30,)
