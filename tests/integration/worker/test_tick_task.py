"""The metronome's message at a worker: looked at, or refused politely; beat as a process."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from redis import Redis
from structlog.testing import capture_logs

from services.worker.__main__ import Worker
from shared import bootstrap
from shared.settings import load_settings
from tests.fakes.installation import Installation

ROOT = Path(__file__).resolve().parents[3]


def test_a_look_tells_what_it_did_and_what_it_did_not(config: Path, engine: Installation) -> None:
    engine.database.change("INSERT INTO schedule VALUES ('staff', now() - interval '3 days')")
    loaded = load_settings(config)
    with bootstrap.open_urls(loaded) as urls:
        worker = Worker(loaded, urls, "w")
        with capture_logs() as logs:
            worker.tick(1)
            worker.tick(1)
        (event,) = logs
        assert (event["event"], event["log_level"]) == ("scheduled", "warning")
        assert (event["job"], event["code"], event["run_id"]) == ("staff", "source_missing", None)
        (config.parent / "mapping.json").unlink()
        engine.database.change("DROP TABLE schedule")
        with capture_logs() as logs:
            worker.tick(1)
        assert [event["event"] for event in logs] == ["tick_failed"]
        worker.close()


def test_a_worker_of_another_version_than_the_database_s_says_so_and_writes_nothing(
    config: Path, engine: Installation
) -> None:
    engine.land(engine.extract())
    engine.database.change("UPDATE alembic_version SET version_num = '9999'")
    before = engine.database.dump()
    loaded = load_settings(config)
    with bootstrap.open_urls(loaded) as urls:
        worker = Worker(loaded, urls, "w")
        with capture_logs() as logs:
            worker.tick(1)
            worker.work_on(1, engine.database.value("SELECT id FROM work_item"))
        worker.close()
    assert [(e["event"], e["code"]) for e in logs] == [("work_left", "schema_differs")] * 2
    assert engine.database.dump() == before


@pytest.mark.slow
def test_beat_rings_when_it_starts_and_ends_when_told(config: Path, redis_url: str) -> None:
    """A process that imports Celery: about 2 s."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    beat = subprocess.Popen(
        [sys.executable, "-m", "services.worker.beat", "--config", str(config)], env=environment
    )
    try:
        with Redis.from_url(redis_url) as client:
            deadline = time.monotonic() + 20
            while not client.exists("ascip-sync:ticks"):
                assert time.monotonic() < deadline
                time.sleep(0.05)
        told = time.monotonic()
        beat.send_signal(signal.SIGTERM)
        assert beat.wait(10) == 0
        assert time.monotonic() - told < 3
    finally:
        beat.kill()
        beat.wait()
