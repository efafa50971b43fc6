"""Drift runs against the simulator: they read and tell, write nothing, and stand in nobody's way."""

import json
from dataclasses import replace

import pytest

from shared.domain.action import ActionStatus
from shared.domain.audit import SYSTEM
from shared.domain.errors import Conflict
from shared.domain.policy import RemovalPolicy
from shared.domain.run import Run, RunMode, RunState
from shared.pipeline.carry_out import apply_plan
from shared.pipeline.drift import look_for_drift
from shared.pipeline.slot import Timetable
from shared.pipeline.tick import tick
from tests.fakes.installation import OPERATOR, Installation
from tests.fakes.staff_extract import StaffExtract

NEVER = Timetable(staff="", source=None, mapping_text=lambda: "{}")


@pytest.fixture
def applied(engine: Installation) -> StaffExtract:
    """An extract that has been applied, cleanly."""
    extract = engine.extract()
    extract.story()
    assert engine.sync(extract).state is RunState.APPLIED
    return extract


def order(engine: Installation) -> str:
    """Queue a drift run; its id."""
    return look_for_drift(engine.tools, SYSTEM, "schedule")


def look(engine: Installation) -> Run:
    """A drift run from beginning to end, which the simulator has seen write nothing."""
    before = len(engine.simulator.journal(effects=True))
    run_id = order(engine)
    engine.workers.until_quiet()
    assert len(engine.simulator.journal(effects=True)) == before
    return engine.run(run_id)


def test_what_somebody_else_changed_is_told_and_stays(
    engine: Installation, applied: StaffExtract
) -> None:
    for number in applied.ids[10:12]:
        engine.simulator.edit(number, lastName="Edited")
    run = look(engine)
    assert (run.state, run.reason, run.mode) == (RunState.DISCARDED, "drift", RunMode.DRIFT)
    assert run.detail == (
        "2 people differ from what was applied; plan the newest extract to bring them back"
    )
    assert engine.statuses(run) == {ActionStatus.NOT_APPROVED: 2}
    assert engine.simulator.person(applied.ids[10])["lastName"] == "Edited"
    assert run.archive, "its report is written"
    assert run.books
    assert run.books["balanced"]


@pytest.mark.usefixtures("applied")
def test_where_nothing_differs_there_are_no_changes(engine: Installation) -> None:
    run = look(engine)
    assert (run.state, run.clean) == (RunState.NO_CHANGES, True)
    with engine.database.transactions.begin() as uow:
        last = uow.runs.last_success("staff")
    assert last
    assert last.id != run.id, "looking is no success of the feed"


def test_one_person_is_said_as_one(engine: Installation, applied: StaffExtract) -> None:
    engine.simulator.edit(applied.ids[10], lastName="Edited", firstName="Twice")
    assert (look(engine).detail or "").startswith("1 person differs from")


def test_without_anything_applied_there_is_nothing_to_compare_with(engine: Installation) -> None:
    waiting = engine.extract()
    waiting.story()
    engine.plan(waiting)
    with pytest.raises(Conflict) as refused:
        order(engine)
    assert refused.value.code == "nothing_applied"
    assert engine.database.value("SELECT count(*) FROM run") == 1


def test_nobody_can_approve_or_apply_it(engine: Installation, applied: StaffExtract) -> None:
    engine.simulator.edit(applied.ids[10], lastName="Edited")
    run = look(engine)
    with pytest.raises(Conflict, match="can't be decided"):
        engine.approve(run)
    with pytest.raises(Conflict):
        apply_plan(engine.tools, engine.plan_of(run).id, OPERATOR)
    engine.configure(
        policy=replace(
            engine.tools.policy, approval=replace(engine.tools.policy.approval, mode="over_limits")
        )
    )
    assert look(engine).state is RunState.DISCARDED, "no rule approves it either"


def test_it_neither_takes_a_place_nor_loses_its_own(
    engine: Installation, applied: StaffExtract
) -> None:
    applied.rename(applied.ids[20:21])
    waiting = engine.plan(applied)
    assert waiting.state is RunState.AWAITING_APPROVAL
    engine.simulator.edit(applied.ids[10], lastName="Edited")
    assert look(engine).state is RunState.DISCARDED
    assert engine.run(waiting.id).state is RunState.AWAITING_APPROVAL

    first, last = order(engine), engine.land(applied, force=True)
    start = "SELECT id FROM work_item WHERE run_id = :run"
    engine.workers.deliver(engine.database.value(start, run=last))
    engine.workers.until_quiet()
    assert engine.run(last).state is RunState.AWAITING_APPROVAL
    assert engine.run(first).state is RunState.DISCARDED, "a newer extract was planned before it"
    assert engine.apply(engine.approve(engine.run(last))).state is RunState.APPLIED


