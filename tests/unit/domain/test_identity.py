"""Which record is which person: rules by strength, vetoes, and no guessing."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.identity import WEAK, Identified, Match, PeopleIndex, identify
from shared.domain.policy import MatchRule
from shared.domain.snapshot import Person
from shared.domain.staff import StaffRecord
from tests.fakes.people import a_person, a_record

RULES = tuple(MatchRule)


def identified(
    records: list[StaffRecord],
    people: list[Person],
    *,
    links: dict[str, int] | None = None,
    rules: tuple[MatchRule, ...] = RULES,
) -> Identified:
    return identify(records, PeopleIndex({p.id: p for p in people}, links or {}), rules)


def the_match(result: Identified) -> Match:
    assert result.conflicts == ()
    (match,) = result.matches
    return match


def a_stranger(number: int, /, **values: object) -> Person:
    """A person no rule finds for `a_record(1)`, but for the values given."""
    return a_person(number, **{"employee_number": None} | values)


#: For each rule a person that only it and weaker ones find for the record below.
RECORD = a_record(1, username="ann1", personal_email="ann@home.example")
FOUND_BY = {
    MatchRule.EMPLOYEE_NUMBER: a_stranger(12, employee_number="e1 "),
    MatchRule.WORK_EMAIL: a_stranger(13, email="P1@Lincoln.example"),
    MatchRule.USERNAME: a_stranger(14, username="ANN1"),
    MatchRule.WORK_EMAIL_IS_PERSONAL: a_stranger(15, personal_email="p1@lincoln.example"),
    MatchRule.PERSONAL_EMAIL: a_stranger(16, email="Ann@Home.example"),
}
LINKED = a_stranger(11)


@pytest.mark.parametrize("strongest", FOUND_BY)
def test_the_first_rule_that_finds_somebody_decides(strongest: MatchRule) -> None:
    """Each rule is tried with everybody there whom weaker rules find."""
    weaker = RULES[RULES.index(strongest) :]
    match = the_match(identified([RECORD], [FOUND_BY[rule] for rule in reversed(weaker)]))
    assert (match.rule, match.person) == (strongest, FOUND_BY[strongest])


def test_a_link_from_an_earlier_run_is_stronger_than_any_address() -> None:
    weaker = [person for rule, person in FOUND_BY.items() if rule is not MatchRule.EMPLOYEE_NUMBER]
    match = the_match(identified([RECORD], [*weaker, LINKED], links={"e1": LINKED.id}))
    assert (match.rule, match.person) == (MatchRule.LINK, LINKED)


def test_of_two_people_with_one_number_the_linked_one_is_meant() -> None:
    twins = [a_person(7, employee_number="E1"), a_person(8, employee_number="E1")]
    assert the_match(identified([a_record(1)], twins, links={"e1": 8})).person == twins[1]


def test_a_link_and_a_number_that_point_at_two_people_are_a_conflict_that_names_both() -> None:
    numbered = FOUND_BY[MatchRule.EMPLOYEE_NUMBER]
    (conflict,) = identified([RECORD], [LINKED, numbered], links={"e1": LINKED.id}).conflicts
    assert conflict.candidates == (LINKED.id, numbered.id)
    assert conflict.reason == (
        "the person found by link has no employee number, and somebody else has this one"
    )


def test_a_link_to_somebody_who_is_gone_is_passed_over() -> None:
    match = the_match(identified([RECORD], [FOUND_BY[MatchRule.WORK_EMAIL]], links={"e1": 99}))
    assert match.rule is MatchRule.WORK_EMAIL


def test_a_rule_that_is_not_configured_finds_nobody() -> None:
    rules = (MatchRule.EMPLOYEE_NUMBER, MatchRule.WORK_EMAIL)
    match = the_match(identified([RECORD], [FOUND_BY[MatchRule.USERNAME]], rules=rules))
    assert (match.person, match.rule) == (None, None)


def test_a_personal_email_finds_a_personal_email_too() -> None:
    person = a_stranger(17, personal_email="ann@HOME.example")
    assert the_match(identified([RECORD], [person])).rule is MatchRule.PERSONAL_EMAIL


def test_one_person_with_one_address_in_both_fields_is_one_candidate() -> None:
    person = a_stranger(18, email="ann@home.example", personal_email="ann@home.example")
    assert the_match(identified([RECORD], [person])).person == person


def test_nobody_found_is_somebody_new() -> None:
    match = the_match(identified([RECORD], [a_stranger(2)]))
    assert (match.person, match.rule) == (None, None)


def test_rules_weaker_than_the_work_email_are_weak() -> None:
    assert set(RULES[3:]) == WEAK


def test_blank_values_match_nobody() -> None:
    person = a_stranger(19, username="", email="", personal_email="")
    match = the_match(identified([a_record(1, username="", personal_email="")], [person]))
    assert match.person is None


def test_two_candidates_are_a_conflict_and_both_are_named() -> None:
    twins = [a_person(7, employee_number="E1"), a_person(8, employee_number="E1")]
    result = identified([a_record(1, work_email="else@x.example")], twins)
    (conflict,) = result.conflicts
    assert (result.matches, conflict.candidates) == ((), (7, 8))
    assert conflict.reason == "2 people in ASCIP have its employee number"


def test_a_weaker_rule_does_not_settle_what_a_stronger_one_left_open() -> None:
    twins = [a_person(7, employee_number="E1"), a_person(8, employee_number="E1")]
    result = identified([a_record(1, work_email="p8@lincoln.example")], twins)
    assert len(result.conflicts) == 1


def test_a_recycled_address_does_not_hand_a_leaver_s_account_to_a_newcomer() -> None:
    leaver = a_person(1, employee_number="E900")
    (conflict,) = identified([a_record(1)], [leaver]).conflicts
    assert conflict.candidates == (1,)
    assert "another employee number" in conflict.reason


#: What a row and a person may have in common beside the number; each alone is enough.
IN_COMMON: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "the email": ({"work_email": "zed@other.example"}, {"email": "ZED@other.example"}),
    "a personal email": (
        {"work_email": "zed@home.example"},
        {"personal_email": "zed@home.example"},
    ),
    "the login": ({"username": "zed"}, {"username": "Zed"}),
    "a name": ({"last_name": "Lee", "first_name": "Zed"}, {}),
}


@pytest.mark.parametrize("links", [{}, {"e1": 1}])
def test_a_number_that_was_given_out_again_hands_no_account_over(links: dict[str, int]) -> None:
    row = a_record(1, first_name="Zed", last_name="Quux", work_email="quux@other.example")
    (conflict,) = identified([row], [a_person(1)], links=links).conflicts
    assert conflict.candidates == (1,)
    assert "wholly different name and other addresses" in conflict.reason


@pytest.mark.parametrize("same", IN_COMMON)
def test_a_number_and_anything_else_are_enough(same: str) -> None:
    ours, theirs = IN_COMMON[same]
    stranger = {"first_name": "Zed", "last_name": "Quux", "work_email": "quux@other.example"}
    row = a_record(1, **{**stranger, **ours})
    (match,) = identified([row], [a_person(1, **theirs)]).matches
    assert match.person


@pytest.mark.parametrize("rule", [r for r in FOUND_BY if r is not MatchRule.EMPLOYEE_NUMBER])
def test_another_employee_number_vetoes_every_weaker_rule(rule: MatchRule) -> None:
    taken = replace(FOUND_BY[rule], employee_number="E900")
    assert len(identified([RECORD], [taken]).conflicts) == 1


def test_another_employee_number_vetoes_a_link_too() -> None:
    result = identified([RECORD], [a_person(7, employee_number="E900")], links={"e1": 7})
    assert [c.candidates for c in result.conflicts] == [(7,)]


def test_an_account_linked_to_another_employee_is_not_handed_over_either() -> None:
    """The link of an earlier run is a stronger identifier than an address."""
    leaver = a_person(1, employee_number=None)
    (conflict,) = identified([a_record(1)], [leaver], links={"e900": 1}).conflicts
    assert conflict.candidates == (1,)
    assert "linked to another employee id" in conflict.reason


def test_their_own_link_is_no_obstacle_where_links_are_not_used_to_match() -> None:
    rules = (MatchRule.WORK_EMAIL,)
    person = a_stranger(1, email="p1@lincoln.example")
    assert the_match(identified([a_record(1)], [person], links={"e1": 1}, rules=rules)).person


def test_the_employee_number_in_the_lms_outweighs_an_old_link() -> None:
    """A renumbered person: the LMS already says the new number."""
    match = the_match(identified([a_record(1)], [a_person(1)], links={"e900": 1}))
    assert match.rule is MatchRule.EMPLOYEE_NUMBER


def test_one_person_claimed_by_two_rows_is_a_conflict_for_both() -> None:
    person = a_stranger(7, employee_number=None, email="p1@lincoln.example", username="ann2")
    rows = [a_record(1), a_record(2, username="ann2")]
    result = identified(rows, [person])
    assert result.matches == ()
    assert [(c.record.row, c.candidates) for c in result.conflicts] == [(1, (7,)), (2, (7,))]
    assert {c.reason for c in result.conflicts} == {"2 rows claim one ASCIP person"}


def test_a_link_claims_its_person_even_where_the_number_contradicts_it() -> None:
    """One of the two is a mistake, and nobody here can say which."""
    rows = [a_record(1), a_record(900, work_email="else@x.example")]
    result = identified(rows, [a_person(1)], links={"e900": 1})
    assert [(c.record.row, c.candidates) for c in result.conflicts] == [(1, (1,)), (900, (1,))]


def test_two_rows_of_one_employee_id_are_a_conflict_for_both() -> None:
    rows = [a_record(1), a_record(2, employee_id="e1")]
    assert {c.reason for c in identified(rows, []).conflicts} == {"2 rows claim one employee id"}


@pytest.mark.parametrize("linked", [True, False])
def test_who_has_a_row_of_their_own_is_not_taken_for_a_newcomer_with_their_old_address(
    linked: bool,
) -> None:
    """Their own row gives the address up: whether it is free in time is the plan's business."""
    person = a_person(2, employee_number=None if linked else "E2", email="p1@lincoln.example")
    rows = [a_record(1), a_record(2)]
    result = identified(rows, [person], links={"e2": 2} if linked else None)
    assert [m.person and m.person.id for m in result.matches] == [None, 2]


