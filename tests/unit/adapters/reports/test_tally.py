"""What one pass keeps of a plan of any size."""

from dataclasses import replace

from shared.adapters.reports import tally as tallying
from shared.adapters.reports.tally import Tally
from shared.domain.action import ActionStatus, Change, HeldReason, Kind
from tests.unit.adapters.reports.example import action, stored


def _tally(changes: list[Change]) -> Tally:
    tally = Tally()
    for n, change in enumerate(changes):
        tally.add(stored(action(Kind.UPDATE, n, [change])))
    return tally


def test_identical_changes_are_grouped_most_frequent_first() -> None:
    teacher = Change(path="buckets.9", before=51, after=55)
    clerk = Change(path="buckets.9", before=51, after=56)
    lone = Change(path="buckets.9", before=51, after=57)
    found = _tally([clerk, teacher, clerk, teacher, teacher, lone]).identical()
    assert [(key.after, count) for key, count in found] == [(55, 3), (56, 2)]


def test_at_most_twenty_groups_are_kept() -> None:
    changes = [Change(path="buckets.9", before=None, after=n % 30) for n in range(60)]
    assert len(_tally(changes).identical()) == 20


def test_values_that_belong_to_one_person_are_not_grouped() -> None:
    same = Change(path="last_name", before="Hill", after="Ortiz")
    assert _tally([same, same]).identical() == []


def test_joins_of_one_group_are_grouped() -> None:
    tally = Tally()
    for n in range(3):
        tally.add(stored(action(Kind.JOIN, n, group_id=402, group_name="Lincoln High")))
    [(key, count)] = tally.identical()
    assert (key.path, key.after_name, count) == ("group", "Lincoln High", 3)


def test_what_went_wrong_is_shown_before_what_went_well() -> None:
    tally = Tally()
    for n in range(tallying.SHOWN_ACTIONS + 10):
        tally.add(stored(action(Kind.JOIN, n, group_id=1)))
    tally.add(stored(action(Kind.DEACTIVATE, 900)))
    held = action(Kind.DEACTIVATE, 901, hold=HeldReason.GATE)
    tally.add(stored(held, ActionStatus.HELD))
    tally.add(stored(action(Kind.UPDATE, 902), ActionStatus.FAILED, "too_long"))
    shown = tally.shown()
    assert len(shown) == tallying.SHOWN_ACTIONS
    assert [a.action.person_key for a in shown[:3]] == ["E11302", "E11301", "E11300"]


def test_an_unmapped_value_is_told_with_the_first_row_of_the_file_that_has_it() -> None:
    """Actions come in the order of employee ids."""
    unmapped = Change(
        path="buckets.9", before=None, after="Techer", hold=HeldReason.UNMAPPED_BUCKET_VALUE
    )
    tally = Tally()
    for row in (202, 6, 77):
        tally.add(stored(replace(action(Kind.UPDATE, row, [unmapped]), source_row=row)))
    assert list(tally.unmapped.values()) == [(3, 6)]


def test_the_different_changes_of_a_large_plan_are_bounded() -> None:
    many = tallying.COUNTED_CHANGES
    changes = [Change(path="buckets.9", before=None, after=f"text {n}") for n in range(many + 50)]
    tally = _tally(changes)
    assert tally.total == many + 50
    assert len(tally._changes) == many  # the bound is the point
