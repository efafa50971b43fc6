"""Scheduled jobs over a real database: once for each slot, whoever rings and however late."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pytest

from shared.adapters.drop.sound import open_source
from shared.adapters.drop.source import FileSource
from shared.domain.errors import Conflict
from shared.domain.policy import ExpectedPolicy
from shared.domain.run import Run, RunState
from shared.pipeline.once import once
from shared.pipeline.overdue import overdue
from shared.pipeline.slot import Rung, Timetable
from shared.pipeline.tick import tick
from shared.ports.access import Answer, RequestKey
from tests.fakes.dying import Killed, Moment
from tests.fakes.installation import Installation

DAILY = "0 4 * * *"


class BusySource:
    """See `shared.ports.source.Source`: somebody writes it as long as this lives."""

    name = "staff.csv"

    def modified_at(self) -> datetime:
        return datetime.now(UTC)

    def open(self) -> AbstractContextManager[BinaryIO]:
        raise Conflict("The file is being written.", code="unsettled")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the HR system puts its file."""
    return tmp_path / "staff.csv"


@pytest.fixture
def by_source(engine: Installation, path: Path) -> Timetable:
    """Every day at four, with the file that lies at ``path`` then."""
    source = FileSource(path, partial(open_source, most_bytes=1 << 30))
    mapping_text = engine.extract().mapping_text
    return Timetable(staff=DAILY, source=source, mapping_text=lambda: mapping_text)


@pytest.fixture
def again(by_source: Timetable) -> Timetable:
    """Every day at four, with what there is."""
    return replace(by_source, source=None)


def rungs(engine: Installation, timetable: Timetable, job: str = "staff") -> list[Rung]:
    return [rung for rung in tick(engine.tools, timetable) if rung.job == job]


def next_day(engine: Installation, timetable: Timetable) -> None:
    """Somebody looks at the clock, and then a day goes by."""
    tick(engine.tools, timetable)
    engine.clock.go_on(days=1)


def runs(engine: Installation) -> list[Run]:
    """Newest first."""
    ids = engine.database.rows("SELECT id FROM run ORDER BY number DESC")
    return [engine.run(row.id) for row in ids]


def audited(engine: Installation, verb: str) -> list[str]:
    """Entries with a verb."""
    with engine.database.transactions.begin() as uow:
        entries = uow.audit.entries(run_id=None, limit=None)
        return [each.entry for each in entries if f'"verb":"{verb}"' in each.entry]


def deposits(engine: Installation) -> int:
    return sum(1 for _ in (engine.folder / "raw").iterdir())


def test_a_due_slot_lands_the_source_and_plans_it(
    engine: Installation, by_source: Timetable, path: Path
) -> None:
    extract = engine.extract()
    extract.story()
    path.write_bytes(extract.csv())
    next_day(engine, by_source)
    (rung,) = rungs(engine, by_source)
    assert rung.due == datetime(2026, 11, 21, 12, 0, tzinfo=UTC), "four in Los Angeles"
    engine.workers.until_quiet()
    run = engine.run(rung.run_id or "")
    assert (run.state, run.trigger, run.actor) == (RunState.AWAITING_APPROVAL, "schedule", "system")
    assert run.file_name == "staff.csv"


def test_a_job_that_is_seen_for_the_first_time_has_missed_nothing(
    engine: Installation, by_source: Timetable, path: Path
) -> None:
    path.write_bytes(engine.extract().csv())
    assert rungs(engine, by_source) == []
    assert runs(engine) == []


def test_without_an_expression_nothing_is_ever_due(engine: Installation, again: Timetable) -> None:
    engine.land(engine.extract())
    never = replace(again, staff="")
    next_day(engine, never)
    assert rungs(engine, never) == []
    assert rungs(engine, again) == [], "and nothing is caught up when one is set"


def test_a_slot_is_taken_once_and_slots_slept_over_are_one(
    engine: Installation, by_source: Timetable, path: Path
) -> None:
    path.write_bytes(engine.extract().csv())
    next_day(engine, by_source)
    engine.clock.go_on(days=9)
    for _ in range(3):
        rungs(engine, by_source)
    assert len(runs(engine)) == 1
    engine.clock.go_on(days=-5)
    assert rungs(engine, by_source) == [], "the clock was set back"


