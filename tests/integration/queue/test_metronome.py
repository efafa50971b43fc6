"""Celery beat over a real broker: what it sends, and what it does while nobody listens."""

import base64
import json
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError
from structlog.testing import capture_logs

from shared.adapters.embedded.binaries import locate
from shared.adapters.queue.celery_app import make_celery
from shared.adapters.queue.message import KEY_PREFIX, TICKS
from shared.adapters.queue.metronome import PERIOD_S, Metronome, make_beat


def metronome(url: str) -> Metronome:
    scheduler = make_beat(make_celery(url)).scheduler
    assert isinstance(scheduler, Metronome)
    return scheduler


def messages(url: str) -> list[bytes]:
    with Redis.from_url(url) as client:
        found = client.lrange(KEY_PREFIX + TICKS, 0, -1)
    assert isinstance(found, list)
    return found


def test_a_message_is_a_version_and_nothing_else_and_does_not_pile_up(redis_url: str) -> None:
    before = datetime.now(UTC)
    assert metronome(redis_url).tick() == PERIOD_S
    (raw,) = messages(redis_url)
    message = json.loads(raw)
    args, kwargs, _ = json.loads(base64.b64decode(message["body"]))
    assert (args, kwargs) == ([1], {})
    expires = datetime.fromisoformat(message["headers"]["expires"])
    assert timedelta(0) <= expires - before - timedelta(seconds=PERIOD_S) < timedelta(seconds=5)


def test_it_rings_at_once_and_every_time(redis_url: str) -> None:
    beat = metronome(redis_url)
    for count in (1, 2, 3):
        beat.tick()
        assert len(messages(redis_url)) == count


class Outage(Metronome):
    """A metronome whose broker is away for some of its ticks."""

    away = False

    def send_task(self, *_: object, **__: object) -> None:
        if self.away:
            raise OperationalError


def test_an_outage_of_the_broker_is_told_once(redis_url: str) -> None:
    beat = Outage(make_celery(redis_url))
    beat.schedule = metronome(redis_url).schedule
    told = []
    for beat.away in (True, True, False, False, True, True):
        with capture_logs() as logs:
            assert beat.tick() == PERIOD_S
        told.append([event["event"] for event in logs])
    assert told == [["broker_down"], [], [], [], ["broker_down"], []]


@pytest.mark.slow
def test_a_broker_that_comes_late_is_found(tmp_path: Path) -> None:
    """redis-py tries for six seconds before it gives a message up."""
    url = f"unix://{tmp_path}/s?db=0"
    beat = metronome(url)
    beat.tick()
    command = [str(locate().valkey), "--port", "0", "--unixsocket", "s", "--save", ""]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=tmp_path)
    try:
        wait_for(url)
        beat.tick()
        assert len(messages(url)) == 1
    finally:
        server.kill()
        server.wait()


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 10
    with Redis.from_url(url) as client:
        while time.monotonic() < deadline:
            try:
                client.ping()
            except RedisError:
                time.sleep(0.02)
            else:
                return
    raise AssertionError("the server did not start")
