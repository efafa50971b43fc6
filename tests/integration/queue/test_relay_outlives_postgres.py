"""The relay while PostgreSQL is away: it waits, and goes on with what there is to send."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

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


@pytest.mark.slow
@pytest.mark.embedded("the proxy stands before a Unix socket")
def test_the_relay_waits_for_postgresql_and_sends_what_came_meanwhile(
    engine: Installation, redis_url: str
) -> None:
    """Slow: the outage lasts, so that it is met more than once."""
    with through_a_proxy(engine.database.url) as (proxy, url), capture_logs() as logs:
        far = make_engine(url)
        tools = replace(engine.tools, transactions=PgTransactions(far))
        urls = bootstrap.Urls(database=url, redis=redis_url, embedded=False)
        stop = threading.Event()
        relay = threading.Thread(target=relay_until, args=(stop, tools, urls))
        relay.start()
        try:
            proxy.mode = Mode.DOWN
            until(lambda: any(entry["event"] == "database_down" for entry in logs))
            engine.land(engine.extract())
            time.sleep(1.5)
            assert relay.is_alive()
            proxy.mode = Mode.OPEN
            with Redis.from_url(redis_url) as client:
                until(lambda: client.llen(KEY_PREFIX + WORK) == 1)
        finally:
            stop.set()
            relay.join(10)
            far.dispose()
    events = [entry["event"] for entry in logs if entry["event"].startswith("database")]
    assert events == ["database_down", "database_back"]
