"""Nobody is removed, and nobody made twice, because a list or an answer came short."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.action import ActionClass, HeldReason, Kind
from shared.domain.policy import Limits
from shared.domain.run import RunState
from tests.fakes.dying import Moment
from tests.fakes.installation import Installation

PEOPLE = "/people$"


def test_an_empty_list_fails_the_run_and_nothing_is_planned(engine: Installation) -> None:
    extract = engine.extract()
    extract.story()
    engine.simulator.faults({"fault": "empty_list", "path": PEOPLE})
    run = engine.plan(extract)
    assert (run.state, run.reason) == (RunState.FAILED, "snapshot_fewer")
    assert not engine.database.rows("SELECT * FROM plan")
    assert not engine.simulator.writes()


def shorten(engine: Installation, people: int) -> None:
    """The target lists so many people fewer, and its total agrees."""
    state = engine.simulator.state()
    inactive_last = sorted(state["people"], key=lambda p: (p["status"] == "inactive", -p["id"]))
    state["people"] = inactive_last[people:]
    engine.simulator.put_state(state)


@pytest.mark.parametrize(
    ("fewer", "state"), [(2, RunState.AWAITING_APPROVAL), (3, RunState.FAILED)]
)
def test_a_whole_list_that_has_become_too_short_is_not_believed(
    engine: Installation, fewer: int, state: RunState
) -> None:
    """From 5 % fewer people than the last whole read: 3 of the tenant's 65."""
    extract = engine.extract()
    extract.story()
    engine.plan(extract)
    assert len(engine.simulator.state()["people"]) == 65
    shorten(engine, fewer)
    run = engine.plan(extract, force=True)
    assert run.state is state
    if state is RunState.FAILED:
        assert run.reason == "snapshot_fewer"
        assert "ASCIP listed 62 people, 65 the last time" in (run.detail or "")
        assert engine.database.value("SELECT count(*) FROM plan") == 1
    assert not engine.simulator.writes()


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "page_miss", "count": 1},
        {"fault": "page_miss", "count": 50},
        {"fault": "page_repeat", "count": 5},
        {"fault": "wrong_total", "delta": 1},
        {"fault": "wrong_total", "delta": 50},
    ],
    ids=lambda fault: " ".join(map(str, fault.values())),
)
def test_a_list_without_its_proof_adds_and_removes_nobody(
    engine: Installation, fault: dict[str, Any]
) -> None:
    extract = engine.extract()
    extract.story()
    engine.simulator.faults({**fault, "path": PEOPLE})
    run = engine.plan(extract)
    incomplete = HeldReason.TARGET_INCOMPLETE
    for stored in engine.actions(run):
        if stored.action.action_class in (ActionClass.ADDS, ActionClass.REMOVALS):
            assert stored.action.hold is incomplete
    assert engine.plan_of(run).facts["list_complete"] is False
    if run.state is RunState.HELD:
        return
    run = engine.apply(engine.approve(run))
    kinds = {e["effect"]["kind"] for e in engine.simulator.journal(effects=True)}
    assert kinds <= {"person_updated", "members_changed"}
    engine.simulator.faults()
    assert engine.sync(extract).state is RunState.APPLIED
    assert not engine.simulator.people_twice()


@pytest.mark.parametrize("delta", [-1, -30])
def test_more_people_than_the_total_says_are_no_proof_either(
    engine: Installation, delta: int
) -> None:
    extract = engine.extract()
    extract.story()
    engine.simulator.faults({"fault": "wrong_total", "delta": delta, "path": PEOPLE})
    run = engine.plan(extract)
    removals = engine.actions(run, kinds=[Kind.DEACTIVATE, Kind.ADD])
    assert {stored.action.hold for stored in removals} <= {HeldReason.TARGET_INCOMPLETE}


def test_whoever_s_detail_cannot_be_read_is_never_removed(engine: Installation) -> None:
    # In a tenant this small one detail would be too many, and hold everybody's removal.
    engine.configure(policy=replace(engine.tools.policy, limits=Limits(min_population=1000)))
    extract = engine.extract()
    unread, absent = extract.ids[:2]
    extract.remove(unread, absent)
    person_id = engine.simulator.person(unread)["id"]
    engine.simulator.faults({"fault": "server_error", "path": f"/people/{person_id}$"})
    run = engine.plan(extract)
    assert engine.plan_of(run).facts["details_missing"] == 1
    removed = engine.actions(run, kinds=[Kind.DEACTIVATE])
    assert [stored.action.person_key for stored in removed] == [absent]
    engine.apply(engine.approve(run))
    assert engine.simulator.person(unread)["status"] == "active"


def test_an_add_waits_while_somebody_s_detail_is_missing(engine: Installation) -> None:
    """The unread one may be the very person the add would make again."""
    extract = engine.extract()
    unread = extract.ids[0]
    person_id = engine.simulator.person(unread)["id"]
    engine.simulator.faults({"fault": "server_error", "path": f"/people/{person_id}$"})
    run = engine.plan(extract)
    adds = engine.actions(run, kinds=[Kind.ADD])
    assert [stored.action.hold for stored in adds] == [HeldReason.TARGET_INCOMPLETE]


def test_details_that_come_at_the_second_try_are_complete(engine: Installation) -> None:
    extract = engine.extract()
    extract.story()
    whole = engine.plan_of(engine.plan(extract)).digest
    ids = [engine.simulator.person(number)["id"] for number in extract.ids[2:5]]
    engine.simulator.faults(
        *({"fault": "server_error", "path": f"/people/{i}$", "request": 1} for i in ids)
    )
    run = engine.plan(extract, force=True)
    assert engine.simulator.fired() == 3
    assert engine.plan_of(run).digest == whole


def test_somebody_deleted_while_the_target_is_read_is_just_gone(engine: Installation) -> None:
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    gone = extract.ids[5]
    person_id = engine.simulator.person(gone)["id"]
    extract.remove(gone)
    engine.simulator.faults(
        {"fault": "server_error", "status": 404, "path": f"/people/{person_id}$"}
    )
    run = engine.plan(extract)
    assert engine.plan_of(run).facts["details_missing"] == 0
    assert [stored.action.kind for stored in engine.actions(run)] == [Kind.UPDATE]


def test_an_interrupted_read_goes_on_where_it_stopped(engine: Installation) -> None:
    extract = engine.extract()
    engine.configure(concurrency=1, rate_per_s=2)
    run_id = engine.land(extract)
    # start, validate and list take eight transactions; then the first chunks are read.
    while engine.run(run_id).state is not RunState.FETCHING:
        engine.workers.round()
    engine.workers.round()
    engine.transactions.arm(6, Moment.BEFORE)
    engine.workers.until_quiet()
    assert engine.workers.deaths == 1
    assert engine.run(run_id).state is RunState.NO_CHANGES
    asked = [e["path"] for e in engine.simulator.journal() if "/people/" in e["path"]]
    again = len(asked) - len(set(asked))
    assert 0 <= again <= 20, "at most one chunk is read again"


def test_a_district_group_that_is_gone_stops_the_run(engine: Installation) -> None:
    extract = engine.extract()
    extract.mapping["groups"]["district"]["id"] = 9999
    run = engine.plan(extract)
    assert (run.state, run.reason) == (RunState.FAILED, "mapping_drift")
    assert not engine.simulator.writes()
