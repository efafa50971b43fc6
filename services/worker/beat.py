"""`python -m services.worker.beat [--config FILE]`: Celery beat and a relay in one process.

Beat says every few seconds that workers should look at the clock; what is due then, PostgreSQL knows.
Several may run: two that ring together start nothing twice.
"""

import argparse
import sys
import threading
from pathlib import Path

from services.worker.relay import relay_until, stopped_by_signal
from shared import bootstrap
from shared.observability import configure_logging
from shared.settings import load_settings


def main() -> None:
    """Run until SIGTERM; end with an error if beat ends by itself, so that both are started again."""
    parser = argparse.ArgumentParser(prog="python -m services.worker.beat", description=__doc__)
    parser.add_argument("--config", type=Path)
    loaded = load_settings(parser.parse_args().config)
    log_as = loaded.settings.log
    configure_logging(log_as.level, log_as.format, file=loaded.log_file, process="beat")
    stop = stopped_by_signal()
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
        relay_until(stop, loaded, urls)
        sys.exit(0 if thread.is_alive() else 1)


if __name__ == "__main__":
    main()
