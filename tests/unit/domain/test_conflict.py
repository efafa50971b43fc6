"""A person is compared with what an action expects to find."""

import pytest

from shared.domain.action import Action, ActionClass, Change, HeldReason, Kind, Scalar
from shared.domain.conflict import differs, fulfilled, value_at
from shared.domain.snapshot import Person, PersonStatus

PERSON = Person(
    id=7,
    username="zoe",
    email="zoe@example.org",
    first_name="Zo\u00eb",
    last_name="Ruiz",
    status=PersonStatus.ACTIVE,
    role_id=3,
    buckets=((2, 5), (8, "a")),
)


def action(*changes: Change, kind: Kind = Kind.UPDATE) -> Action:
    return Action(
        kind=kind,
        action_class=ActionClass.UPDATES,
        person_key="E7",
        ascip_id=7,
        changes=changes,
    )


def change(path: str, before: Scalar, after: Scalar, hold: HeldReason | None = None) -> Change:
    return Change(path=path, before=before, after=after, hold=hold)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("email", "zoe@example.org"),
        ("employee_number", None),
        ("role_id", 3),
        ("buckets.2", 5),
        ("buckets.8", "a"),
        ("buckets.9", None),
        ("status", "active"),
    ],
)
def test_a_path_leads_to_its_value(path: str, value: Scalar) -> None:
    assert value_at(PERSON, path) == value


@pytest.mark.parametrize("path", ["id", "updated_at", "group_ids"])
def test_a_path_no_change_has_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=path):
        value_at(PERSON, path)


def test_values_as_planned_do_not_differ() -> None:
    planned = action(change("role_id", 3, 4), change("buckets.9", None, 1))
    assert differs(planned, PERSON) == []
    assert not fulfilled(planned, PERSON)


def test_a_value_somebody_changed_differs_by_its_path() -> None:
    planned = action(change("role_id", 2, 4), change("buckets.2", 6, 7), change("email", "a", "b"))
    assert differs(planned, PERSON) == ["role_id", "buckets.2", "email"]


def test_a_value_that_is_there_already_is_no_conflict() -> None:
    planned = action(change("role_id", 2, 3), change("last_name", "Ruiz", "Ruiz-Lee"))
    assert differs(planned, PERSON) == []


def test_text_is_compared_as_written_after_composition() -> None:
    assert differs(action(change("first_name", "Zoe\u0308", "Z")), PERSON) == []
    assert differs(action(change("first_name", "ZO\u00cb", "Z")), PERSON) == ["first_name"]


def test_a_held_change_is_neither_compared_nor_awaited() -> None:
    held = change("email", "other@example.org", "new@example.org", HeldReason.GATE)
    planned = action(held, change("role_id", 2, 3))
    assert differs(planned, PERSON) == []
    assert fulfilled(planned, PERSON)


@pytest.mark.parametrize(
    ("kind", "status", "is_fulfilled"),
    [
        (Kind.DEACTIVATE, PersonStatus.INACTIVE, True),
        (Kind.DEACTIVATE, PersonStatus.ACTIVE, False),
        (Kind.REACTIVATE, PersonStatus.ACTIVE, True),
        (Kind.REACTIVATE, PersonStatus.INACTIVE, False),
        (Kind.ADD, PersonStatus.INACTIVE, False),
        (Kind.UPDATE, PersonStatus.INACTIVE, True),
    ],
)
def test_the_status_counts_for_the_kinds_that_set_it(
    kind: Kind, status: PersonStatus, is_fulfilled: bool
) -> None:
    person = Person(
        id=7, username="z", email="z@x.org", first_name="Z", last_name="R", status=status
    )
    assert fulfilled(action(kind=kind), person) is is_fulfilled