def test_of_two_people_with_an_address_one_may_have_a_row_of_their_own() -> None:
    shared = {"personal_email": "family@home.example"}
    spouse, ours = a_person(2, **shared), a_stranger(3, **shared)
    result = identified([a_record(1, **shared), a_record(2)], [spouse, ours])
    assert [m.person for m in result.matches] == [ours, spouse]


@pytest.mark.parametrize("rule", [r for r in FOUND_BY if r is not MatchRule.EMPLOYEE_NUMBER])
def test_an_address_is_not_enough_where_not_even_a_name_agrees(rule: MatchRule) -> None:
    stranger = replace(FOUND_BY[rule], first_name="Zoë", last_name="Nguyen")
    (conflict,) = identified([RECORD], [stranger]).conflicts
    assert conflict.reason.endswith("has a wholly different name")


@pytest.mark.parametrize(
    ("first", "last"),
    [("Zoë", "Lee"), ("Ann1", "Nguyen"), ("Lee", "Ann1"), ("Zoë", "Nguyen-Lée"), ("", "")],
)
def test_one_name_that_agrees_is_enough(first: str, last: str) -> None:
    person = replace(FOUND_BY[MatchRule.WORK_EMAIL], first_name=first, last_name=last)
    assert the_match(identified([RECORD], [person])).rule is MatchRule.WORK_EMAIL


