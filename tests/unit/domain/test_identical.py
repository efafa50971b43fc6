"""What makes changes identical: from what, to what, and whether held; not who, nor what it is called."""

from typing import Any

from shared.domain.action import Change, HeldReason, Kind
from shared.domain.identical import identical_parts
from tests.fakes.people import an_action


def keys(kind: Kind, key: str, *changes: Change, **values: Any) -> list[str]:
    action = an_action(kind, key, changes=changes, **values)
    return [part for part, _ in identical_parts(action)]


def test_an_update_has_a_part_for_each_of_its_changes() -> None:
    title = Change(path="buckets.7", before=50, after=51, before_name="Tchr", after_name="Teacher")
    email = Change(path="email", before="a@x.example", after="b@x.example")
    both = keys(Kind.UPDATE, "E1", title, email)
    assert keys(Kind.UPDATE, "E2", title) == both[:1]
    assert keys(Kind.UPDATE, "E2", email) == both[1:]
    assert dict(identical_parts(an_action(Kind.UPDATE, "E1", changes=(title,)))) == {both[0]: title}


def test_names_make_no_difference_and_values_and_holds_do() -> None:
    def part(**values: Any) -> str:
        change = Change(**{"path": "buckets.7", "before": 50, "after": 51, **values})
        return keys(Kind.UPDATE, "E1", change)[0]

    assert part() == part(before_name="Tchr")
    others = [part(path="buckets.8"), part(before=None), part(after="51"),
              part(hold=HeldReason.UNMAPPED_BUCKET_VALUE)]  # fmt: skip
    assert len({part(), *others}) == 5


def test_other_actions_are_identical_by_kind_and_group() -> None:
    join = keys(Kind.JOIN, "E1", group_id=402)
    assert join == keys(Kind.JOIN, "E2", group_id=402)
    assert join != keys(Kind.JOIN, "E1", group_id=403)
    assert join != keys(Kind.LEAVE, "E1", group_id=402)
    changes = Change(path="email", before=None, after="n@x.example")
    assert keys(Kind.ADD, "E1", changes) == keys(Kind.ADD, "E2")
