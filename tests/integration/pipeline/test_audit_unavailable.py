"""Where the audit can't be written nothing more is sent: what was sent is settled afterwards."""

import pytest

from shared.adapters.mail.smtp import SmtpMailer, SmtpSettings
from shared.domain.action import ActionStatus
from shared.domain.errors import AuditUnavailable
from shared.domain.run import PausedReason, RunState
from shared.pipeline.carry_out import cancel
from tests.fakes.installation import OPERATOR, Installation
from tests.integration.pipeline.done_once import require_done_once


def close_audit(engine: Installation) -> None:
    """From now on it takes no entry."""
    engine.database.change("ALTER TABLE audit_entry ADD CONSTRAINT closed CHECK (false) NOT VALID")


def open_audit(engine: Installation) -> None:
    engine.database.change("ALTER TABLE audit_entry DROP CONSTRAINT closed")


def test_apply_stops_before_the_next_call_and_loses_nothing(engine: Installation) -> None:
    mailer = SmtpMailer(SmtpSettings(host="127.0.0.1", port=9, sender="sync@lincoln.example"))
    engine.configure(concurrency=2, rate_per_s=2, mailer=mailer)
    extract = engine.extract()
    extract.rename(extract.ids[:6])
    run = engine.approve(engine.plan(extract))
    engine.begin(run)
    engine.target.before = lambda: close_audit(engine)
    engine.workers.until_quiet()
    run = engine.run(run.id)
    assert (run.state, run.reason) == (RunState.PAUSED, PausedReason.AUDIT_UNAVAILABLE)
    assert len(engine.simulator.writes()) == 2, "the wave that was in flight, and no other"
    notices = engine.database.rows("SELECT stage FROM notice ORDER BY id")
    assert [notice.stage for notice in notices][-1] == "paused", "somebody is told of it"
    assert engine.statuses(run) == {ActionStatus.ATTEMPTING: 2, ActionStatus.PLANNED: 4}
    for verb in (engine.begin, lambda _: cancel(engine.tools, run.id, OPERATOR)):
        with pytest.raises(AuditUnavailable, match="Nothing more was done") as refused:
            verb(run)
        assert "closed" not in str(refused.value)
    engine.workers.until_quiet()
    assert len(engine.simulator.writes()) == 2
    open_audit(engine)
    engine.apply(run)
    actions = require_done_once(engine, run)
    assert [stored.settled for stored in actions].count(True) == 2
    moves = engine.database.rows(
        "SELECT CAST(entry AS jsonb)->'detail'->>'reason' AS reason FROM audit_entry"
        " WHERE verb = 'run.state_changed' AND CAST(entry AS jsonb)->'detail'->>'to' = 'paused'"
    )
    assert [move.reason for move in moves] == ["audit_unavailable"]


def test_a_run_that_only_reads_waits_for_the_audit(engine: Installation) -> None:
    run_id = engine.land(engine.extract())
    close_audit(engine)
    for _ in range(3):
        engine.workers.round()
    assert engine.run(run_id).state is RunState.QUEUED
    open_audit(engine)
    engine.workers.until_quiet()
    assert engine.run(run_id).state is RunState.NO_CHANGES


def test_what_can_t_be_audited_pauses_and_is_not_tried_again_and_again(
    engine: Installation,
) -> None:
    """What was written is read again, and the key is refused while the audit takes nothing."""
    extract = engine.extract()
    extract.rename(extract.ids[:2])
    run = engine.approve(engine.plan(extract))
    engine.begin(run)
    engine.workers.round()
    close_audit(engine)
    engine.simulator.settings(keys={"another": {"secret": "x"}})
    asked = len(engine.simulator.journal())
    for _look in range(4):
        engine.workers.round()
        engine.database.change("UPDATE work_item SET not_before = now() WHERE ended_at IS NULL")
    run = engine.run(run.id)
    assert (run.state, run.reason) == (RunState.PAUSED, PausedReason.AUDIT_UNAVAILABLE)
    assert len(engine.simulator.journal()) - asked == 2, "the two people, once"
