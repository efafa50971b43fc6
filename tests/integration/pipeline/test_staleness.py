"""Each way in which a plan goes out of date has a word of its own, and some end its run by themselves."""

from dataclasses import replace

import pytest

from shared.domain.action import ActionStatus
from shared.domain.audit import SYSTEM
from shared.domain.review import Decision, Review
from shared.domain.run import Run, RunState
from shared.domain.stale import Stale, StaleReason
from shared.pipeline.carry_out import apply_plan, cancel
from shared.pipeline.decide import decide
from shared.pipeline.drift import look_for_drift
from shared.pipeline.slot import Timetable
from shared.pipeline.tick import tick
from tests.fakes.installation import APPROVER, OPERATOR, Installation
from tests.fakes.staff_extract import StaffExtract

NEVER = Timetable(staff="", source=None, mapping_text=lambda: "{}")
LATER = "UPDATE plan SET expires_at = now() - interval '1 second'"


@pytest.fixture
def waiting(engine: Installation) -> Run:
    """A run whose plan waits for a review."""
    extract = engine.extract()
    extract.story()
    return engine.plan(extract)


def approval(engine: Installation, run: Run, mapping_sha256: str | None = None) -> str:
    """Why an approval is refused, in words and by its reason."""
    plan = engine.plan_of(run)
    review = Review(decision=Decision.APPROVE, plan_digest=plan.digest)
    now = mapping_sha256 or run.mapping_sha256
    with pytest.raises(Stale) as refused:
        decide(engine.tools, plan.id, review, APPROVER, mapping=lambda: now)
    assert "Nothing was written. Plan again" in str(refused.value)
    assert refused.value.code == (
        "plan_expired" if refused.value.reason is StaleReason.EXPIRED else "plan_stale"
    )
    return f"{refused.value.reason}: {refused.value}"


def test_each_foundation_that_is_gone_is_named(engine: Installation, waiting: Run) -> None:
    """Each is taken away and put back, so that one plan serves for all of them."""
    policy, tools = engine.tools.policy, engine.tools
    assert approval(engine, waiting, "e" * 64).startswith("mapping: The mapping file has changed")

    engine.configure(policy=replace(policy, timezone="Asia/Tokyo"))
    assert approval(engine, waiting).startswith(f"configuration: Plan {engine.plan_of(waiting).id}")
    engine.configure(policy=policy, config_sha256=tools.config_sha256)

    engine.configure(engine_version="9.9.9")
    assert "engine: Plan" in approval(engine, waiting)
    engine.configure(engine_version=tools.engine_version)

    engine.database.change("UPDATE run SET input_sha256 = repeat('0', 64)")
    assert "from other records than its run has read" in approval(engine, waiting)
    engine.database.change("UPDATE run SET input_sha256 = :sha", sha=waiting.input_sha256)

    engine.database.change(
        "UPDATE plan SET created_at = '2026-01-06 09:30Z', expires_at = '2026-01-09 09:30Z'"
    )
    assert (
        "has expired on 2026-01-09 at 01:30 (America/Los_Angeles), 72 hours after it was made."
    ) in approval(engine, waiting)
    engine.database.change("UPDATE plan SET expires_at = now() + interval '1 hour'")
    assert engine.approve(waiting).state is RunState.APPROVED
    assert not engine.simulator.writes()


def test_what_was_approved_is_not_applied_on_foundations_that_are_gone(
    engine: Installation, waiting: Run
) -> None:
    """Between approval and apply; each is taken away and put back."""
    run, policy, tools = engine.approve(waiting), engine.tools.policy, engine.tools
    plan = engine.plan_of(run)

    def refused(mapping: str = run.mapping_sha256) -> str:
        with pytest.raises(Stale) as refusal:
            apply_plan(engine.tools, plan.id, OPERATOR, mapping=lambda: mapping)
        return refusal.value.reason.value

    assert refused("e" * 64) == "mapping"
    engine.configure(policy=replace(policy, timezone="Asia/Tokyo"))
    assert refused() == "configuration"
    engine.configure(policy=policy, config_sha256=tools.config_sha256, engine_version="9.9.9")
    assert refused() == "engine"
    engine.configure(engine_version=tools.engine_version)
    engine.database.change("UPDATE run SET input_sha256 = repeat('0', 64)")
    assert refused() == "input"
    engine.database.change("UPDATE run SET input_sha256 = :sha", sha=waiting.input_sha256)
    engine.database.change(LATER)
    assert refused() == "expired"
    assert not engine.simulator.writes()
    assert "attempting" not in {status.value for status in engine.statuses(run)}


