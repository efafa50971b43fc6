"""Somebody pauses syncing: who waits and for how long, what is refused, and what is left alone."""

import io
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.audit import AuditVerb
from shared.domain.errors import Conflict, Transient
from shared.domain.policy import ApprovalPolicy
from shared.domain.run import RunMode, RunState
from shared.pipeline.drift import order_drift
from shared.pipeline.health import state_probe
from shared.pipeline.land import Order, Sender, land
from shared.pipeline.sync_switch import (
    pause_syncing,
    pauses,
    resume_syncing,
    sync_state,
)
from shared.ports.probe import Verdict
from tests.fakes.installation import APPROVER, OPERATOR, Installation
from tests.fakes.lab import Lab


def pause(engine: Installation, **until: float) -> None:
    """For so long by the database's clock, or until somebody resumes it."""
    now = engine.database.value("SELECT now()")
    with engine.transactions.begin() as uow:
        pause_syncing(
            engine.tools, uow, OPERATOR, reason="school photos",
            until=now + timedelta(**until) if until else None,
        )  # fmt: skip


def pass_by(engine: Installation) -> None:
    """Let the pause's end come."""
    engine.database.change(
        "UPDATE sync_pause SET paused_at = now() - interval '2 hours', until = now()"
        " WHERE ended_at IS NULL"
    )


def test_every_run_waits_for_the_end_of_a_pause_and_goes_on_by_itself(engine: Installation) -> None:
    lab = Lab(engine)
    pause(engine, hours=1)
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    waiting = [engine.land(extract)]
    extract.rename(extract.ids[1:2])
    waiting.append(engine.land(extract))
    waiting.append(lab.plan("T1,Scale,2,R1\n").id)
    for run in map(engine.run, waiting):
        assert (run.state, run.reason) == (RunState.QUEUED, "sync_paused"), run.id
        assert "paused by user:olga until 20" in (run.detail or "")
        assert run.goes_on_at
    assert not engine.simulator.journal(), "ASCIP is left alone"
    pass_by(engine)
    engine.workers.time_passes()
    engine.workers.until_quiet()
    older, newer, governed = map(engine.run, waiting)
    assert newer.state is RunState.AWAITING_APPROVAL
    assert (older.state, older.superseded_by) == (RunState.STALE, newer.id)
    assert governed.state is RunState.AWAITING_APPROVAL
    assert sync_state(engine.tools) is None
    (ended,) = pauses(engine.tools)
    assert (ended.ended_at, ended.ended_by) == (ended.until, None)


def test_who_resumes_lets_runs_go_on_at_once(engine: Installation) -> None:
    pause(engine)
    run_id = engine.land(engine.extract())
    engine.workers.until_quiet()
    waits = engine.run(run_id)
    assert (waits.reason, waits.goes_on_at) == ("sync_paused", None), "nobody knows when"
    assert "until somebody resumes it" in (waits.detail or "")
    resume_syncing(engine.tools, APPROVER)
    resume_syncing(engine.tools, APPROVER)
    assert engine.workers.round(), "no need to wait for the next look"
    engine.workers.until_quiet()
    assert engine.run(run_id).state is RunState.NO_CHANGES
    (ended,) = pauses(engine.tools)
    assert (ended.paused_by, ended.reason, ended.ended_by) == (
        "user:olga",
        "school photos",
        "user:anna",
    )
    noted = engine.database.rows(
        "SELECT actor, verb, entry FROM audit_entry WHERE verb LIKE 'sync.%' ORDER BY sequence"
    )
    assert [(row.actor, row.verb) for row in noted] == [
        ("user:olga", AuditVerb.SYNC_PAUSED.value), ("user:anna", AuditVerb.SYNC_RESUMED.value),
    ]  # fmt: skip
    assert "photos" not in noted[0].entry, "a reason may name people"


