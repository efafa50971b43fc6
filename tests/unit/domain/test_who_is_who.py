"""Nobody becomes two people, or somebody else: each case with the whole plan it must give."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.action import ActionClass, HeldReason, Kind, Mark
from shared.domain.dependencies import falling_with
from shared.domain.plan import Disposition, Plan
from shared.domain.planning import build_plan
from shared.domain.policy import MatchRule
from shared.domain.snapshot import Person
from shared.domain.staff import StaffRecord
from tests.fakes.people import (
    COLUMNS,
    DISTRICT,
    HIGH,
    INACTIVE,
    LOOSE,
    MIDDLE,
    a_person,
    a_policy,
    a_record,
    id_of,
    people,
    plan_inputs,
    records,
)

KEYS, ADDS, UPDATES = ActionClass.KEY_CHANGES, ActionClass.ADDS, ActionClass.UPDATES
JOINED, LEFT = ActionClass.MEMBERSHIPS_ADDED, ActionClass.MEMBERSHIPS_REMOVED
REMOVALS = ActionClass.REMOVALS
CONFLICT = HeldReason.IDENTITY_CONFLICT


def plan(
    rows: list[StaffRecord],
    found: list[Person],
    *,
    columns: frozenset[str] = COLUMNS,
    **values: Any,
) -> Plan:
    """Rows and people of the case, among twenty-five others who agree with their rows."""
    values.setdefault("policy", a_policy(limits=LOOSE))
    return build_plan(
        plan_inputs(
            records=[*rows, *records(range(90_001, 90_026))],
            people=[*found, *people(range(90_001, 90_026)).values()], columns=columns, **values,
        )
    )  # fmt: skip


def told(made: Plan) -> list[tuple[object, ...]]:
    """Kind, person, group, class, marks, hold and rule of each action, in order."""
    return [
        (a.kind, a.person_key, a.group_id, a.action_class, a.marks, a.hold, a.match_rule)
        for a in made.actions
    ]


def waiting(made: Plan) -> dict[str, tuple[str, ...]]:
    """Who waits for whom."""
    names = {a.id: f"{a.kind.value} {a.person_key}" for a in made.actions}
    return {
        names[a.id]: tuple(names[needed] for needed in a.depends_on)
        for a in made.actions
        if a.depends_on and a.kind is not Kind.JOIN
    }


def why(made: Plan) -> dict[str, str]:
    """Reason in words of each held row."""
    return {held.person_key: held.detail for held in made.held_rows}


def added(key: str, hold: HeldReason | None = None) -> list[tuple[object, ...]]:
    return [
        (Kind.ADD, key, None, ADDS, (), hold, None),
        (Kind.JOIN, key, DISTRICT, JOINED, (), None, None),
        (Kind.JOIN, key, HIGH, JOINED, (), None, None),
    ]


def rekeyed(key: str, hold: HeldReason | None = None, rule: str = "employee_number") -> Any:
    return (Kind.UPDATE, key, None, KEYS, (Mark.EMAIL_CHANGED,), hold, rule)


# Addresses that come again


def test_a_recycled_address_does_not_hand_a_leaver_s_account_to_a_newcomer() -> None:
    newcomer = a_record(2, work_email="p1@lincoln.example", first_name="Zoë")
    made = plan([newcomer], [a_person(1)])
    assert told(made) == []
    assert why(made) == {
        "E2": "the person found by work email has another employee number (ASCIP 1)"
    }
    assert made.removals.saved_by_shield == (1,), "nobody knows who the row means"


def test_an_account_without_a_number_is_not_handed_over_either_if_no_name_agrees() -> None:
    leaver = a_person(1, employee_number=None, first_name="Jo", last_name="Smith")
    made = plan([a_record(2, work_email="p1@lincoln.example", first_name="Zoë")], [leaver])
    assert told(made) == []
    assert why(made) == {
        "E2": "the person found by work email has a wholly different name (ASCIP 1)"
    }


def test_a_leaver_with_a_row_keeps_the_address_that_a_newcomer_wants() -> None:
    """Deactivated people keep their email: the add would be refused."""
    leaver = a_record(1, inactive=True, work_email="gone@lincoln.example")
    newcomer = a_record(2, work_email="p1@lincoln.example", first_name="Zoë")
    made = plan([leaver, newcomer], [a_person(1)])
    assert told(made) == added("E2", CONFLICT)
    assert why(made) == {"E2": "its username belongs to ASCIP 1, who keeps it"}
    assert not made.applyable


def test_a_recycled_username_is_as_good_as_a_recycled_address() -> None:
    columns = COLUMNS | {"username"}
    newcomer = a_record(2, username="p1@lincoln.example", first_name="Zoë")
    assert why(plan([newcomer], [a_person(1)], columns=columns)) == {
        "E2": "the person found by username has another employee number (ASCIP 1)"
    }
    stranger = a_person(1, employee_number=None, first_name="Jo", last_name="Smith")
    made = plan([newcomer], [stranger], columns=columns)
    assert told(made) == []
    assert why(made) == {"E2": "the person found by username has a wholly different name (ASCIP 1)"}


def test_an_add_waits_for_the_update_that_frees_its_address() -> None:
    moved = a_record(1, work_email="new@lincoln.example", username="new")
    newcomer = a_record(2, work_email="p1@lincoln.example", username="zoe", first_name="Zoë")
    made = plan([moved, newcomer], [a_person(1)], columns=COLUMNS | {"username"})
    assert told(made) == [*added("E2")[:1], rekeyed("E1"), *added("E2")[1:]]
    assert waiting(made) == {"add E2": ("update E1",)}


def test_a_login_that_no_column_renames_stays_with_its_person() -> None:
    """Without a username column an add takes its email for one, and a new email renames no login."""
    moved = a_record(1, work_email="new@lincoln.example")
    newcomer = a_record(2, work_email="p1@lincoln.example", first_name="Zoë")
    made = plan([moved, newcomer], [a_person(1)])
    assert told(made) == [added("E2", CONFLICT)[0], rekeyed("E1"), *added("E2")[1:]]
    assert why(made) == {"E2": "its username belongs to ASCIP 1, who keeps it"}


def test_two_newcomers_with_one_login_are_both_held() -> None:
    """The one's username is what the other, who has none, would take from its email."""
    rows = [
        a_record(1, username="zoe@lincoln.example"),
        a_record(2, work_email="zoe@lincoln.example"),
    ]
    made = plan(rows, [], columns=COLUMNS | {"username"})
    assert {a.person_key: a.hold for a in made.actions if a.kind is Kind.ADD} == {
        "E1": CONFLICT, "E2": CONFLICT,
    }  # fmt: skip
    assert why(made) == dict.fromkeys(["E1", "E2"], "2 rows want its username")