def test_ringers_at_once_start_one_run_and_leave_one_file(
    engine: Installation, by_source: Timetable, path: Path
) -> None:
    extract = engine.extract()
    tick(engine.tools, by_source)
    for day in range(1, 6):
        extract.rename(extract.ids[:1])
        path.write_bytes(extract.csv())
        os.utime(path, (2**31 + day, 2**31 + day))  # written later than the one before came
        engine.clock.go_on(days=1)
        ready = threading.Barrier(4)

        def ring(ready: threading.Barrier = ready) -> None:
            ready.wait()
            tick(engine.tools, by_source)

        with ThreadPoolExecutor(4) as pool:
            for future in [pool.submit(ring) for _ in range(4)]:
                future.result()
        assert (len(runs(engine)), deposits(engine)) == (day, day)


@pytest.mark.parametrize("moment", list(Moment))
def test_a_crash_loses_no_slot_and_makes_no_second_run(
    engine: Installation, by_source: Timetable, path: Path, moment: Moment
) -> None:
    """Around the transaction that takes the slot; the schema was asked and the file copied before it."""
    path.write_bytes(engine.extract().csv())
    next_day(engine, by_source)
    engine.transactions.arm(5, moment)
    with pytest.raises(Killed):
        tick(engine.tools, by_source)
    assert len(runs(engine)) == (moment is Moment.AFTER)
    rungs(engine, by_source)
    rungs(engine, by_source)
    assert len(runs(engine)) == 1


def test_a_source_that_was_not_written_since_is_no_arrival(
    engine: Installation, by_source: Timetable, path: Path
) -> None:
    """Or a dead export would look like one whose people don't change."""
    path.write_bytes(engine.extract().csv())
    os.utime(path, (1_700_000_000, 1_700_000_000))
    newer = engine.extract()
    newer.rename(newer.ids[:1])
    engine.plan(newer)
    received = engine.database.value("SELECT received_at FROM upload")
    next_day(engine, by_source)
    (rung,) = rungs(engine, by_source)
    engine.workers.until_quiet()
    assert engine.run(rung.run_id or "").state is RunState.AWAITING_APPROVAL
    assert engine.database.value("SELECT received_at FROM upload") == received


def test_without_a_source_the_newest_extract_is_planned_again(
    engine: Installation, again: Timetable
) -> None:
    """Who leaves today stands in the extract that came a week ago."""
    extract = engine.extract()
    extract.row(extract.ids[0])["end_date"] = "2026-11-20"
    assert engine.plan(extract).state is RunState.NO_CHANGES
    next_day(engine, again)
    (rung,) = rungs(engine, again)
    engine.workers.until_quiet()
    run = engine.run(rung.run_id or "")
    assert run.state is RunState.AWAITING_APPROVAL
    assert engine.plan_of(run).summary["deactivate"] == 1


def test_the_newest_extract_is_the_one_that_came_last(
    engine: Installation, again: Timetable
) -> None:
    """The same bytes once more are an arrival."""
    first, second = engine.extract(), engine.extract()
    second.rename(second.ids[:1])
    for extract in (first, second, first):
        engine.land(extract)
    next_day(engine, again)
    rungs(engine, again)
    newest, before, *_ = runs(engine)
    assert newest.upload_id == before.upload_id


def test_with_nothing_to_plan_the_slot_passes(engine: Installation, again: Timetable) -> None:
    next_day(engine, again)
    assert [rung.code for rung in rungs(engine, again)] == ["no_extract"]
    assert rungs(engine, again) == []


def missing(path: Path) -> None:
    path.unlink(missing_ok=True)


