"""Rings workers after commits, and sweeps: in the metronome's process, or in a thread of a command.

Several may run; they share the outbox. Without the broker nothing is lost: what could not be sent
stays due.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from shared import bootstrap
from shared.domain.errors import EngineError, Transient
from shared.pipeline.relay import relay, sweep, tell_outage, untell_outage
from shared.pipeline.tools import Tools

log = structlog.get_logger("relay")

#: Items that become due by time are found within this.
POLL_S = 0.5
SWEEP_S = 5.0
BROKER_DOWN_S = 2.0
DATABASE_DOWN_S = 1.0


def relay_until(stop: threading.Event, tools: Tools, urls: bootstrap.Urls) -> None:
    """Relay and sweep; a PostgreSQL that is away or takes nothing is logged once and waited for.

    Ending instead would have whoever starts us again do so over and over.
    """
    down = False
    while not stop.is_set():
        try:
            with bootstrap.work_signal(urls) as news:
                for _round in _rounds(stop, tools, urls, news):
                    if down:
                        log.info("database_back")
                    down = False
        except Exception as error:
            if not (bootstrap.database_is_away(error) or tools.transactions.takes_nothing(error)):
                raise
            if not down:
                log.warning("database_down")
            down = True
            stop.wait(DATABASE_DOWN_S)


def _rounds(
    stop: threading.Event, tools: Tools, urls: bootstrap.Urls, news: bootstrap.WorkSignal
) -> Iterator[None]:
    """Yields whenever it has looked for what is due.

    An outage of the broker is logged once, and told by the runs that wait for it.
    """
    bell = bootstrap.doorbell(urls)
    swept, down = 0.0, False
    untell_outage(tools)  # who relayed before may have ended in one
    while not stop.is_set():
        try:
            # With nothing to send, only the sweep asks the broker anything.
            if answered := time.monotonic() - swept > SWEEP_S:
                swept = time.monotonic()
                if again := sweep(tools, bell):
                    log.info("rung_again", items=again)
            answered = relay(tools, bell) > 0 or answered
            if down and answered:
                log.info("broker_back")
                untell_outage(tools)
                down = False
        except Transient as error:
            if not down:
                log.warning("broker_down", code=error.code)
            down = True
            tell_outage(tools)
            stop.wait(BROKER_DOWN_S)
        yield
        news.wait(POLL_S)


@contextmanager
def relaying(tools: Tools, urls: bootstrap.Urls) -> Iterator[Callable[[], None]]:
    """Relay in a thread while the block runs; yields what raises if that has ended by itself."""
    stop = threading.Event()
    thread = threading.Thread(target=_told, args=(stop, tools, urls), name="relay", daemon=True)
    thread.start()
    try:
        yield lambda: _require(thread)
    finally:
        stop.set()
        thread.join(BROKER_DOWN_S + POLL_S)


def _told(stop: threading.Event, tools: Tools, urls: bootstrap.Urls) -> None:
    """What ends it is logged with what may be told, not printed as a thread's end is."""
    try:
        relay_until(stop, tools, urls)
    except Exception:
        log.exception("relay_failed")


def _require(thread: threading.Thread) -> None:
    if not thread.is_alive():
        raise EngineError(
            "Nobody rings the workers any more: the relay has failed, as said above. What was recorded"
            " is kept and goes on with the next command that works.",
            code="worker_ended",
        )
