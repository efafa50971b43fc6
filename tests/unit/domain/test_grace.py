"""Days of grace: when somebody who has left is removed, and what starts the count anew."""

from datetime import date, timedelta
from typing import Any

import pytest

from shared.domain.absence import Absence, Because, Grace
from shared.domain.action import ActionClass
from shared.domain.plan import Plan
from shared.domain.planning import build_plan
from shared.domain.policy import RemovalPolicy
from shared.domain.removal import Absentee, Fate
from shared.domain.shield import Unverified
from tests.fakes.people import AS_OF, a_policy, a_record, people, plan_inputs, records

GONE = 30  # the thirtieth of thirty


def plan(rows: Any = None, *, days: int = 14, on: date = AS_OF, **values: Any) -> Plan:
    """A plan over an extract without person 30, unless told otherwise."""
    mode = values.pop("mode", "full")
    policy = a_policy(mode=mode, removal=RemovalPolicy(first_run="allow", grace_days=days))
    rows = records(range(1, GONE)) if rows is None else rows
    return build_plan(plan_inputs(policy=policy, records=rows, as_of=on, **values))


def removed(made: Plan) -> list[int | None]:
    return [a.ascip_id for a in made.actions if a.action_class is ActionClass.REMOVALS]


def only(made: Plan) -> Absentee:
    (who,) = made.removals.absentees
    return who


def absent(since: date, because: Because = Because.ABSENT) -> dict[int, Absence]:
    return {GONE: Absence(since=since, because=because)}


def test_without_grace_an_absentee_is_removed_at_once() -> None:
    assert removed(plan(days=0)) == [GONE]


def test_with_grace_the_first_plan_only_notes_since_when() -> None:
    made = plan()
    assert (removed(made), made.actions) == ([], ())
    assert made.removals.absences == absent(AS_OF)
    who = only(made)
    assert (who.fate, who.leaves_on) == (Fate.IN_GRACE, AS_OF + timedelta(days=14))


@pytest.mark.parametrize(("passed", "removal"), [(13, False), (14, True), (15, True)])
def test_they_are_removed_once_the_days_have_passed(passed: int, removal: bool) -> None:
    since = AS_OF - timedelta(days=passed)
    made = plan(absences=absent(since))
    assert bool(removed(made)) is removal
    assert made.removals.absences == absent(since), "the first day stays the first"
    if removal:
        assert made.actions[0].reason == f"not in the extract since {since}"


@pytest.mark.parametrize(("passed", "removal"), [(14, False), (15, True)])
def test_an_end_date_counts_from_the_day_after_it(passed: int, removal: bool) -> None:
    """Its holder works on that day still; the first extract that says so may come late."""
    end = AS_OF - timedelta(days=passed)
    made = plan([*records(range(1, GONE)), a_record(GONE, end_date=end)])
    assert bool(removed(made)) is removal
    assert only(made).absence == Absence(
        since=end + timedelta(days=1), because=Because.END_DATE, end_date=end
    )
    assert only(made).row == GONE


def test_who_vanishes_after_their_end_date_goes_on_from_there() -> None:
    end = AS_OF - timedelta(days=10)
    known = Absence(since=end + timedelta(days=1), because=Because.END_DATE, end_date=end)
    absence = only(plan(absences={GONE: known})).absence
    assert absence == Absence(since=known.since, because=Because.ABSENT, end_date=end)


def test_an_inactive_status_counts_from_the_plan_that_found_it() -> None:
    rows = [*records(range(1, GONE)), a_record(GONE, inactive=True)]
    assert not removed(plan(rows))
    known = absent(AS_OF - timedelta(days=14), Because.INACTIVE)
    assert removed(plan(rows, absences=known)) == [GONE]


def test_a_short_file_that_is_mended_leaves_nobody_counting() -> None:
    short = plan(records(range(1, 11)))
    assert len(short.removals.absences) == 20
    mended = plan(
        records(range(1, 31)), absences=short.removals.absences, on=AS_OF + timedelta(days=1)
    )
    assert (mended.removals.absences, mended.removals.absentees) == ({}, ())


def test_who_is_shielded_has_not_left_and_starts_anew() -> None:
    shielded = plan(
        absences=absent(AS_OF - timedelta(days=30)), unverified=Unverified(identities=("E30",))
    )
    assert (removed(shielded), shielded.removals.absences) == ([], {})
    assert only(shielded).fate is Fate.DAMAGED_ROW


def test_what_was_found_later_than_the_day_planned_for_does_not_count() -> None:
    """A drift run looks at a day that has passed."""
    later = absent(AS_OF + timedelta(days=3))
    assert only(plan(absences=later)).leaves_on == AS_OF + timedelta(days=14)
    assert removed(plan(absences=later, days=0)) == [GONE]


def test_who_is_inactive_already_is_remembered_too() -> None:
    """Whoever is made active again by hand is not given another grace."""
    found = people(range(1, 31))
    found[GONE] = type(found[GONE]).from_json(found[GONE].to_json() | {"status": "inactive"})
    since = AS_OF - timedelta(days=40)
    made = plan(people=found.values(), absences=absent(since))
    assert (made.removals.absences, made.removals.absentees) == (absent(since), ())


def test_a_delta_says_once_that_somebody_has_left() -> None:
    """So it is remembered: the file of the day on which grace ends doesn't name them any more."""
    said = plan([a_record(GONE, inactive=True)], mode="delta")
    assert (only(said).fate, len(said.removals.absences)) == (Fate.IN_GRACE, 1)
    later = plan(
        [a_record(1)], mode="delta", absences=said.removals.absences, on=AS_OF + timedelta(days=14)
    )
    assert removed(later) == [GONE]
    assert later.actions[0].reason == f"inactive in the extract of {AS_OF}"
    back = plan([a_record(GONE)], mode="delta", absences=said.removals.absences)
    assert back.removals.absences == {}


def test_who_was_only_absent_is_forgotten_when_the_feed_becomes_a_delta() -> None:
    made = plan([a_record(1)], mode="delta", absences=absent(AS_OF - timedelta(days=99)))
    assert (removed(made), made.removals.absences) == ([], {})


def test_nobody_in_grace_is_held_or_counted_by_a_gate() -> None:
    made = plan(records(range(1, 11)))
    (gate,) = [g for g in made.gates if g.name.value == "removals"]
    assert (gate.value, gate.tripped, made.held_classes) == (0, False, [])


@pytest.mark.parametrize("days", [0, 1, 14])
def test_the_days_are_counted_from_the_first(days: int) -> None:
    grace = Grace(days=days, as_of=AS_OF)
    first = Absence(since=AS_OF - timedelta(days=days), because=Because.ABSENT)
    assert grace.over(first)
    day_less = Absence(since=first.since + timedelta(days=1), because=Because.ABSENT)
    assert not grace.over(day_less)
