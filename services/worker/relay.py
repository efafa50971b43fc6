"""`python -m services.worker.relay [--config FILE]`: rings workers after commits, and sweeps.

Several may run; they share the outbox. Without the broker nothing is lost: what could not be sent
stays due.
"""

import argparse
import signal
import threading
import time
from pathlib import Path

import structlog

from shared import bootstrap
from shared.domain.errors import Transient
from shared.observability import configure_logging
from shared.pipeline.relay import relay, sweep
from shared.settings import Loaded, load_settings

log = structlog.get_logger("relay")

#: Items that become due by time are found within this.
POLL_S = 0.5
SWEEP_S = 5.0
BROKER_DOWN_S = 2.0


def main() -> None:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m services.worker.relay", description=__doc__)
    parser.add_argument("--config", type=Path)
    loaded = load_settings(parser.parse_args().config)
    log_as = loaded.settings.log
    configure_logging(log_as.level, log_as.format, file=loaded.log_file, process="relay")
    stop = stopped_by_signal()
    with bootstrap.open_urls(loaded) as urls:
        relay_until(stop, loaded, urls)


def stopped_by_signal() -> threading.Event:
    """Set by SIGTERM and ^C."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def relay_until(stop: threading.Event, loaded: Loaded, urls: bootstrap.Urls) -> None:
    """Relay and sweep; an outage of the broker is told once."""
    with bootstrap.open_tools(loaded, urls) as tools, bootstrap.work_signal(urls) as news:
        bell = bootstrap.doorbell(urls)
        swept, down = 0.0, False
        while not stop.is_set():
            if time.monotonic() - swept > SWEEP_S:
                swept = time.monotonic()
                if again := sweep(tools):
                    log.info("rung_again", items=again)
            try:
                relay(tools, bell)
                down = False
            except Transient as error:
                if not down:
                    log.warning("broker_down", code=error.code)
                down = True
                stop.wait(BROKER_DOWN_S)
            news.wait(POLL_S)


if __name__ == "__main__":
    main()