# Addresses that change hands


def a_chain(length: int, **last: Any) -> list[StaffRecord]:
    """Each takes the address of the next; the last one moves to a free one."""
    moved = [a_record(i, work_email=f"p{i + 1}@lincoln.example") for i in range(1, length)]
    return [*moved, a_record(length, **{"work_email": "free@lincoln.example"} | last)]


def test_in_a_chain_of_addresses_whoever_gives_one_up_goes_first() -> None:
    made = plan(a_chain(3), list(people(range(1, 4)).values()))
    assert told(made) == [rekeyed("E1"), rekeyed("E2"), rekeyed("E3")]
    assert waiting(made) == {"update E1": ("update E2",), "update E2": ("update E3",)}
    assert (made.held_rows, made.applyable) == ((), True)


def test_a_chain_that_ends_at_somebody_who_keeps_theirs_goes_nowhere() -> None:
    """Only the last is held; the others wait for it, so nothing of the chain is sent."""
    made = plan(a_chain(3)[:2], list(people(range(1, 4)).values()))
    assert told(made) == [rekeyed("E1"), rekeyed("E2", CONFLICT)]
    assert why(made) == {"E2": "its email belongs to ASCIP 3, who keeps it"}
    assert waiting(made) == {"update E1": ("update E2",)}
    assert made.removals.saved_by_shield == (3,)
    assert not made.applyable


