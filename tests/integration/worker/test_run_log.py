"""What a worker logs of a run is in the run's archive."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from services.worker.__main__ import Worker
from services.worker.refusals import Refusals
from shared import bootstrap
from shared.domain.run import RunState
from shared.observability import configure_logging
from shared.pipeline.export import open_archived
from shared.pipeline.keep_log import keep_log
from shared.pipeline.slot import Timetable
from shared.pipeline.tick import tick
from tests.fakes.installation import APPROVER, Installation
from tests.fakes.workers import Workers


class LoggingWorkers(Workers):
    """Messages go to a worker's task, as Celery would bring them."""

    def deliver(self, item_id: int) -> None:
        worker = Worker.__new__(Worker)
        worker._tools, worker._name = self.tools, "worker-1"
        worker.refusals = Refusals()
        worker.work_on(bootstrap.MESSAGE_VERSION, item_id)


@pytest.fixture
def logging_workers(engine: Installation) -> Iterator[None]:
    configure_logging("INFO", "json", process="worker-1")
    engine.workers = LoggingWorkers(engine.tools, engine.database)
    yield
    configure_logging("WARNING")


@pytest.mark.usefixtures("logging_workers")
def test_each_piece_of_work_has_its_lines_in_the_archive(engine: Installation) -> None:
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    run = engine.sync(extract)
    assert run.state is RunState.APPLIED
    with open_archived(engine.tools, run.id, "log.ndjson", APPROVER) as stream:
        lines = [json.loads(line) for line in stream.read().splitlines()]
    worked = [line["kind"] for line in lines if line["event"] == "worked"]
    assert worked[0] == "start"
    assert {"validate", "list", "plan", "apply", "verify"} <= set(worked)
    assert {line["run_id"] for line in lines} == {run.id}
    # The last piece writes the archive: its own line is in the log alone.
    assert "report" not in worked


def test_lines_are_kept_for_a_while_after_the_run_ended(engine: Installation) -> None:
    run = engine.plan(engine.extract())
    keep_log(engine.tools, run.id, ['{"event": "x"}'])
    never = Timetable(staff="", source=None, mapping_text=str)
    tick(engine.tools, never)
    for days, left in ((29, 1), (31, 0)):
        ended = engine.clock.now() - timedelta(days=days)
        engine.database.change("UPDATE run SET ended_at = :at", at=ended)
        engine.database.change("UPDATE schedule SET last_due = last_due - interval '2 days'")
        tick(engine.tools, never)
        assert engine.database.value("SELECT count(*) FROM run_log") == left
