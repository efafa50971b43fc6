"""What has to change in the LMS for one person, field by field and group by group."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.action import Action, ActionClass, HeldReason, Kind, Mark
from shared.domain.diff import Desire, Proposal, has_left, propose
from shared.domain.identity import WEAK, Match
from shared.domain.mapping import MappedBucket
from shared.domain.policy import MatchRule
from shared.domain.snapshot import Person
from shared.domain.staff import StaffRecord
from tests.fakes.people import (
    ADMINISTRATOR,
    AS_OF,
    CLERK,
    COLUMNS,
    DENVER,
    DISTRICT,
    HIGH,
    INACTIVE,
    JOB,
    LEARNER,
    LOS_ANGELES,
    MANAGER,
    MIDDLE,
    ROOM,
    TEACHER,
    UNMANAGED,
    a_mapping,
    a_person,
    a_record,
    a_reference,
    id_of,
)

ROOMS = MappedBucket(id=ROOM, name="Room", column="room")


def desire(**values: Any) -> Desire:
    given: dict[str, Any] = {
        "mapping": a_mapping(), "reference": a_reference(), "columns": COLUMNS, "as_of": AS_OF,
    }  # fmt: skip
    return Desire(**given | values)


def proposed(
    record: StaffRecord,
    person: Person | None,
    *,
    rule: MatchRule | None = MatchRule.EMPLOYEE_NUMBER,
    **values: Any,
) -> Proposal:
    return propose(Match(record, person, rule if person else None), desire(**values))


def only(proposal: Proposal) -> Action:
    (action,) = proposal.actions
    return action


def changes(action: Action) -> dict[str, tuple[object, object]]:
    return {change.path: (change.before, change.after) for change in action.changes}


# Who has left


@pytest.mark.parametrize(("days", "left"), [(-1, True), (0, False), (1, False)])
def test_the_end_date_is_the_last_working_day(days: int, left: bool) -> None:
    end = AS_OF.fromordinal(AS_OF.toordinal() + days)
    assert has_left(a_record(end_date=end), AS_OF) is left


def test_an_inactive_status_says_that_somebody_left() -> None:
    assert has_left(a_record(inactive=True), AS_OF)
    assert not has_left(a_record(), AS_OF)


# Nobody changed


def test_a_person_who_is_as_the_extract_says_needs_nothing() -> None:
    assert proposed(a_record(), a_person()) == Proposal()


@pytest.mark.parametrize(
    ("record", "person"),
    [
        ({"work_email": "P1@LINCOLN.example"}, {}),
        ({"employee_id": "e1"}, {}),
        ({"username": "P1@Lincoln.example"}, {}),
        ({"first_name": "Zo\u00eb"}, {"first_name": "Zoe\u0308"}),
        ({"last_name": "N\u00fa\u00f1ez"}, {"last_name": " Nu\u0301n\u0303ez "}),
        ({"attributes": {"job_title": "TEACHER"}}, {}),
        ({"attributes": {"job_title": "tchr"}}, {}),
    ],
)
def test_case_of_keys_composition_and_aliases_make_no_change(
    record: dict[str, Any], person: dict[str, Any]
) -> None:
    columns = COLUMNS | {"username"}
    assert proposed(a_record(**record), a_person(**person), columns=columns).actions == []


def test_composition_of_a_text_bucket_makes_no_change() -> None:
    person = a_person(buckets=((ROOM, "Cafe\u0301 "),))
    mapping = a_mapping(buckets=(ROOMS,))
    record = a_record(attributes={"room": "Caf\u00e9"})
    assert proposed(record, person, mapping=mapping, columns=COLUMNS | {"room"}).actions == []


def test_the_case_of_a_name_is_as_the_extract_writes_it() -> None:
    action = only(proposed(a_record(last_name="McLee"), a_person(last_name="Mclee")))
    assert changes(action) == {"last_name": ("Mclee", "McLee")}


# Adds


def test_somebody_new_is_added_with_everything_and_joins_both_groups() -> None:
    add, *joins = proposed(a_record(), None).actions
    assert (add.kind, add.ascip_id, add.hold, add.source_row) == (Kind.ADD, None, None, 1)
    assert changes(add) == {
        "email": (None, "p1@lincoln.example"),
        "username": (None, "p1@lincoln.example"),
        "first_name": (None, "Ann1"),
        "last_name": (None, "Lee"),
        "employee_number": (None, "E1"),
        "role_id": (None, LEARNER),
        "timezone_id": (None, LOS_ANGELES),
        f"buckets.{JOB}": (None, TEACHER),
    }
    assert [(j.kind, j.group_id, j.group_name) for j in joins] == [
        (Kind.JOIN, DISTRICT, "Lincoln USD"),
        (Kind.JOIN, HIGH, "Lincoln High"),
    ]
    assert {j.depends_on for j in joins} == {(id_of(Kind.ADD, 1),)}


def test_a_newcomer_s_username_is_the_extract_s_where_it_has_one() -> None:
    add = proposed(a_record(username="ann"), None, columns=COLUMNS | {"username"}).actions[0]
    assert changes(add)["username"] == (None, "ann")


def test_a_newcomer_s_role_and_zone_are_the_extract_s_before_the_default() -> None:
    record = a_record(role="PRIN", timezone="america/denver")
    add = proposed(record, None, columns=COLUMNS | {"role", "timezone"}).actions[0]
    assert changes(add)["role_id"] == (None, MANAGER)
    assert changes(add)["timezone_id"] == (None, DENVER)


def test_a_role_nobody_knows_is_held_and_does_not_become_the_default() -> None:
    """No default id is ever put in silently."""
    action = proposed(a_record(role="Wizard"), None).actions[0]
    (held,) = [change for change in action.changes if change.hold]
    assert (held.path, held.after) == ("role_id", "Wizard")
    assert held.hold is HeldReason.UNMAPPED_BUCKET_VALUE
    assert "role_id" not in {change.path for change in action.sent}


def test_without_a_default_a_newcomer_gets_neither_role_nor_zone() -> None:
    mapping = a_mapping(role_default=None, timezone_default=None)
    add = proposed(a_record(), None, mapping=mapping).actions[0]
    assert not {"role_id", "timezone_id"} & changes(add).keys()


def test_a_personal_email_is_never_sent() -> None:
    record = a_record(personal_email="ann@home.example")
    columns = COLUMNS | {"personal_email"}
    assert "personal_email" not in changes(proposed(record, None, columns=columns).actions[0])
    assert (
        proposed(record, a_person(personal_email="x@home.example"), columns=columns).actions == []
    )


# Updates


@pytest.mark.parametrize(
    ("record", "person", "path", "before", "after", "action_class"),
    [
        ({"first_name": "Eve"}, {}, "first_name", "Ann1", "Eve", ActionClass.UPDATES),
        ({"last_name": "Ruiz"}, {}, "last_name", "Lee", "Ruiz", ActionClass.UPDATES),
        ({"work_email": "a@x.example"}, {}, "email", "p1@lincoln.example", "a@x.example",
         ActionClass.KEY_CHANGES),
        ({"username": "ann"}, {}, "username", "p1@lincoln.example", "ann", ActionClass.KEY_CHANGES),
        ({}, {"employee_number": None}, "employee_number", None, "E1", ActionClass.KEY_CHANGES),
        ({"role": "Manager"}, {}, "role_id", LEARNER, MANAGER, ActionClass.UPDATES),
        ({"timezone": "America/Denver"}, {}, "timezone_id", LOS_ANGELES, DENVER,
         ActionClass.UPDATES),
        ({"attributes": {"job_title": "clerk"}}, {}, "buckets.9", TEACHER, CLERK,
         ActionClass.UPDATES),
        ({}, {"buckets": ()}, "buckets.9", None, TEACHER, ActionClass.UPDATES),
    ],
)  # fmt: skip
def test_each_field_that_differs_is_updated(
    record: dict[str, Any], person: dict[str, Any], path: str, before: object, after: object,
    action_class: ActionClass,
) -> None:  # fmt: skip
    columns = COLUMNS | {"username", "role", "timezone"}
    action = only(proposed(a_record(**record), a_person(**person), columns=columns))
    assert (action.kind, action.action_class, action.hold) == (Kind.UPDATE, action_class, None)
    assert changes(action) == {path: (before, after)}


def test_changes_carry_the_names_of_their_ids() -> None:
    record = a_record(role="Manager", attributes={"job_title": "Clerk"})
    action = only(proposed(record, a_person(), columns=COLUMNS | {"role"}))
    names = {c.path: (c.before_name, c.after_name) for c in action.changes}
    assert names == {"buckets.9": ("Teacher", "Clerk"), "role_id": ("Learner", "Manager")}


def test_changes_stand_in_the_order_of_their_paths() -> None:
    record = a_record(last_name="Z", first_name="Z", work_email="z@x.example")
    assert list(changes(only(proposed(record, a_person())))) == ["email", "first_name", "last_name"]


def test_a_changed_email_and_a_changed_number_are_marked() -> None:
    record = a_record(employee_id="E7", work_email="z@x.example")
    action = only(proposed(record, a_person(), rule=MatchRule.LINK))
    assert action.marks == (Mark.EMAIL_CHANGED, Mark.IDENTITY_CHANGE)


def test_a_number_given_for_the_first_time_is_no_change_of_identity() -> None:
    assert only(proposed(a_record(), a_person(employee_number=None))).marks == ()


@pytest.mark.parametrize("rule", MatchRule)
def test_a_weak_match_is_marked_on_every_action(rule: MatchRule) -> None:
    person = a_person(last_name="Old", group_ids=(DISTRICT, MIDDLE), status=INACTIVE)
    found = proposed(a_record(), person, rule=rule).actions
    assert [a.kind for a in found] == [Kind.UPDATE, Kind.REACTIVATE, Kind.JOIN, Kind.LEAVE]
    assert {Mark.WEAK_MATCH in action.marks for action in found} == {rule in WEAK}
    assert {action.match_rule for action in found} == {rule.value}


# What an update leaves alone


def test_a_username_is_left_alone_without_its_column() -> None:
    action = only(proposed(a_record(work_email="new@x.example"), a_person()))
    assert changes(action).keys() == {"email"}


@pytest.mark.parametrize("column", ["username", "role", "timezone"])
def test_a_blank_cell_leaves_username_role_and_zone_alone(column: str) -> None:
    person = a_person(username="ann", role_id=MANAGER, timezone_id=DENVER)
    assert proposed(a_record(), person, columns=COLUMNS | {column}).actions == []


def test_a_role_or_zone_the_mapping_does_not_know_leaves_it_alone() -> None:
    record = a_record(role="Wizard", timezone="Mars/Olympus")
    assert proposed(record, a_person(), columns=COLUMNS | {"role", "timezone"}).actions == []


def test_a_column_the_extract_lacks_is_unmanaged() -> None:
    record = a_record(attributes={})
    person = a_person(buckets=((JOB, CLERK),))
    assert proposed(record, person, columns=COLUMNS - {"job_title"}).actions == []


def test_a_bucket_nobody_mapped_is_left_alone() -> None:
    person = a_person(buckets=((JOB, TEACHER), (ROOM, "12")))
    assert proposed(a_record(), person).actions == []


def test_a_blank_cell_clears_the_bucket_in_a_full_feed_and_leaves_it_in_a_delta() -> None:
    blank = a_record(attributes={"job_title": ""})
    assert changes(only(proposed(blank, a_person()))) == {"buckets.9": (TEACHER, None)}
    assert proposed(blank, a_person(), delta=True).actions == []


def test_a_text_bucket_takes_the_cell_as_it_is() -> None:
    mapping = a_mapping(buckets=(ROOMS,))
    record = a_record(attributes={"room": "B 12"})
    action = only(proposed(record, a_person(), mapping=mapping, columns=COLUMNS | {"room"}))
    assert changes(action) == {"buckets.10": (None, "B 12")}


# What is held


def test_an_unmapped_bucket_value_holds_that_change_only() -> None:
    record = a_record(last_name="Ruiz", attributes={"job_title": "Wizard"})
    proposal = proposed(record, a_person())
    action = only(proposal)
    assert (proposal.held, action.hold, action.marks) == (None, None, (Mark.UNMAPPED,))
    assert [change.path for change in action.sent] == ["last_name"]
    held = {c.path: (c.after, c.hold) for c in action.changes if c.hold}
    assert held == {"buckets.9": ("Wizard", HeldReason.UNMAPPED_BUCKET_VALUE)}


def test_an_update_of_nothing_but_an_unmapped_value_is_held() -> None:
    action = only(proposed(a_record(attributes={"job_title": "Wizard"}), a_person()))
    assert (action.hold, action.sent) == (HeldReason.UNMAPPED_BUCKET_VALUE, ())


def test_a_newcomer_with_an_unmapped_value_is_added_without_it() -> None:
    add = proposed(a_record(attributes={"job_title": "Wizard"}), None).actions[0]
    assert add.hold is None
    assert f"buckets.{JOB}" not in [change.path for change in add.sent]


@pytest.mark.parametrize(
    ("person", "kinds"),
    [
        (None, [Kind.ADD]),
        (a_person(last_name="Old", status=INACTIVE), [Kind.UPDATE, Kind.REACTIVATE]),
        (a_person(), []),
    ],
)
def test_an_unmapped_site_holds_the_row_and_touches_no_group(
    person: Person | None, kinds: list[Kind]
) -> None:
    proposal = proposed(a_record(site_codes=("999",)), person)
    assert proposal.held is HeldReason.UNMAPPED_SITE
    assert [action.kind for action in proposal.actions] == kinds
    assert all(a.hold is HeldReason.UNMAPPED_SITE for a in proposal.actions)
    assert all(Mark.UNMAPPED in action.marks for action in proposal.actions)


@pytest.mark.parametrize("person", [None, a_person()])
def test_a_privileged_role_is_held_and_marked(person: Person | None) -> None:
    record = a_record(role="administrator")
    action = proposed(record, person, columns=COLUMNS | {"role"}).actions[0]
    assert changes(action)["role_id"][1] == ADMINISTRATOR
    assert (action.hold, action.marks) == (HeldReason.PRIVILEGED_ROLE, (Mark.PRIVILEGED_ROLE,))


def test_who_has_a_privileged_role_already_is_not_held() -> None:
    record = a_record(role="Administrator", last_name="Ruiz")
    person = a_person(role_id=ADMINISTRATOR)
    assert only(proposed(record, person, columns=COLUMNS | {"role"})).hold is None


# Rehires and groups


def test_somebody_inactive_who_is_in_the_extract_again_is_reactivated() -> None:
    action = only(proposed(a_record(), a_person(status=INACTIVE)))
    assert (action.kind, action.marks) == (Kind.REACTIVATE, (Mark.REHIRE,))
    assert changes(action) == {"status": ("inactive", "active")}


def test_a_changed_site_is_a_transfer_join_and_leave() -> None:
    join, leave = proposed(a_record(site_codes=("020",)), a_person()).actions
    assert (join.kind, join.group_id, join.marks) == (Kind.JOIN, MIDDLE, (Mark.SITE_TRANSFER,))
    assert (leave.kind, leave.group_id, leave.marks) == (Kind.LEAVE, HIGH, (Mark.SITE_TRANSFER,))
    assert leave.action_class is ActionClass.MEMBERSHIPS_REMOVED
    assert join.depends_on == leave.depends_on == ()


def test_whoever_is_not_in_the_district_s_group_joins_it_before_they_leave_another() -> None:
    """Should that join fail, they keep what they have."""
    joins_and_leave = proposed(a_record(site_codes=("020",)), a_person(group_ids=(HIGH,))).actions
    needs = {(a.kind, a.group_id): a.depends_on for a in joins_and_leave}
    assert needs == {
        (Kind.JOIN, DISTRICT): (), (Kind.JOIN, MIDDLE): (),
        (Kind.LEAVE, HIGH): (id_of(Kind.JOIN, 1, DISTRICT),),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("groups", "kind", "group"),
    [((HIGH,), Kind.JOIN, DISTRICT), ((DISTRICT, HIGH, MIDDLE), Kind.LEAVE, MIDDLE)],
)
def test_a_missing_or_surplus_group_alone_is_no_transfer(
    groups: tuple[int, ...], kind: Kind, group: int
) -> None:
    action = only(proposed(a_record(), a_person(group_ids=groups)))
    assert (action.kind, action.group_id, action.marks) == (kind, group, ())


BOTH = (DISTRICT, HIGH, MIDDLE)


@pytest.mark.parametrize(
    ("sites", "groups", "expected"),
    [
        (("010", "020"), (DISTRICT, HIGH), [(Kind.JOIN, MIDDLE)]),
        (("010", "020"), (), [(Kind.JOIN, DISTRICT), (Kind.JOIN, HIGH), (Kind.JOIN, MIDDLE)]),
        (("010", "020"), BOTH, []),
        (("020",), BOTH, [(Kind.LEAVE, HIGH)]),
        (("010", "999"), BOTH, []),  # unmapped: the row is held, nobody leaves
        (("010", "999"), (DISTRICT,), []),
    ],
)
def test_somebody_is_in_the_group_of_every_site_and_of_no_other(
    sites: tuple[str, ...], groups: tuple[int, ...], expected: list[tuple[Kind, int]]
) -> None:
    proposal = proposed(a_record(site_codes=sites), a_person(group_ids=groups))
    assert [(action.kind, action.group_id) for action in proposal.actions] == expected
    held = HeldReason.UNMAPPED_SITE if "999" in sites else None
    assert proposal.held is held


def test_a_newcomer_joins_every_site_and_all_their_actions_are_of_one() -> None:
    add, *joins = proposed(a_record(site_codes=("010", "020")), None).actions
    assert [action.group_id for action in joins] == [DISTRICT, HIGH, MIDDLE]
    assert all(action.depends_on == (add.id,) for action in joins)
    assert {action.site for action in (add, *joins)} == {"010"}
    assert joins[0].reason == "sites 010, 020 in the extract (row 1)"


def test_groups_that_are_not_managed_are_left_alone() -> None:
    assert proposed(a_record(), a_person(group_ids=(DISTRICT, HIGH, UNMANAGED))).actions == []


def test_two_codes_of_one_group_are_one_site() -> None:
    mapping = a_mapping()
    mapping = replace(mapping, sites={**mapping.sites, "011": mapping.sites["010"]})
    assert proposed(a_record(site_codes=("011",)), a_person(), mapping=mapping).actions == []