def test_swapped_addresses_are_a_circle_and_held() -> None:
    rows = [
        a_record(1, work_email="p2@lincoln.example"), a_record(2, work_email="p1@lincoln.example"),
    ]  # fmt: skip
    made = plan(rows, list(people([1, 2]).values()))
    cycle = HeldReason.KEY_CYCLE
    assert told(made) == [rekeyed("E1", cycle), rekeyed("E2", cycle)]
    assert set(why(made)) == {"E1", "E2"}
    assert waiting(made) == {}


def test_nobody_in_a_circle_loses_a_group() -> None:
    """Whom their rows mean is in doubt; somebody whose row is not moves as the row says."""
    rows = [
        a_record(1, work_email="p2@lincoln.example", site_codes=("020",)),
        a_record(2, work_email="p1@lincoln.example"),
        a_record(3, site_codes=("020",)),
    ]
    made = plan(rows, list(people([1, 2, 3]).values()))
    leaving = [a.person_key for a in made.actions if a.kind is Kind.LEAVE]
    joining = [a.person_key for a in made.actions if a.kind is Kind.JOIN]
    assert (leaving, joining) == (["E3"], ["E1", "E3"])


def test_who_waits_for_a_circle_is_not_in_it() -> None:
    """E3 wants the login that E2 gives up; nobody waits for E3."""
    rows = [
        a_record(1, work_email="p2@lincoln.example"),
        a_record(2, work_email="p1@lincoln.example", username="u1"),
        a_record(3, username="p2@lincoln.example"),
    ]
    found = list(people(range(1, 4)).values())
    made = plan(rows, found, columns=COLUMNS | {"username"})
    assert {a.person_key: a.hold for a in made.actions} == {
        "E1": HeldReason.KEY_CYCLE, "E2": HeldReason.KEY_CYCLE, "E3": None,
    }  # fmt: skip
    assert waiting(made) == {"update E3": ("update E2",)}
    assert not made.applyable


@pytest.mark.parametrize("closed", [True, False])
def test_a_chain_of_thousands_is_no_harder_than_a_short_one(closed: bool) -> None:
    """Ten times a square of this length would not end in the time of a test."""
    length = 5000
    rows = a_chain(length, work_email="p1@lincoln.example" if closed else "free@lincoln.example")
    made = plan(rows, list(people(range(1, length + 1)).values()))
    holds = {action.hold for action in made.actions}
    assert holds == ({HeldReason.KEY_CYCLE} if closed else {None})
    assert made.applyable is not closed


def test_a_number_somebody_else_has_is_not_given_to_a_second_person() -> None:
    """Numbers are not matched by here, and ASCIP itself would take it."""
    policy = a_policy(match=(MatchRule.USERNAME, MatchRule.WORK_EMAIL))
    other = a_person(2, employee_number="E9")
    row = a_record(1, employee_id="E9")
    found = replace(a_person(1), employee_number=None)
    made = plan([row], [found, other], policy=policy)
    assert told(made) == []
    assert why(made) == {
        "E9": "the person found by work email has no employee number,"
        " and somebody else has this one (ASCIP 1, 2)"
    }


# Rows and people


def test_two_rows_for_one_person_are_both_held() -> None:
    found = a_person(1, employee_number=None, username="ann")
    rows = [a_record(1), a_record(2, username="ann")]
    made = plan(rows, [found], columns=COLUMNS | {"username"})
    assert told(made) == []
    assert why(made) == dict.fromkeys(["E1", "E2"], "2 rows claim one ASCIP person (ASCIP 1)")
    assert made.removals.saved_by_shield == (1,)


def test_one_row_for_two_people_is_held_and_both_are_left_alone() -> None:
    made = plan([a_record(1)], [a_person(1), a_person(2, employee_number="E1")])
    assert told(made) == []
    assert why(made) == {"E1": "2 people in ASCIP have its employee number (ASCIP 1, 2)"}
    assert made.removals.saved_by_shield == (1, 2)


def test_another_surname_and_email_of_a_known_person_are_an_update() -> None:
    row = a_record(1, last_name="Ruiz", work_email="ruiz@lincoln.example")
    made = plan([row], [a_person(1)])
    assert told(made) == [rekeyed("E1")]
    assert [c.path for c in made.actions[0].changes] == ["email", "last_name"]


