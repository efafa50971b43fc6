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
from shared.settings import load_settings

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
    configure_logging(loaded.settings.log.level, loaded.settings.log.format)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with (
        bootstrap.open_urls(loaded) as urls,
        bootstrap.open_tools(loaded, urls) as tools,
        bootstrap.work_signal(urls) as news,
    ):
        bell = bootstrap.doorbell(urls)
        swept = 0.0
        while not stop.is_set():
            if time.monotonic() - swept > SWEEP_S:
                swept = time.monotonic()
                if again := sweep(tools):
                    log.info("rung_again", items=again)
            try:
                relay(tools, bell)
            except Transient as error:
                log.warning("broker_down", code=error.code)
                stop.wait(BROKER_DOWN_S)
            news.wait(POLL_S)


if __name__ == "__main__":
    main()
