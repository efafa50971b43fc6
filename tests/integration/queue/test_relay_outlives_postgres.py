"""The relay while PostgreSQL is away or takes nothing: it waits, and goes on with what there is to send."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import make_url
from structlog.testing import capture_logs

from shared import bootstrap
from shared.adapters.db.connection import PgTransactions, make_engine
from shared.adapters.queue.message import KEY_PREFIX, WORK
from shared.relaying import relay_until
from tests.fakes.installation import Installation
from tests.faults.office import until
from tests.faults.proxy import FaultProxy, Mode, Network


@contextmanager
def through_a_proxy(url: str) -> Iterator[tuple[FaultProxy, str]]:
    """A proxy before a database behind a Unix socket, and the database's URL through it."""
    network = Network()
    here = make_url(url)
    proxy = FaultProxy(network, f"{here.query['host']}/.s.PGSQL.{here.query['port']}")
    far = here.set(host="127.0.0.1", port=proxy.port, query={})
    yield proxy, far.render_as_string(hide_password=False)
    proxy.close()
    network.close()


@contextmanager
def relaying(engine: Installation, url: str, redis_url: str) -> Iterator[threading.Thread]:
    """A relay at work over a database."""
    far = make_engine(url)
    tools = replace(engine.tools, transactions=PgTransactions(far))
    urls = bootstrap.Urls(database=url, redis=redis_url, embedded=False)
    stop = threading.Event()
    relay = threading.Thread(target=relay_until, args=(stop, tools, urls))
    relay.start()
    try:
        yield relay
    finally:
        stop.set()
        relay.join(10)
        far.dispose()


def told(logs: list[Any]) -> list[str]:
    return [entry["event"] for entry in logs if entry["event"].startswith("database")]


@pytest.mark.slow
@pytest.mark.embedded("the proxy stands before a Unix socket")
def test_the_relay_waits_for_postgresql_and_sends_what_came_meanwhile(
    engine: Installation, redis_url: str
) -> None:
    """Slow: the outage lasts, so that it is met more than once."""
    with (
        through_a_proxy(engine.database.url) as (proxy, url),
        capture_logs() as logs,
        relaying(engine, url, redis_url) as relay,
    ):
        proxy.mode = Mode.DOWN
        until(lambda: told(logs) == ["database_down"])
        engine.land(engine.extract())
        time.sleep(1.5)
        assert relay.is_alive()
        proxy.mode = Mode.OPEN
        with Redis.from_url(redis_url) as client:
            until(lambda: client.llen(KEY_PREFIX + WORK) == 1)
    assert told(logs) == ["database_down", "database_back"]


@pytest.mark.slow
def test_the_relay_waits_for_a_postgresql_that_can_only_be_read(
    engine: Installation, redis_url: str
) -> None:
    """Slow for the same reason."""
    change = f'ALTER DATABASE "{make_url(engine.database.url).database}" '
    engine.land(engine.extract())
    engine.database.change(change + "SET default_transaction_read_only = on")
    with (
        capture_logs() as logs,
        relaying(engine, engine.database.url, redis_url) as relay,
        Redis.from_url(redis_url) as client,
    ):
        until(lambda: bool(told(logs)))
        time.sleep(2.5)
        assert relay.is_alive()
        assert client.llen(KEY_PREFIX + WORK) == 0
        engine.database.change(change + "RESET ALL")
        until(lambda: client.llen(KEY_PREFIX + WORK) == 1)
    assert told(logs) == ["database_down", "database_back"]


def test_a_full_volume_is_told_once(engine: Installation, redis_url: str) -> None:
    """Of what the relay does only taking what is due needs room."""
    engine.database.change("""
        CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'could not extend file'; END $$""")
    engine.land(engine.extract())
    engine.database.change("CREATE TRIGGER no_room BEFORE UPDATE ON work_item"
                           " FOR EACH ROW EXECUTE FUNCTION no_room()")  # fmt: skip
    with capture_logs() as logs, relaying(engine, engine.database.url, redis_url):
        until(lambda: bool(told(logs)))
        time.sleep(2.5)
        assert told(logs) == ["database_down"]
