"""Clocks that differ or are set back: the database's says who owns work, the audit goes by sequence."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.pipeline.look import timeline
from shared.pipeline.work_on import work_on
from shared.ports.views import PageOf
from tests.fakes.clock_and_ids import SetClock
from tests.fakes.installation import Installation
from tests.integration.pipeline.done_once import require_done_once


@pytest.mark.parametrize("minutes", [-60, 60])
def test_a_clock_that_is_off_takes_nobody_s_work_and_doubles_nothing(
    engine: Installation, minutes: int
) -> None:
    """One worker's is set in mid-call, and another's was off by as much all the time."""
    extract = engine.extract()
    extract.story()
    run = engine.approve(engine.plan(extract))
    off = SetClock(datetime.now(UTC) + timedelta(minutes=minutes))
    other = replace(engine.tools, clock=off)
    taken: list[object] = []

    def meanwhile() -> None:
        leased = engine.database.value("SELECT id FROM work_item WHERE state = 'leased'")
        taken.append(work_on(other, leased, "the other worker").item)
        engine.clock.go_on(minutes=minutes)

    engine.begin(run)
    engine.target.after = meanwhile
    engine.workers.until_quiet()
    assert taken == [None]
    require_done_once(engine, run)
    happenings = timeline(engine.tools, run.id, PageOf(limit=500)).happenings.items
    assert [h.verb.value for h in happenings][-2:] == ["run.verified", "run.state_changed"]
    at = [happening.at for happening in happenings]
    assert (at == sorted(at)) is (minutes > 0), (
        "what came later stands later, whatever the clock said"
    )
