"""Runs in windows of the school year: who waits and until when, and what may be applied."""

from dataclasses import replace
from datetime import date

import pytest

from shared.domain.errors import Conflict, Transient
from shared.domain.run import RunState
from shared.domain.school_calendar import Window, WindowPolicy
from shared.pipeline.drift import order_drift
from tests.fakes.installation import OPERATOR, Installation


def declare(engine: Installation, first: str, last: str, policy: WindowPolicy) -> None:
    window = Window(first=date.fromisoformat(first), last=date.fromisoformat(last), policy=policy)
    engine.configure(policy=replace(engine.tools.policy, calendar=(window,)))


def test_runs_wait_until_a_pause_is_over_and_the_newest_goes_first(engine: Installation) -> None:
    declare(engine, "2026-11-20", "2026-11-22", WindowPolicy.PAUSE)
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    waiting = [engine.land(extract)]
    extract.rename(extract.ids[1:2])
    waiting.append(engine.land(extract))
    for days in (0, 2):  # the first day and the last
        engine.clock.go_on(days=days)
        engine.workers.time_passes()
        engine.workers.until_quiet()
        for run in map(engine.run, waiting):
            assert (run.state, run.reason) == (RunState.QUEUED, "calendar")
            assert "until 2026-11-22; it goes on by itself on 2026-11-23" in (run.detail or "")
            assert run.goes_on_at
    assert not engine.simulator.journal(), "ASCIP is left alone"
    assert engine.database.value("SELECT count(*) FROM target WHERE run_id IS NOT NULL") == 0
    engine.clock.go_on(days=1)
    engine.workers.time_passes()
    engine.workers.until_quiet()
    older, newer = map(engine.run, waiting)
    assert newer.state is RunState.AWAITING_APPROVAL
    assert (older.state, older.superseded_by) == (RunState.STALE, newer.id)
    assert older.as_of is None, "it was never read"


def test_what_was_approved_before_a_window_is_not_applied_in_it(engine: Installation) -> None:
    declare(engine, "2026-11-21", "2026-11-21", WindowPolicy.PAUSE)
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    run = engine.approve(engine.plan(extract))
    engine.clock.go_on(days=1)
    with pytest.raises(Conflict, match=r"calendar pauses syncing\. Nothing was written") as refused:
        engine.apply(run)
    assert refused.value.code == "calendar"
    config = engine.tools.config_sha256
    declare(engine, "2026-11-21", "2026-11-21", WindowPolicy.ADDS_ONLY)
    engine.configure(config_sha256=config)
    with pytest.raises(Conflict, match="before a window of the calendar in which people are only"):
        engine.apply(run)
    assert not engine.simulator.writes()
    engine.clock.go_on(days=1)
    assert engine.apply(run).state is RunState.APPLIED
    declare(engine, "2026-11-22", "2026-11-22", WindowPolicy.PAUSE)
    with engine.database.transactions.begin() as uow:
        drift = order_drift(engine.tools, uow, OPERATOR, "cli")
    engine.workers.until_quiet()
    assert engine.run(drift.id).state is RunState.NO_CHANGES, "who never writes doesn't wait"


def test_a_run_that_ascip_asked_to_wait_goes_on_to_its_end_in_a_window(
    engine: Installation,
) -> None:
    """Half a plan would stand there for as long as the window lasts."""
    declare(engine, "2026-11-21", "2026-11-30", WindowPolicy.PAUSE)
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    run = engine.approve(engine.plan(extract))
    engine.target.trouble = Transient("wait", code="throttled", retry_after_s=840.0)
    assert engine.apply(run).state is RunState.PAUSED
    engine.clock.go_on(days=1)
    engine.target.trouble = None
    engine.workers.time_passes()
    engine.workers.until_quiet()
    assert engine.run(run.id).state is RunState.APPLIED


def test_on_an_edge_of_the_calendar_an_unchanged_extract_is_planned_again(
    engine: Installation,
) -> None:
    """The day before and the window's last day are as any other day. Five runs: one for each day."""
    declare(engine, "2026-11-22", "2026-11-23", WindowPolicy.ADDS_ONLY)
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    engine.sync(extract)
    states = []
    for _ in range(4):
        engine.clock.go_on(days=1)
        states.append(engine.plan(extract).state)
    skipped, again = RunState.SKIPPED_UNCHANGED, RunState.NO_CHANGES
    assert states == [skipped, again, skipped, again]
