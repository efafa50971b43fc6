"""`python -m services.worker.beat [--config FILE]`: Celery beat and a relay in one process.

Beat says every few seconds that workers should look at the clock; what is due then, PostgreSQL knows.
Several may run: two that ring together start nothing twice.
"""

import argparse
import signal
import sys
import threading
from pathlib import Path

from shared import bootstrap
from shared.observability import configure_logging
from shared.relaying import relay_until
from shared.settings import load_settings


def main() -> None:
    """Run until SIGTERM; end with an error if beat ends by itself, so that both are started again."""
    parser = argparse.ArgumentParser(prog="python -m services.worker.beat", description=__doc__)
    parser.add_argument("--config", type=Path)
    loaded = load_settings(parser.parse_args().config)
    log_as = loaded.settings.log
    configure_logging(log_as.level, log_as.format, file=loaded.log_file, process="beat")
    stop = _stopped_by_signal()
    with bootstrap.open_urls(loaded) as urls:
        beat = bootstrap.beat(urls)

        def ring() -> None:
            try:
                beat.start()
            finally:
                stop.set()

        # A daemon: it sleeps between two rings, and nobody waits for it at the end.
        thread = threading.Thread(target=ring, name="beat", daemon=True)
        thread.start()
        with bootstrap.open_tools(loaded, urls) as tools:
            relay_until(stop, tools, urls)
        sys.exit(0 if thread.is_alive() else 1)


def _stopped_by_signal() -> threading.Event:
    """Set by SIGTERM and ^C."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


if __name__ == "__main__":
    main()