def test_an_older_extract_is_not_overtaken_by_a_look(
    engine: Installation, applied: StaffExtract
) -> None:
    applied.rename(applied.ids[20:21])
    older = engine.land(applied)
    drift = order(engine)
    start = "SELECT id FROM work_item WHERE run_id = :run"
    engine.workers.deliver(engine.database.value(start, run=drift))
    engine.workers.until_quiet()
    assert engine.run(older).state is RunState.AWAITING_APPROVAL


def test_drift_that_was_found_ends_the_skipping(
    engine: Installation, applied: StaffExtract
) -> None:
    """The advice is to plan the newest extract: that must not be skipped as unchanged."""
    assert look(engine).state is RunState.NO_CHANGES
    assert engine.plan(applied).state is RunState.SKIPPED_UNCHANGED
    engine.simulator.edit(applied.ids[10], lastName="Edited")
    assert engine.plan(applied).state is RunState.SKIPPED_UNCHANGED
    assert look(engine).state is RunState.DISCARDED
    run = engine.plan(applied)
    assert run.state is RunState.AWAITING_APPROVAL
    assert engine.apply(engine.approve(run)).state is RunState.APPLIED
    assert engine.plan(applied).state is RunState.SKIPPED_UNCHANGED
    assert look(engine).state is RunState.NO_CHANGES


def test_it_compares_with_what_is_applied_when_its_turn_comes(
    engine: Installation, applied: StaffExtract
) -> None:
    """Ordered while another run writes, it would otherwise take that run's work for drift."""
    applied.rename(applied.ids[20:25])
    engine.begin(engine.approve(engine.plan(applied)))
    drift = order(engine)
    engine.workers.until_quiet()
    assert engine.run(drift).state is RunState.NO_CHANGES


def test_it_compares_with_the_mapping_and_the_day_of_what_was_applied(
    engine: Installation,
) -> None:
    """Who has left since then is no drift, and neither is what a new mapping would do."""
    extract = engine.extract()
    extract.row(extract.ids[0])["end_date"] = "2026-11-20"
    assert engine.plan(extract).state is RunState.NO_CHANGES
    engine.clock.go_on(days=1)
    other = json.loads(extract.mapping_text)
    sites = other["groups"]["sites"]
    one, two, *_ = sorted(sites)
    sites[one], sites[two] = sites[two], sites[one]
    assert engine.plan(extract, mapping=json.dumps(other)).state is not RunState.NO_CHANGES
    assert look(engine).state is RunState.NO_CHANGES


def test_who_a_first_run_only_reported_is_no_drift(engine: Installation) -> None:
    engine.staff(removal=RemovalPolicy(first_run="report"))
    extract = engine.extract()
    extract.remove(*extract.ids[:2])
    assert engine.plan(extract).state is RunState.NO_CHANGES
    run = look(engine)
    assert run.state is RunState.NO_CHANGES
    would_remove = engine.plan_of(run).facts["would_remove"]
    assert isinstance(would_remove, list)
    assert len(would_remove) == 2


def test_whoever_the_limits_would_hold_counts_too(
    engine: Installation, applied: StaffExtract
) -> None:
    """Twenty are gone, and as many strangers have come: a list that is shorter would not be believed."""
    state = engine.simulator.state()
    for number, person in enumerate(state["people"]):
        if person["employeeNumber"] in applied.ids[10:30]:
            name = f"stranger{number}@lincoln.example"
            strange: dict[str, object] = {
                "id": 90_000 + number,
                "employeeNumber": None,
                "groupIds": [],
            }
            person.update(strange, email=name, username=name)
    engine.simulator.put_state(state)
    run = look(engine)
    assert (run.state, (run.detail or "").partition(" ")[0]) == (RunState.DISCARDED, "20")
    assert ActionStatus.PLANNED not in engine.statuses(run)


@pytest.mark.usefixtures("applied")
def test_the_schedule_orders_it_once(engine: Installation) -> None:
    """Sundays at three, in Los Angeles; 20 November 2026 is a Friday."""
    tick(engine.tools, NEVER)
    engine.clock.go_on(days=2)
    for _ in range(2):
        tick(engine.tools, NEVER)
    engine.workers.until_quiet()
    (run_id,) = engine.database.rows("SELECT id FROM run WHERE mode = 'drift'")
    run = engine.run(run_id[0])
    assert (run.state, run.actor, run.trigger) == (RunState.NO_CHANGES, "system", "schedule")


def test_the_schedule_lets_its_slot_pass_while_nothing_is_applied(engine: Installation) -> None:
    tick(engine.tools, NEVER)
    engine.clock.go_on(days=2)
    codes = [rung.code for rung in tick(engine.tools, NEVER) if rung.job == "drift"]
    assert codes == ["nothing_applied"]
    assert [rung for rung in tick(engine.tools, NEVER) if rung.job == "drift"] == []
