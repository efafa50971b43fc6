"""A target whose lists lie: what a run still does, what it holds, and when it ends without a plan."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.action import ActionClass, ActionStatus, HeldReason, Kind
from shared.domain.policy import Limits
from shared.domain.run import Run, RunState
from shared.pipeline.carry_out import cancel
from tests.fakes.installation import OPERATOR, Installation

PEOPLE = "/people$"
MEMBERS = "/members$"
#: Classes that need the proof that everybody was read.
NEED_PROOF = (ActionClass.ADDS, ActionClass.REMOVALS, ActionClass.MEMBERSHIPS_REMOVED)


def holds(engine: Installation, run: Run) -> dict[ActionClass, set[HeldReason | None]]:
    found: dict[ActionClass, set[HeldReason | None]] = {}
    for stored in engine.actions(run):
        found.setdefault(stored.action.action_class, set()).add(stored.action.hold)
    return found


def story(engine: Installation) -> Any:
    """People leave, are renamed, move and come."""
    extract = engine.extract()
    extract.story()
    return extract


def test_an_empty_list_ends_the_run_before_anybody_is_read(engine: Installation) -> None:
    engine.simulator.faults({"fault": "empty_list", "path": PEOPLE})
    run = engine.plan(story(engine))
    assert (run.state, run.reason) == (RunState.FAILED, "snapshot_fewer")
    assert not engine.database.rows("SELECT * FROM plan")
    asked = [entry["path"] for entry in engine.simulator.journal()]
    assert not [path for path in asked if "/people/" in path]


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "page_shift", "request": 1},
        {"fault": "page_repeat", "request": 1, "count": 5},
        {"fault": "page_miss", "request": 1, "count": 20},
        {"fault": "wrong_total", "request": 1, "delta": 5},
    ],
    ids=lambda rule: rule["fault"],
)
def test_a_lie_that_is_not_repeated_changes_nothing(
    engine: Installation, rule: dict[str, Any]
) -> None:
    extract = story(engine)
    whole = engine.plan_of(engine.plan(extract)).digest
    engine.simulator.faults({**rule, "path": PEOPLE}, {**rule, "path": MEMBERS})
    run = engine.plan(extract, force=True)
    assert engine.simulator.fired() == 2
    assert engine.plan_of(run).digest == whole


@pytest.mark.parametrize(
    "rule",
    [{"fault": "page_miss", "count": 1}, {"fault": "wrong_total", "delta": 1}],
    ids=lambda rule: rule["fault"],
)
def test_without_the_proof_updates_go_on_and_what_needs_it_is_held(
    engine: Installation, rule: dict[str, Any]
) -> None:
    extract = story(engine)
    engine.simulator.faults({**rule, "path": PEOPLE})
    run = engine.plan(extract)
    found = holds(engine, run)
    assert found[ActionClass.UPDATES] == {None}
    for needy in NEED_PROOF:
        assert found[needy] == {HeldReason.TARGET_INCOMPLETE}
    run = engine.apply(engine.approve(run))
    assert engine.statuses(run)[ActionStatus.SUCCEEDED]
    kinds = {entry["effect"]["kind"] for entry in engine.simulator.journal(effects=True)}
    assert "person_created" not in kinds
    assert "person_deactivated" not in kinds
    removed = [e["effect"].get("removed") for e in engine.simulator.journal(effects=True)]
    assert not any(removed)


def test_a_list_of_members_that_is_never_whole_leaves_nothing_planned(
    engine: Installation,
) -> None:
    engine.simulator.faults({"fault": "page_miss", "path": MEMBERS})
    run = engine.plan(story(engine))
    assert (run.state, run.reason) == (RunState.FAILED, "target_list_incomplete")
    assert not engine.simulator.writes()


def test_reference_data_that_are_never_whole_leave_nothing_planned(engine: Installation) -> None:
    engine.simulator.faults({"fault": "wrong_total", "delta": 1, "path": "/buckets$"})
    run = engine.plan(story(engine))
    assert (run.state, run.reason) == (RunState.FAILED, "target_list_incomplete")
    assert not engine.simulator.writes()


def test_a_list_that_is_whole_and_far_shorter_than_the_last_ends_the_run(
    engine: Installation,
) -> None:
    """Nothing in the list contradicts itself; only the last good read does."""
    extract = engine.extract()
    assert engine.plan(extract).state is RunState.NO_CHANGES
    state = engine.simulator.state()
    state["people"] = state["people"][:-10]
    engine.simulator.put_state(state)
    run = engine.plan(extract, force=True)
    assert (run.state, run.reason) == (RunState.FAILED, "snapshot_fewer")


def test_a_group_that_people_say_they_are_in_and_that_says_no_shields_them_and_not_the_run(
    engine: Installation,
) -> None:
    extract = engine.extract()
    inside = [p for p in engine.simulator.state()["people"] if 401 in p["groupIds"]]
    mover = next(p["employeeNumber"] for p in inside if p["employeeNumber"] in extract.ids)
    extract.move([mover])
    other = next(i for i in extract.ids if i not in {p["employeeNumber"] for p in inside})
    extract.move([other])
    engine.simulator.faults({"fault": "empty_list", "path": "/groups/401/members$"})
    run = engine.plan(extract)
    leaves = {
        stored.action.person_key: stored.action.hold
        for stored in engine.actions(run, kinds=[Kind.LEAVE])
    }
    assert leaves == {other: None}, "the mover stays in the group until it can be told"
    assert engine.plan_of(run).facts["contradicting"] == len(inside)


def test_people_and_groups_that_disagree_are_read_once_more(engine: Installation) -> None:
    extract = story(engine)
    whole = engine.plan_of(engine.plan(extract)).digest
    engine.simulator.faults({"fault": "empty_list", "request": 1, "path": "/groups/401/members$"})
    run = engine.plan(extract, force=True)
    assert engine.plan_of(run).digest == whole


def test_who_joins_or_leaves_a_group_while_it_is_read_is_seen_by_the_second_look(
    engine: Installation,
) -> None:
    extract = story(engine)
    joins, leaves = extract.ids[10], extract.ids[11]
    before = {number: engine.simulator.person(number)["groupIds"] for number in (joins, leaves)}
    others = [g for g in (401, 402, 403) if g not in before[joins]]

    def change() -> None:
        engine.simulator.edit(joins, groupIds=[*before[joins], others[0]])
        engine.simulator.edit(leaves, groupIds=before[leaves][:1])

    change()
    whole = engine.plan_of(engine.plan(extract)).digest
    for number, groups in before.items():
        engine.simulator.edit(number, groupIds=groups)
    engine.target.after_members = change
    run = engine.plan(extract, force=True)
    assert engine.plan_of(run).digest == whole
    assert engine.plan_of(run).facts["contradicting"] == 0


def test_who_comes_between_the_list_and_the_groups_is_read_and_not_made_again(
    engine: Installation,
) -> None:
    extract = engine.extract()
    whole, newcomer = engine.simulator.state(), extract.ids[0]
    fewer = {**whole, "people": [p for p in whole["people"] if p["employeeNumber"] != newcomer]}
    engine.simulator.put_state(fewer)
    engine.target.after_list = lambda: engine.simulator.put_state(whole)
    run = engine.plan(extract)
    assert (run.state, engine.plan_of(run).facts["list_complete"]) == (RunState.NO_CHANGES, True)


def below_every_limit(engine: Installation) -> None:
    """No percentage means anything in a tenant so small: one of 65 details is 1.5 %."""
    limits = Limits(min_population=1000)
    engine.configure(policy=replace(engine.tools.policy, limits=limits))


def test_a_newcomer_whose_names_nobody_has_is_added_though_a_detail_is_missing(
    engine: Installation,
) -> None:
    """The list is whole, the row has no link, and a look-up finds nobody."""
    below_every_limit(engine)
    extract = engine.extract()
    (newcomer,), unread = extract.add(1), extract.ids[0]
    person_id = engine.simulator.person(unread)["id"]
    engine.simulator.faults({"fault": "server_error", "path": f"/people/{person_id}$"})
    run = engine.plan(extract)
    adds = engine.actions(run, kinds=[Kind.ADD])
    assert {stored.action.person_key: stored.action.hold for stored in adds} == {
        newcomer: None,
        unread: HeldReason.TARGET_INCOMPLETE,
    }
    run = engine.apply(engine.approve(run))
    assert engine.simulator.person(newcomer)["status"] == "active"
    assert not engine.simulator.people_twice()


def test_a_look_up_that_fails_lets_nobody_through(engine: Installation) -> None:
    below_every_limit(engine)
    extract = engine.extract()
    extract.add(1)
    person_id = engine.simulator.person(extract.ids[0])["id"]
    engine.simulator.faults(
        {"fault": "server_error", "path": f"/people/{person_id}$"},
        {"fault": "wrong_total", "delta": 1, "path": PEOPLE, "request": list(range(2, 40))},
    )
    run = engine.plan(extract)
    adds = engine.actions(run, kinds=[Kind.ADD])
    assert {stored.action.hold for stored in adds} == {HeldReason.TARGET_INCOMPLETE}


def test_details_that_failed_get_another_round_at_the_end(engine: Installation) -> None:
    extract = story(engine)
    whole = engine.plan_of(engine.plan(extract)).digest
    person_id = engine.simulator.person(extract.ids[9])["id"]
    engine.simulator.faults(
        {"fault": "server_error", "request": [1, 2], "path": f"/people/{person_id}$"}
    )
    run = engine.plan(extract, force=True)
    assert engine.plan_of(run).digest == whole


def test_a_run_canceled_in_the_second_look_reads_nobody_any_more(engine: Installation) -> None:
    extract = story(engine)
    person_id = engine.simulator.person(extract.ids[9])["id"]
    engine.simulator.faults({"fault": "server_error", "path": f"/people/{person_id}$"})
    run_id = engine.land(extract)

    def cancel_in_the_second_look() -> None:
        engine.target.after_members = lambda: cancel(engine.tools, run_id, OPERATOR)

    engine.target.after_members = cancel_in_the_second_look
    while engine.workers.round():
        pass
    assert engine.run(run_id).state is RunState.CANCELED
    kinds = engine.database.rows("SELECT kind FROM work_item ORDER BY id")
    assert [row.kind for row in kinds[-2:]] == ["read_again", "report"]


def test_too_many_missing_details_hold_adds_and_removals(engine: Installation) -> None:
    """Twelve of 65: more in a row, when they are read once more, than a breaker bears."""
    engine.configure(policy=replace(engine.tools.policy, limits=Limits()))
    extract = story(engine)
    unread = "|".join(str(engine.simulator.person(i)["id"]) for i in extract.ids[20:32])
    engine.simulator.faults({"fault": "server_error", "path": f"/people/({unread})$"})
    run = engine.plan(extract)
    assert engine.plan_of(run).facts["details_missing"] == 12
    found = holds(engine, run)
    assert found[ActionClass.REMOVALS] == {HeldReason.TARGET_INCOMPLETE}
    assert found[ActionClass.MEMBERSHIPS_REMOVED] == {HeldReason.TARGET_INCOMPLETE}
    # Of those whom a look-up cleared a person may judge by the number.
    assert found[ActionClass.ADDS] == {HeldReason.TARGET_INCOMPLETE, HeldReason.GATE}
    assert found[ActionClass.UPDATES] == {None}