def test_a_site_transfer_joins_and_leaves_and_is_marked() -> None:
    made = plan([a_record(1, site_codes=("020",))], [a_person(1)])
    moved = (Mark.SITE_TRANSFER,)
    assert told(made) == [
        (Kind.JOIN, "E1", MIDDLE, JOINED, moved, None, "employee_number"),
        (Kind.LEAVE, "E1", HIGH, LEFT, moved, None, "employee_number"),
    ]


@pytest.mark.parametrize("rule", ["employee_number", "work_email", "personal_email"])
def test_somebody_rehired_is_reactivated_and_never_added(rule: str) -> None:
    """By whatever rule they are found; the link says the rest from then on."""
    row = a_record(1, site_codes=("020",), last_name="Ruiz", personal_email="ann@home.example")
    number = {"employee_number": "E1" if rule == "employee_number" else None}
    other = {"email": "old@lincoln.example", "personal_email": "ann@home.example"}
    address = other if rule == "personal_email" else {}
    found = a_person(1, status=INACTIVE, group_ids=(), **number, **address)
    made = plan([row], [found])
    weak = (Mark.WEAK_MATCH,) if rule == "personal_email" else ()
    noted = (Mark.EMAIL_CHANGED, *weak) if address else ()
    update = UPDATES if rule == "employee_number" else KEYS
    assert told(made) == [
        (Kind.UPDATE, "E1", None, update, noted, None, rule),
        (Kind.REACTIVATE, "E1", None, ADDS, (Mark.REHIRE, *weak), None, rule),
        (Kind.JOIN, "E1", DISTRICT, JOINED, weak, None, rule),
        (Kind.JOIN, "E1", MIDDLE, JOINED, weak, None, rule),
    ]


def test_a_leaver_found_by_a_weak_rule_is_marked() -> None:
    row = a_record(1, inactive=True, work_email="x@lincoln.example", personal_email="a@h.example")
    found = a_person(1, employee_number=None, personal_email="a@h.example")
    made = plan([row], [found])
    weak = (Mark.WEAK_MATCH,)
    assert told(made) == [(Kind.DEACTIVATE, "E1", None, REMOVALS, weak, None, "personal_email")]


# What falls with what


def test_what_waits_falls_along_a_chain_and_round_a_circle() -> None:
    waits = [("b", ("a",)), ("c", ("b", "x")), ("d", ()), ("e", ("f",)), ("f", ("e",))]
    assert falling_with(["a"], waits) == {"a", "b", "c"}
    assert falling_with(["e"], waits) == {"e", "f"}
    assert falling_with([], waits) == set()


def test_a_release_lifts_nothing_that_ascip_would_refuse() -> None:
    """A privileged role on top of an address somebody keeps: the address decides."""
    row = a_record(1, role="Administrator", work_email="p2@lincoln.example")
    made = plan([row], list(people([1, 2]).values()), columns=COLUMNS | {"role"})
    (update,) = [a for a in made.actions if a.id == id_of(Kind.UPDATE, 1)]
    assert (update.hold, update.marks) == (
        CONFLICT, (Mark.EMAIL_CHANGED, Mark.PRIVILEGED_ROLE),
    )  # fmt: skip


def test_nothing_goes_ahead_of_a_doubtful_update_where_an_address_alone_decides() -> None:
    """The account may be somebody else's: it is neither woken nor put into groups."""
    mine = a_person(
        1, username="ann", employee_number=None, email="old@x.example", status=INACTIVE, group_ids=()
    )  # fmt: skip
    keeper = a_person(2, email="ann@x.example")
    rows = [
        a_record(1, work_email="ann@x.example", username="ann"),
        a_record(2, work_email="zoe@x.example", inactive=True),
        *records(range(3, 31)),
    ]
    everybody = [mine, keeper, *people(range(3, 31)).values()]
    made = build_plan(plan_inputs(records=rows, people=everybody, columns=COLUMNS | {"username"}))
    assert {(a.kind, a.hold) for a in made.actions if a.ascip_id == 1} == {
        (kind, HeldReason.IDENTITY_CONFLICT) for kind in (Kind.UPDATE, Kind.REACTIVATE, Kind.JOIN)
    }
    assert made.dispositions[1] is Disposition.HELD
