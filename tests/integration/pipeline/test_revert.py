"""Taking a run back: the inverse of what it did, through the same gates and review."""

from dataclasses import replace
from typing import Any, cast

import pytest

from services.cli.render import plan_lines
from services.cli.render_markdown import markdown_lines
from services.simulator.tenant import DISTRICT_ID
from shared.domain.action import ActionClass, ActionStatus, HeldReason, Kind
from shared.domain.errors import Conflict
from shared.domain.explanation import Step, StepStatus
from shared.domain.policy import Ladder, RemovalLimit, RemovalPolicy
from shared.domain.reversal import LeftOutReason
from shared.domain.review import Release
from shared.domain.run import Run, RunState
from shared.pipeline.carry_out import cancel
from shared.pipeline.drift import look_for_drift
from shared.pipeline.explain import explain
from shared.pipeline.look import plan_actions, view_plan, view_run
from shared.pipeline.revert import revert
from shared.ports.views import PageOf
from tests.fakes.installation import APPROVER, OPERATOR, Installation
from tests.fakes.people import ROOMY
from tests.fakes.reversing import people, take_back, with_every_kind
from tests.fakes.witness import out_in_between
from tests.unit.pipeline.test_plan_schema import VALIDATOR


def left_out(engine: Installation, run: Run) -> dict[str, LeftOutReason]:
    return {
        who.key: group.reason
        for group in view_plan(engine.tools, run.id).left_out
        for who in group.first
    }


def explained(engine: Installation, who: str) -> tuple[Step, ...]:
    """What is said of somebody in the newest run."""
    (run,) = explain(engine.tools, who, PageOf(limit=1)).runs.items
    return run.steps


def refused(engine: Installation, run: Run) -> str:
    """The code with which taking a run back is refused."""
    with pytest.raises(Conflict) as error:
        revert(engine.tools, run.id, APPROVER, trigger="cli", mapping_text="")
    return error.value.code


def test_a_run_with_every_kind_is_taken_back(engine: Installation) -> None:
    """May take 3 s: four runs read and write over HTTP, so that nothing is left that one of them hides."""
    extract = with_every_kind(engine)
    state, before = engine.simulator.state(), people(engine)
    run = engine.sync(extract)
    assert run.state is RunState.APPLIED
    assert {a.action.kind for a in engine.actions(run)} == set(Kind) - {Kind.RETIRE}
    back = take_back(engine, run)
    assert (back.state, back.reverts) == (RunState.AWAITING_APPROVAL, run.id), back.detail
    VALIDATOR.validate(engine.document(back))
    back = engine.apply(engine.approve(back))
    assert set(engine.statuses(back)) == {ActionStatus.SUCCEEDED}
    assert not engine.simulator.done_twice()
    after = people(engine)
    assert {i: after[i] for i in before} == before
    made = [after[i] for i in after.keys() - before.keys()]
    assert len(made) == 3
    assert all(p["status"] == "inactive" and not p["groupIds"] for p in made)
    assert not out_in_between(state, engine.simulator.journal(effects=True), DISTRICT_ID)
    # What differs from the extract now is not somebody else's doing.
    drift = engine.run(look_for_drift(engine.tools, OPERATOR, "cli"))
    engine.workers.until_quiet()
    drift = engine.run(drift.id)
    assert drift.upload_id == run.upload_id
    assert f"({back.id} has taken some of it back)" in str(drift.detail)
    # Of the extract nothing was taken back: the same file asks for the same again, and isn't skipped.
    again = engine.plan(extract)
    assert again.state is RunState.AWAITING_APPROVAL
    kinds = [stored.action.kind for stored in engine.actions(again)]
    # Those whom the run had added are there, inactive.
    assert kinds.count(Kind.REACTIVATE) == 4
    assert Kind.ADD not in kinds


def test_of_whom_somebody_has_changed_nothing_is_taken_back(engine: Installation) -> None:
    extract = engine.extract()
    changed, gone, moved, other = extract.ids[:4]
    extract.rename([changed, gone, other])
    extract.move([moved])
    run = engine.sync(extract)
    engine.simulator.edit(changed, lastName="Somebody Else")
    state = engine.simulator.state()
    state["people"] = [p for p in state["people"] if p["employeeNumber"] != gone]
    engine.simulator.put_state(state)
    before = people(engine)
    back = take_back(engine, run)
    assert left_out(engine, back) == {
        changed: LeftOutReason.CHANGED_SINCE, gone: LeftOutReason.GONE,
    }  # fmt: skip
    document = engine.document(back)
    VALIDATOR.validate(document)
    groups = cast("list[dict[str, Any]]", document["left_out"])
    assert {who["key"] for group in groups for who in group["first"]} == {changed, gone}
    assert [group["count"] for group in groups] == [1, 1]
    view = view_plan(engine.tools, back.id)
    actions = plan_actions(engine.tools, view.plan.id)
    said = "\n".join(plan_lines(view, actions))
    assert f"Takes back {run.id}" in said
    assert f"is not there as it wrote it: {changed} (last_name)" in said
    assert f"Left out, 1 not in ASCIP any more: {gone}" in said
    assert "Rows:" not in said
    told = [step for step in explained(engine, changed) if step.status is not StepStatus.SKIPPED]
    assert "changed since" in told[0].words[0]
    assert " Renamed' becomes '" in str([step.words for step in explained(engine, other)])
    lines = "\n".join(markdown_lines(view_run(engine.tools, back.id), view))
    assert f"none; takes `{run.id}` back" in lines
    assert engine.apply(engine.approve(back)).state is RunState.APPLIED
    touched = {i for i, p in people(engine).items() if p != before[i]}
    assert touched == {engine.simulator.person(each)["id"] for each in (moved, other)}


