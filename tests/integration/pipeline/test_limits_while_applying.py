"""What is over a limit when it is applied, or goes wrong too often, stops."""

from dataclasses import replace

import pytest

from shared.domain.action import ActionClass, ActionStatus
from shared.domain.errors import Conflict
from shared.domain.gate_rules import GateName
from shared.domain.policy import ApprovalPolicy, FailureLimit, Limits, PercentLimit, RemovalLimit
from shared.domain.review import Release
from shared.domain.run import PausedReason, RunState
from shared.pipeline.before_writing import gates_now
from tests.fakes.installation import Installation
from tests.fakes.people import ROOMY


def limit(engine: Installation, limits: Limits) -> None:
    engine.configure(policy=replace(engine.tools.policy, limits=limits))


def test_what_is_approved_is_judged_again_before_the_first_call(engine: Installation) -> None:
    """Nobody can approve over a limit, so somebody writes to the database past the engine."""
    extract = engine.extract()
    extract.remove(*extract.ids[:10])
    extract.rename(extract.ids[:1])
    run = engine.approve(engine.plan(extract))
    plan_id = engine.plan_of(run).id
    before = {gate.name: gate for gate in gates_now(engine.tools, plan_id)}
    removals = before[GateName.REMOVALS]
    assert (removals.value, removals.limit, removals.tripped) == (0, 10, False)
    engine.database.change("UPDATE action SET status = 'planned' WHERE status = 'held'")
    with pytest.raises(
        Conflict, match=r"removals \(10, limit 10\)\. Nothing was written"
    ) as refused:
        engine.apply(run)
    assert refused.value.code == "over_limit"
    assert not engine.simulator.writes()
    one_less = (
        "UPDATE action SET status = 'held' WHERE position = (SELECT max(position) FROM action)"
    )
    engine.database.change(one_less)
    assert engine.apply(run).state is RunState.APPLIED


def test_a_site_s_removals_are_released_as_a_class_and_judged_as_released(
    engine: Installation,
) -> None:
    limit(engine, replace(ROOMY, removals=RemovalLimit(count=99, site_min=3, site_percent=1)))
    extract = engine.extract()
    at = {row["employee_id"]: row["site_code"] for row in extract.rows}
    site = next(iter(at.values()))
    here = [key for key, code in at.items() if code == site][:3]
    there = next(key for key, code in at.items() if code != site)
    extract.remove(*here, there)
    run = engine.plan(extract)
    assert sum(engine.held(run).values()) == 3, "the other site's removal is free"
    release = Release(action_class=ActionClass.REMOVALS, count=3, reason="left")
    with pytest.raises(Conflict, match="names 4, 3 are held"):
        engine.approve(run, replace(release, count=4))
    run = engine.apply(engine.approve(run, release))
    assert run.state is RunState.APPLIED
    assert engine.statuses(run) == {ActionStatus.SUCCEEDED: 4}


def test_the_first_run_needs_a_person_though_nothing_trips(engine: Installation) -> None:
    approval = ApprovalPolicy(mode="over_limits")
    engine.configure(policy=replace(engine.tools.policy, approval=approval))
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    first = engine.plan(extract)
    assert (first.state, engine.plan_of(first).held_classes) == (RunState.AWAITING_APPROVAL, [])
    engine.apply(engine.approve(first))
    extract.rename(extract.ids[1:2])
    assert engine.plan(extract).state is RunState.APPROVED


def test_failures_in_a_row_pause_the_run_and_it_goes_on_when_told(engine: Installation) -> None:
    limit(
        engine,
        replace(ROOMY, failures=FailureLimit(in_a_row=3), conflicts=PercentLimit(percent=10)),
    )
    engine.configure(concurrency=1, rate_per_s=1)
    extract = engine.extract()
    extract.rename(extract.ids[:8])
    run = engine.approve(engine.plan(extract))
    engine.simulator.faults({"fault": "server_error", "status": 422, "method": "PUT"})
    run = engine.apply(run)
    assert (run.state, run.reason) == (RunState.PAUSED, PausedReason.FAILURE_RATE)
    assert "3 actions failed in a row" in (run.detail or "")
    assert engine.statuses(run) == {ActionStatus.FAILED: 3, ActionStatus.PLANNED: 5}
    engine.simulator.faults()
    run = engine.apply(run)
    assert run.state is RunState.APPLIED_WITH_ERRORS
    assert engine.statuses(run) == {ActionStatus.FAILED: 3, ActionStatus.SUCCEEDED: 5}


def test_too_many_changes_by_others_pause_the_run_and_it_goes_on_when_told(
    engine: Installation,
) -> None:
    """Two of twenty are ten percent; those two are conflicts, and nobody else is kept waiting for good."""
    limit(engine, replace(ROOMY, conflicts=PercentLimit(percent=10)))
    engine.configure(concurrency=1, rate_per_s=1)
    extract = engine.extract()
    renamed = extract.ids[:20]
    extract.rename(renamed)
    run = engine.approve(engine.plan(extract))
    order = [stored.action.person_key for stored in engine.actions(run)]
    for number in order[2:4]:
        engine.simulator.edit(number, lastName="Changed Meanwhile")
    run = engine.apply(run)
    assert (run.state, run.reason) == (RunState.PAUSED, PausedReason.CONFLICT_RATE)
    assert "2 of 20 actions met a change by somebody else" in (run.detail or "")
    assert engine.statuses(run)[ActionStatus.CONFLICT] == 2
    assert engine.statuses(run)[ActionStatus.PLANNED] > 0
    run = engine.apply(run)
    assert run.state is RunState.APPLIED_WITH_ERRORS
    assert engine.statuses(run) == {ActionStatus.CONFLICT: 2, ActionStatus.SUCCEEDED: 18}
    for number in order[2:4]:
        assert engine.simulator.person(number)["lastName"] == "Changed Meanwhile"