def test_nothing_is_applied_in_a_pause_and_what_was_applying_goes_on(engine: Installation) -> None:
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    run = engine.approve(engine.plan(extract))
    pause(engine)
    with pytest.raises(Conflict, match=r"paused by user:olga.*Nothing was written") as refused:
        engine.begin(run)
    assert refused.value.code == "sync_paused"
    assert not engine.simulator.writes()
    resume_syncing(engine.tools, OPERATOR)
    engine.target.trouble = Transient("wait", code="throttled", retry_after_s=840.0)
    assert engine.apply(run).state is RunState.PAUSED
    pause(engine)
    engine.target.trouble = None
    engine.workers.time_passes()
    engine.workers.until_quiet()
    assert engine.run(run.id).state is RunState.APPLIED, "half a plan would stand there"
    with engine.transactions.begin() as uow:
        drift = order_drift(engine.tools, uow, OPERATOR, "cli")
    engine.workers.until_quiet()
    assert engine.run(drift.id).reason == "sync_paused", "nothing new is read either"


def test_a_pause_needs_a_reason_and_an_end_to_come(engine: Installation) -> None:
    past = engine.database.value("SELECT now()")
    for reason, until, code in (("  ", None, "reason_missing"), ("x", past, "until_past")):
        with (
            pytest.raises(Conflict, match="Nothing was changed") as refused,
            engine.transactions.begin() as uow,
        ):
            pause_syncing(engine.tools, uow, OPERATOR, reason=reason, until=until)
        assert refused.value.code == code
    assert not pauses(engine.tools)


def test_a_later_pause_takes_the_place_of_the_one_that_holds(engine: Installation) -> None:
    pause(engine)
    run_id = engine.land(engine.extract())
    engine.workers.until_quiet()
    pause(engine, hours=2)
    engine.workers.until_quiet()
    assert engine.run(run_id).goes_on_at, "it says the new end"
    held = sync_state(engine.tools)
    assert held
    assert held.left_s == pytest.approx(7200, abs=60)
    assert [each.ended_by for each in pauses(engine.tools)] == [None, "user:olga"]
    (found,) = [f for f in state_probe(engine.tools).look() if f.name == "sync-switch"]
    assert found.verdict is Verdict.WARNING
    assert "olga" not in found.detail


def test_a_rule_approves_in_a_pause_and_nobody_applies_by_it(engine: Installation) -> None:
    policy = replace(engine.tools.policy, approval=ApprovalPolicy(mode="over_limits"))
    engine.configure(policy=policy)
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    engine.sync(extract)  # the first run of a tenant always needs a person
    written = len(engine.simulator.writes())
    extract.rename(extract.ids[1:2])
    order = Order(trigger="cli", mapping_text=extract.mapping_text, mode=RunMode.PLAN_AND_APPLY)
    sender = Sender(actor=OPERATOR, name="staff.csv")
    run_id = land(engine.tools, io.BytesIO(extract.csv()), sender, order)
    while engine.run(run_id).state in (RunState.QUEUED, RunState.VALIDATING):
        engine.workers.round()
    pause(engine)
    engine.workers.until_quiet()
    assert engine.run(run_id).state is RunState.APPROVED, engine.run(run_id).detail
    assert len(engine.simulator.writes()) == written
    resume_syncing(engine.tools, OPERATOR)
    assert engine.apply(engine.run(run_id)).state is RunState.APPLIED


def test_who_ends_a_pause_waits_for_the_run_that_is_put_off_by_it(engine: Installation) -> None:
    """Or the run would be put off after it was over, and wait for nothing."""
    pause(engine)
    with ThreadPoolExecutor(1) as other:
        with engine.transactions.begin() as uow:
            assert uow.sync_switch.paused(lock=True)
            ending = other.submit(resume_syncing, engine.tools, APPROVER)
            assert not wait([ending], timeout=0.3).done
        ending.result(10)
    assert sync_state(engine.tools) is None