def test_a_number_needs_no_name() -> None:
    person = a_person(1, first_name="Zoë", last_name="Nguyen")
    assert the_match(identified([a_record(1)], [person])).rule is MatchRule.EMPLOYEE_NUMBER


def test_somebody_with_the_address_is_not_the_linked_person_who_could_not_be_read() -> None:
    index = PeopleIndex({13: FOUND_BY[MatchRule.WORK_EMAIL]}, {"e1": 30}, frozenset({30}))
    (conflict,) = identify([RECORD], index, RULES).conflicts
    assert "could not be read" in conflict.reason


def test_the_configured_order_decides() -> None:
    """An address before the number: the number still says who it can't be."""
    people = [FOUND_BY[MatchRule.USERNAME], FOUND_BY[MatchRule.WORK_EMAIL]]
    rules = (MatchRule.USERNAME, MatchRule.WORK_EMAIL, MatchRule.EMPLOYEE_NUMBER)
    assert the_match(identified([RECORD], people, rules=rules)).rule is MatchRule.USERNAME
    numbered = FOUND_BY[MatchRule.EMPLOYEE_NUMBER]
    (conflict,) = identified([RECORD], [*people, numbered], rules=rules).conflicts
    assert conflict.candidates == (numbered.id, FOUND_BY[MatchRule.USERNAME].id)


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"work_email": "Shared@Lincoln.example"}, "work email"),
        ({"username": "Shared"}, "username"),
    ],
)
def test_a_value_two_newcomers_share_is_a_conflict_for_both(
    values: dict[str, str], what: str
) -> None:
    lower = {name: value.lower() for name, value in values.items()}
    result = identified([a_record(1, **values), a_record(2, **lower), a_record(3)], [])
    assert [m.record.row for m in result.matches] == [3]
    assert {c.reason for c in result.conflicts} == {f"2 rows claim one {what}"}


