"""Windows of the school year: their days, their faults, and what waits in them."""

from datetime import date
from typing import Any

import pytest

from shared.domain.action import ActionClass, HeldReason, Kind
from shared.domain.plan import Plan
from shared.domain.planning import build_plan
from shared.domain.school_calendar import (
    Window,
    WindowPolicy,
    calendar_edges,
    calendar_faults,
    hold_for_calendar,
    window_of,
)
from tests.fakes.people import (
    AS_OF,
    INACTIVE,
    LOOSE,
    a_person,
    a_policy,
    a_record,
    an_action,
    people,
    plan_inputs,
    records,
)

PAUSE, ADDS_ONLY = WindowPolicy.PAUSE, WindowPolicy.ADDS_ONLY


def window(first: str, last: str, policy: WindowPolicy = PAUSE) -> Window:
    return Window(first=date.fromisoformat(first), last=date.fromisoformat(last), policy=policy)


JUNE = window("2026-06-10", "2026-06-20")
TODAY = Window(first=AS_OF, last=AS_OF, policy=ADDS_ONLY)


@pytest.mark.parametrize(
    ("day", "inside"),
    [("2026-06-09", False), ("2026-06-10", True), ("2026-06-20", True), ("2026-06-21", False)],
)
def test_a_window_has_its_first_and_its_last_day(day: str, *, inside: bool) -> None:
    assert (window_of([JUNE], date.fromisoformat(day)) is JUNE) is inside


def test_the_first_day_and_the_day_after_the_last_are_edges() -> None:
    assert [day.isoformat() for day in calendar_edges([JUNE])] == ["2026-06-10", "2026-06-21"]


@pytest.mark.parametrize(
    ("calendar", "fault"),
    [
        ([JUNE, window("2026-06-21", "2026-07-01", ADDS_ONLY)], ""),
        ([JUNE, window("2026-06-20", "2026-07-01", ADDS_ONLY)], "2026-06-20 to 2026-06-20"),
        ([JUNE, window("2026-06-01", "2026-07-01", ADDS_ONLY)], "2026-06-10 to 2026-06-20"),
        ([JUNE, window("2026-06-15", "2026-07-01", PAUSE)], ""),
        ([window("2026-06-10", "2026-06-10")], ""),
        ([window("2026-06-10", "2026-06-09")], "ends (2026-06-09) before it begins (2026-06-10)"),
    ],
)
def test_a_calendar_that_contradicts_itself_is_told(calendar: list[Window], fault: str) -> None:
    found = list(calendar_faults(calendar))
    assert len(found) == bool(fault)
    assert all(fault in each for each in found)


def busy(**values: Any) -> Plan:
    """One is added, one comes back, one is transferred, one renamed, one has left."""
    rows = [
        a_record(1, last_name="Ruiz"), a_record(2, site_codes=("020",)), *records(range(3, 30)),
        a_record(31),
    ]  # fmt: skip
    found = people(range(1, 31)) | {3: a_person(3, status=INACTIVE, group_ids=())}
    return build_plan(
        plan_inputs(
            records=rows, people=found.values(),
            policy=a_policy(limits=LOOSE, **values),
        )
    )  # fmt: skip


def test_where_people_are_only_added_they_get_their_groups_and_the_rest_waits() -> None:
    free = {action.hold for action in busy().actions}
    assert free == {None}
    made = busy(calendar=(TODAY,))
    waiting = {a.id for a in made.actions if a.hold is HeldReason.CALENDAR}
    told = {f"{a.kind} {a.person_key}" for a in made.actions if a.id not in waiting}
    assert told == {"add E31", "join E31", "reactivate E3", "join E3"}
    assert made.applyable
    kept = {f"{a.kind} {a.person_key}" for a in made.actions if a.id in waiting}
    assert kept == {"update E1", "join E2", "leave E2", "deactivate E30"}


def test_a_pause_holds_nothing_in_a_plan() -> None:
    """No run comes that far."""
    paused = Window(first=AS_OF, last=AS_OF, policy=PAUSE)
    assert {action.hold for action in busy(calendar=(paused,)).actions} == {None}


def test_no_release_gets_round_a_window() -> None:
    """A hold that a release lifts gives way to the calendar's, any other stays."""
    actions = [
        an_action(Kind.UPDATE, hold=hold)
        for hold in (HeldReason.PRIVILEGED_ROLE, HeldReason.UNMAPPED_SITE, None)
    ]
    held = [action.hold for action in hold_for_calendar(actions, TODAY)]
    assert held == [HeldReason.CALENDAR, HeldReason.UNMAPPED_SITE, HeldReason.CALENDAR]
    privileged = an_action(Kind.ADD, hold=HeldReason.PRIVILEGED_ROLE)
    assert hold_for_calendar([privileged], TODAY) == [privileged]


def test_what_the_calendar_holds_counts_for_the_gates_and_keeps_its_reason() -> None:
    rows = records(range(1, 15))
    made = build_plan(plan_inputs(records=rows, policy=a_policy(calendar=(TODAY,))))
    assert ActionClass.REMOVALS in made.held_classes
    assert {action.hold for action in made.actions} == {HeldReason.CALENDAR}
