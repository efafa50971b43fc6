"""The first page's facts, along one story: nothing yet, a plan, applied, the next file is late."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.action import Kind
from shared.domain.policy import ExpectedPolicy
from shared.domain.run import RunState
from shared.pipeline.overview import Overview, overview
from shared.pipeline.standing import About
from tests.fakes.installation import Installation


def abouts(found: Overview) -> list[About]:
    return [standing.about for standing in found.standings]


def test_the_overview_tells_the_story_of_an_installation(engine: Installation) -> None:
    empty = overview(engine.tools)
    assert abouts(empty) == [About.NO_RUNS]
    assert (empty.last_applied, empty.source, empty.past, empty.recent) == (None, None, [], [])
    assert [(each.authority, each.records) for each in empty.quarantine] == [
        ("EPA", 0), ("OSHA", 0),
    ]  # fmt: skip

    extract = engine.extract()
    extract.rename(extract.ids[:4])
    run = engine.plan(extract)
    asked = len(engine.simulator.journal())
    planned = overview(engine.tools)
    assert len(engine.simulator.journal()) == asked, "a page calls nobody"
    assert abouts(planned) == [About.WAITS]
    assert planned.standings[0].run_id == run.id
    assert planned.contact.answered_at is not None
    assert planned.contact.trouble is None

    engine.apply(engine.approve(run))
    applied = overview(engine.tools)
    assert abouts(applied) == [About.IN_SYNC]
    assert applied.last_applied is not None
    assert applied.last_applied.done(Kind.UPDATE) == 4
    assert (applied.last_applied.done(Kind.ADD), applied.last_applied.failed) == (0, 0)
    (past,) = applied.past
    assert (past.planned, past.state) == ({Kind.UPDATE: 4}, RunState.APPLIED)
    assert past.ended is not None
    assert past.worked_s > 0

    extract.remove(extract.ids[-1])
    engine.plan(extract)
    again = overview(engine.tools)
    assert again.source is not None
    assert (again.source.rows, again.source.rows_before) == (59, 60)
    assert again.source.change_percent == pytest.approx(-100 / 60)
    assert len(again.past) == len(again.recent) == 2

    engine.staff(expected=ExpectedPolicy(every_days=1, by="04:00", grace_h=3))
    arrived = again.source.received_at
    engine.clock.moment = arrived + timedelta(days=3)
    late = overview(engine.tools)
    assert abouts(late)[1] is About.OVERDUE
    assert late.source is not None
    assert late.source.missed is not None
    assert replace(late.source, missed=None) == again.source