def test_a_plan_expires_by_the_clock(engine: Installation, waiting: Run) -> None:
    tick(engine.tools, NEVER)
    assert engine.run(waiting.id).state is RunState.AWAITING_APPROVAL
    engine.database.change(LATER)
    assert [r.code for r in tick(engine.tools, NEVER) if r.job == "expiry"] == ["expired"]
    assert [r for r in tick(engine.tools, NEVER) if r.job == "expiry"] == [], "once"
    engine.workers.until_quiet()
    run = engine.run(waiting.id)
    assert (run.state, run.reason, run.next.step) == (RunState.STALE, "expired", "plan_again")
    assert "(America/Los_Angeles)" in (run.detail or "")
    assert (run.detail or "").endswith("; nothing of it was written")
    assert run.archive, "its reports are written"
    assert set(engine.statuses(run)) == {ActionStatus.NOT_APPROVED}
    assert approval(engine, run).startswith("expired: ")


def test_what_cannot_be_retried_any_more_says_so(engine: Installation, waiting: Run) -> None:
    engine.begin(engine.approve(waiting))
    cancel(engine.tools, waiting.id, OPERATOR)
    engine.database.change(LATER)
    tick(engine.tools, NEVER)
    engine.workers.until_quiet()
    run = engine.run(waiting.id)
    assert (run.state, run.next.step) == (RunState.STALE, "plan_again")
    assert "comes back with the next plan" in (run.detail or "")
    assert set(engine.statuses(run)) == {ActionStatus.NOT_ATTEMPTED}


def look(engine: Installation) -> str:
    """Read ASCIP without a plan that anybody could approve; the drift run's id."""
    run_id = look_for_drift(engine.tools, SYSTEM, "schedule")
    engine.workers.until_quiet()
    return run_id


@pytest.fixture
def applied(engine: Installation) -> StaffExtract:
    """An extract that has been applied."""
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    assert engine.sync(extract).state is RunState.APPLIED
    return extract


def test_a_reading_in_which_people_of_the_plan_are_otherwise_ends_it(
    engine: Installation, applied: StaffExtract
) -> None:
    """Slow: four runs, of which two read ASCIP alone."""
    applied.rename(applied.ids[20:22])
    waiting = engine.plan(applied)
    engine.simulator.edit(applied.ids[10], lastName="Edited")
    look(engine)
    run = engine.run(waiting.id)
    assert run.state is RunState.AWAITING_APPROVAL, "nobody of its plan has changed"
    engine.simulator.edit(applied.ids[20], firstName="Edited")
    reader = look(engine)
    run = engine.run(waiting.id)
    assert (run.state, run.reason) == (RunState.STALE, "people")
    assert (run.detail or "").startswith(
        f"1 person of it was otherwise in ASCIP when {reader} read it on "
    )
    assert approval(engine, run).startswith("people: ")
    with pytest.raises(Stale) as refused:
        engine.apply(run)
    assert refused.value.reason is StaleReason.PEOPLE
    assert run.archive


def test_what_a_run_has_written_itself_does_not_keep_it_from_a_retry(
    engine: Installation, applied: StaffExtract
) -> None:
    """The reading in between shows three people as the run has left them."""
    applied.rename(applied.ids[20:24])
    run = engine.approve(engine.plan(applied))
    engine.simulator.faults(
        {"fault": "server_error", "status": 422, "method": "PUT", "request": [1]}
    )
    assert engine.apply(run).state is RunState.APPLIED_WITH_ERRORS
    look(engine)
    assert engine.apply(run).state is RunState.APPLIED