def test_the_same_gates_hold_it(engine: Installation) -> None:
    """Newcomers end inactive only with a release that names the number, where a limit is reached."""
    limits = replace(ROOMY, removals=RemovalLimit(count=3, site_min=10**9))
    engine.configure(policy=replace(engine.tools.policy, limits=limits))
    extract = engine.extract()
    extract.add(3)
    run = engine.sync(extract)
    back = take_back(engine, run)
    assert back.state is RunState.HELD
    assert engine.held(back) == {(ActionClass.REMOVALS, HeldReason.GATE): 3}
    before = people(engine)
    release = Release(action_class=ActionClass.REMOVALS, count=3, reason="wrong file")
    engine.apply(engine.approve(back, release))
    made = [p for i, p in people(engine).items() if p != before[i]]
    assert len(made) == 3
    assert {(p["status"], *p["groupIds"]) for p in made} == {("inactive",)}


def test_only_what_was_written_and_has_ended_can_be_taken_back(engine: Installation) -> None:
    extract = engine.extract()
    extract.rename(extract.ids[:2])
    run = engine.plan(extract)
    assert refused(engine, run) == "wrong_state"
    same = engine.plan(engine.extract())
    assert same.state is RunState.NO_CHANGES
    assert refused(engine, same) == "nothing_to_revert"
    run = engine.plan(extract)
    engine.approve(run)
    cancel(engine.tools, run.id, OPERATOR)
    engine.workers.until_quiet()
    assert refused(engine, run) == "nothing_to_revert"
    run = engine.sync(extract)
    approval = replace(engine.tools.policy.approval, mode="shadow")
    real = engine.tools.policy
    engine.configure(policy=replace(real, approval=approval))
    assert refused(engine, run) == "wrong_state"
    engine.configure(policy=real)
    back = take_back(engine, run)
    engine.apply(engine.approve(back))
    assert take_back(engine, run).state is RunState.NO_CHANGES


def test_of_a_run_that_was_cut_short_only_what_it_did_is_taken_back(engine: Installation) -> None:
    """And nobody goes on with it after that."""
    extract = with_every_kind(engine)
    before = people(engine)
    run = engine.approve(engine.plan(extract))
    engine.begin(run)
    engine.workers.round()
    cancel(engine.tools, run.id, OPERATOR)
    engine.workers.until_quiet()
    done = engine.statuses(run)[ActionStatus.SUCCEEDED]
    assert 0 < done < len(engine.actions(run))
    back = take_back(engine, run)
    assert engine.run(run.id).state is RunState.STALE
    assert engine.run(run.id).superseded_by == back.id
    engine.apply(engine.approve(back))
    after = people(engine)
    assert {i: after[i] for i in before} == before


def test_it_is_decided_by_somebody_else_and_overtaken_like_any_plan(engine: Installation) -> None:
    approval = replace(engine.tools.policy.approval, four_eyes=True)
    engine.configure(policy=replace(engine.tools.policy, approval=approval))
    extract = engine.extract()
    extract.rename(extract.ids[:2])
    back = take_back(engine, engine.sync(extract))
    with pytest.raises(Conflict) as error:
        engine.approve(back)
    assert error.value.code == "four_eyes"
    extract.rename(extract.ids[2:4])
    newer = engine.plan(extract)
    assert newer.state is RunState.AWAITING_APPROVAL
    assert engine.run(back.id).state is RunState.STALE
    assert engine.run(back.id).superseded_by == newer.id


def test_groups_that_a_run_emptied_are_left_again_afterwards(engine: Installation) -> None:
    """The mapping has them no more; who was put back is known to be in one that is ours."""
    extract = engine.extract()
    assert engine.plan(extract).state is RunState.NO_CHANGES
    code = extract.row(extract.ids[-1])["site_code"]
    here = [row["employee_id"] for row in extract.rows if row["site_code"] == code]
    extract.move(here)
    group = extract.mapping["groups"]["sites"].pop(code)["id"]
    extract.mapping["version"] += 1
    before = people(engine)
    back = take_back(engine, engine.sync(extract), mapping=extract.mapping_text)
    assert engine.plan_of(back).header["former_groups"] == [group], "its members are read too"
    engine.apply(engine.approve(back))
    assert people(engine) == before
    again = engine.plan(extract)
    leaves = engine.actions(again, kinds=[Kind.LEAVE])
    assert {each.action.group_id for each in leaves} == {group}
    assert len(leaves) == len(here)


def test_whoever_was_taken_out_of_all_groups_is_there_again(engine: Installation) -> None:
    engine.staff(removal=RemovalPolicy(ladder=Ladder.LEAVE_GROUPS, first_run="allow"))
    extract = engine.extract()
    extract.remove(*extract.ids[:2])
    before = people(engine)
    run = engine.sync(extract)
    left = [people(engine)[i]["groupIds"] for i in before if before[i] != people(engine)[i]]
    assert left == [[], []]
    # The district's group is the last that they leave: without it nobody would look after them.
    order = [e["effect"]["groupId"] for e in engine.simulator.journal(effects=True)]
    assert order[-1] == DISTRICT_ID
    assert DISTRICT_ID not in order[:-1]
    back = take_back(engine, run)
    engine.apply(engine.approve(back))
    assert people(engine) == before
