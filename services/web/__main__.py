"""`python -m services.web [--config FILE]`: the REST interface and the console, until SIGTERM."""

import argparse
import signal
from pathlib import Path

import structlog
import uvicorn

from services.web.server import configured
from shared import bootstrap
from shared.http.service import Service
from shared.observability import configure_logging
from shared.settings import load_settings

log = structlog.get_logger("api")

#: Connections to the database: handlers run in threads.
CONNECTIONS = 20


def main() -> None:
    """Serve until SIGTERM: requests in hand are finished first."""
    parser = argparse.ArgumentParser(prog="python -m services.web", description=__doc__)
    parser.add_argument("--config", type=Path)
    loaded = load_settings(parser.parse_args().config)
    log_as = loaded.settings.log
    configure_logging(log_as.level, log_as.format, file=loaded.log_file, process="api")
    with (
        bootstrap.open_urls(loaded) as urls,
        bootstrap.open_tools(loaded, urls, connections=CONNECTIONS) as tools,
    ):
        config = configured(
            Service(loaded=loaded, tools=tools, probes=bootstrap.probes(loaded, urls))
        )
        # uvicorn handles these itself, and raises them again when it has ended: what is open gets closed.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        log.info("listening", host=config.host, port=config.port, tls=config.is_ssl)
        uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
