"""What a first run takes over, in numbers and in words."""

from shared.domain.adoption import Adoption, adoption_sentences
from shared.domain.planning import build_plan
from shared.domain.policy import MatchRule
from tests.fakes.people import a_person, a_record, people, plan_inputs, records


def test_everybody_is_counted_by_what_found_them() -> None:
    found = [
        *people(range(1, 21)).values(),
        a_person(21, employee_number=None),
        a_person(22, employee_number=None, email="old@lincoln.example", personal_email="p@x.example"),
        a_person(23), a_person(24, group_ids=()), a_person(40, employee_number="E25"),
        a_person(41, employee_number="E25"),
    ]  # fmt: skip
    rows = [
        *records(range(1, 22)),
        a_record(22, personal_email="p@x.example"),
        a_record(25, work_email="e25@lincoln.example"),
        a_record(26),
        a_record(27, first_name="Ann23"),
    ]
    plan = build_plan(plan_inputs(records=rows, people=found, links={"e1": 1}, first_run=True))
    assert plan.adoption == Adoption(
        matched={
            MatchRule.LINK: 1, MatchRule.EMPLOYEE_NUMBER: 19, MatchRule.WORK_EMAIL: 1,
            MatchRule.PERSONAL_EMAIL: 1,
        },
        new=2, conflicts=1, possible_duplicates=1, numbers_set=2, unmatched=3,
    )  # fmt: skip


def test_the_numbers_are_told_in_two_sentences() -> None:
    told = Adoption(
        matched={MatchRule.WORK_EMAIL: 188, MatchRule.EMPLOYEE_NUMBER: 4700}, new=41, conflicts=3,
        possible_duplicates=2, numbers_set=188, unmatched=1412,
    )  # fmt: skip
    matched, left = adoption_sentences(told.to_json())
    assert matched == (
        "Found in ASCIP: 4,700 by employee number, 188 by work email; 41 are new"
        " (2 of them look like somebody), 3 can't be told."
    )
    assert left == "Employee numbers to be set: 188. Active people in scope without a row: 1,412."
    assert adoption_sentences(Adoption().to_json())[0].startswith(
        "Found in ASCIP: nobody; 0 are new"
    )
