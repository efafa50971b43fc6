"""Redis that says nothing more, is away, or is full: who rings and who works go on by themselves."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from shared.adapters.queue.celery_app import CeleryDoorbell, make_celery
from shared.adapters.queue.metronome import PERIOD_S, make_beat
from shared.adapters.queue.probes import probe
from shared.bootstrap import Urls
from shared.domain.errors import Transient
from shared.domain.run import RunState
from shared.pipeline.relay import relay
from shared.ports.probe import Verdict
from shared.relaying import relay_until
from tests.fakes.installation import Installation
from tests.faults.proxy import Mode
from tests.integration.queue.a_broker import Broker, Worker
from tests.integration.queue.a_worker import PATIENCE_S, SLOW_ITEM, SLOW_S, impatient

#: Two looks and a wait for an answer; with the real ones 12 to 17 s, of the minute that is promised.
NOTICED_S = 3 * PATIENCE_S + 3


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    made = Broker(tmp_path_factory.mktemp("v"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def worker(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    made = Worker(broker, tmp_path_factory.mktemp("w"))
    yield made
    made.close()


def took(deed: Callable[[], object]) -> float:
    began = time.monotonic()
    deed()
    return time.monotonic() - began


def wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_who_rings_is_told_in_seconds_and_rings_on_a_new_connection(broker: Broker) -> None:
    bell = CeleryDoorbell(impatient(make_celery(broker.proxied_url)))
    bell.ring([1])
    broker.proxy.forget()

    def refused() -> None:
        with pytest.raises(Transient):
            bell.ring([2])

    assert took(refused) == pytest.approx(PATIENCE_S, abs=1)
    assert took(lambda: bell.ring([3])) < 1


def test_what_a_full_one_refuses_stays_due_and_is_sent_when_there_is_room(
    engine: Installation, broker: Broker
) -> None:
    engine.land(engine.extract())
    bell, metronome = CeleryDoorbell(make_celery(broker.url)), make_beat(make_celery(broker.url))
    bell.ring([1])  # the queue is declared
    broker.fill()
    try:
        with pytest.raises(Transient):
            relay(engine.tools, bell)
        assert metronome.scheduler.tick() == PERIOD_S
        told = {finding.name: finding for finding in probe(broker.url).look()}
    finally:
        broker.make_room()
    assert (told["queue"].verdict, told["queue"].facts["memory_bytes"]) > (Verdict.ERROR, 0)
    assert "nothing is lost" in told["queue"].detail
    assert (relay(engine.tools, bell), relay(engine.tools, bell)) == (1, 0)


def test_a_run_that_waits_for_redis_says_so_and_goes_on_when_it_is_back(
    engine: Installation, broker: Broker
) -> None:
    run_id = engine.land(engine.extract())
    urls = Urls(database=engine.database.url, redis=broker.proxied_url, embedded=False)
    stop = threading.Event()
    broker.proxy.mode = Mode.DOWN
    relaying = threading.Thread(target=relay_until, args=(stop, engine.tools, urls))
    relaying.start()
    try:
        wait_for(lambda: engine.run(run_id).reason == "broker_down")
        run = engine.run(run_id)
        assert (run.state, run.next.actor) == (RunState.QUEUED, "system")
        assert "nothing is lost" in (run.detail or "")
        broker.proxy.mode = Mode.OPEN
        wait_for(lambda: engine.run(run_id).reason is None)
    finally:
        broker.proxy.mode = Mode.OPEN
        stop.set()
        relaying.join()
    unsent = "SELECT count(*) FROM work_item WHERE notified_at IS NULL"
    assert engine.database.value(unsent) == 0


@pytest.mark.slow
def test_a_worker_finishes_what_it_has_and_leaves_a_connection_that_nobody_answers_on(
    worker: Worker, broker: Broker
) -> None:
    """A worker's start, 4 s of work while Redis is away, and the time until it notices: about 10 s."""
    worker.ring(SLOW_ITEM)
    worker.waits_for("begun")
    broker.proxy.mode = Mode.DOWN
    time.sleep(SLOW_S / 2)
    broker.proxy.mode = Mode.OPEN
    worker.waits_for(str(SLOW_ITEM))
    assert worker.notes.count("begun") == 1
    worker.hears_after()
    broker.proxy.forget()
    assert worker.hears_after() < NOTICED_S


@pytest.mark.slow
def test_a_worker_outlives_a_redis_that_refuses_to_note_what_it_took(
    worker: Worker, broker: Broker
) -> None:
    """It takes a message, and can't say so: two seconds of that."""
    worker.hears_after()
    worker.ring(*range(2000, 2500))
    broker.fill()
    try:
        time.sleep(2)
        assert worker.lives
    finally:
        broker.make_room()
    assert worker.hears_after() < NOTICED_S