def link(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def folder(path: Path) -> None:
    path.mkdir()


def empty(path: Path) -> None:
    path.touch()


@pytest.mark.parametrize(
    ("put", "code", "verb"),
    [
        (missing, "source_missing", "extract.missed"),
        (link, "not_a_file", "extract.refused"),
        (folder, "folder", "extract.refused"),
        (empty, "empty", "extract.refused"),
    ],
)
def test_a_source_that_is_no_file_is_audited_once(
    engine: Installation, by_source: Timetable, path: Path,
    put: Callable[[Path], None], code: str, verb: str,
) -> None:  # fmt: skip
    put(path)
    next_day(engine, by_source)
    assert [rung.code for rung in rungs(engine, by_source)] == [code]
    assert rungs(engine, by_source) == []
    (entry,) = audited(engine, verb)
    assert '"detail":{"code":"' + code + '","due":"2026-11-21T12:00:00+00:00"}' in entry
    assert '"object":{"id":"staff","type":"feed"}' in entry
    assert runs(engine) == []


def test_a_slot_waits_an_hour_for_who_is_still_writing(
    engine: Installation, by_source: Timetable
) -> None:
    busy = replace(by_source, source=BusySource())
    next_day(engine, busy)
    engine.clock.moment = datetime(2026, 11, 21, 12, 59, 59, tzinfo=UTC)
    assert [rung.code for rung in rungs(engine, busy) + rungs(engine, busy)] == ["unsettled"] * 2
    assert audited(engine, "extract.missed") == []
    engine.clock.go_on(seconds=1)
    assert [rung.code for rung in rungs(engine, busy)] == ["unsettled"]
    assert rungs(engine, busy) == []
    assert len(audited(engine, "extract.missed")) == 1


def test_a_mapping_that_can_not_be_used_is_audited_once(
    engine: Installation, by_source: Timetable, path: Path
) -> None:
    path.write_bytes(engine.extract().csv())
    broken = replace(by_source, mapping_text=lambda: "{}")
    next_day(engine, broken)
    (rung,) = rungs(engine, broken)
    assert (rung.run_id, rung.code) == (None, "mapping_invalid")
    assert rungs(engine, by_source) == []
    assert len(audited(engine, "extract.refused")) == 1
    assert not (engine.folder / "raw").exists(), "nothing was copied"


def test_a_job_that_fails_keeps_its_slot_and_no_other_waiting(
    engine: Installation, by_source: Timetable
) -> None:
    def broken() -> str:
        raise RuntimeError("a disk")

    failing = replace(by_source, mapping_text=broken)
    next_day(engine, failing)
    with pytest.raises(ExceptionGroup, match="scheduled jobs failed"):
        tick(engine.tools, failing)
    assert [rung.job for rung in tick(engine.tools, by_source)] == ["staff"]


def test_a_file_that_should_have_come_is_audited_once(
    engine: Installation, again: Timetable
) -> None:
    never = replace(again, staff="")
    engine.staff(expected=ExpectedPolicy(days="mon-sun", by="04:00", grace_h=2))
    assert rungs(engine, never, "expected.staff") == [], "none has come yet"
    engine.plan(engine.extract())
    engine.database.change("UPDATE upload SET received_at = '2026-11-20 03:50 PST'")
    engine.clock.moment = datetime(2026, 11, 21, 13, 59, 59, tzinfo=UTC)
    assert rungs(engine, never, "expected.staff") == []
    engine.clock.go_on(seconds=1)
    due = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    assert rungs(engine, never, "expected.staff") == [
        Rung(job="expected.staff", due=due, code="overdue")
    ]
    assert rungs(engine, never, "expected.staff") == []
    (entry,) = audited(engine, "extract.missed")
    assert '"detail":{"due":"2026-11-21T12:00:00+00:00"}' in entry
    with engine.database.transactions.begin() as uow:
        assert overdue(engine.tools, uow) == due, "health goes on to say so"
    engine.clock.go_on(days=1)
    rungs(engine, never, "expected.staff")
    assert len(audited(engine, "extract.missed")) == 2
    engine.database.change("UPDATE upload SET received_at = '2026-11-22 12:00 PST'")
    with engine.database.transactions.begin() as uow:
        assert overdue(engine.tools, uow) is None


def test_house_is_kept_every_hour(engine: Installation, again: Timetable) -> None:
    engine.land(engine.extract())
    key = RequestKey(principal="key:a", path="/runs", key="k", body_sha256="a" * 64)
    once(engine.tools, key, lambda _: Answer(status=202, body={}))
    left = engine.folder / "raw" / "upl_nobody_knows"
    left.write_bytes(b"what a crash left")
    os.utime(left, (1_700_000_000, 1_700_000_000))
    tick(engine.tools, again)
    for age, kept in ((timedelta(days=6), 1), (timedelta(days=8), 0)):
        moment = engine.clock.now() - age
        engine.database.change("UPDATE request SET created_at = :moment", moment=moment)
        engine.clock.go_on(hours=1)
        assert [rung.job for rung in rungs(engine, again, "housekeeping")] == ["housekeeping"]
        assert engine.database.value("SELECT count(*) FROM request") == kept
        assert rungs(engine, again, "housekeeping") == []
    assert deposits(engine) == 1