def test_two_newcomers_without_a_username_do_not_share_it() -> None:
    assert len(identified([a_record(1), a_record(2)], []).matches) == 2


# Few values, so that records and people meet, clash and veto each other often.
few = st.sampled_from(["E1", "E2", "E3", "e3"])
addresses = st.sampled_from(["a@x.example", "b@x.example", "A@x.example", "c@x.example"])
some_people = st.lists(
    st.builds(
        lambda number, email, username, personal: {
            "employee_number": number, "email": email, "username": username,
            "personal_email": personal,
        },
        st.none() | few, addresses, addresses, st.none() | addresses,
    ),
    max_size=5,
).map(lambda rows: [a_person(i, **values) for i, values in enumerate(rows, 1)])  # fmt: skip
some_records = st.lists(
    st.builds(
        lambda number, email, username, personal: {
            "employee_id": number, "work_email": email, "username": username,
            "personal_email": personal,
        },
        few, addresses, st.none() | addresses, st.none() | addresses,
    ),
    max_size=5,
).map(lambda rows: [a_record(i, **values) for i, values in enumerate(rows, 1)])  # fmt: skip
some_links = st.dictionaries(st.sampled_from(["e1", "e2"]), st.integers(1, 5), max_size=2)


@given(some_records, some_people, some_links, st.randoms(use_true_random=False))
def test_neither_the_order_of_records_nor_of_people_matters(
    records: list[StaffRecord], people: list[Person], links: dict[str, int], random: Random
) -> None:
    before = identified(records, people, links=links)
    random.shuffle(records)
    random.shuffle(people)
    assert identified(records, people, links=dict(reversed(links.items()))) == before


@given(some_records, some_people, some_links)
def test_every_record_is_in_one_list_and_no_person_is_matched_twice(
    records: list[StaffRecord], people: list[Person], links: dict[str, int]
) -> None:
    result = identified(records, people, links=links)
    rows = [m.record.row for m in result.matches] + [c.record.row for c in result.conflicts]
    assert sorted(rows) == [record.row for record in records]
    matched = [match.person.id for match in result.matches if match.person]
    assert len(matched) == len(set(matched))


@given(some_records, some_people)
def test_nobody_gets_an_account_with_another_number(
    records: list[StaffRecord], people: list[Person]
) -> None:
    for match in identified(records, people).matches:
        if match.person and match.person.employee_number:
            assert match.person.employee_number.casefold() == match.record.employee_id.casefold()
