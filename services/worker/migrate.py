"""`python -m services.worker.migrate [--config FILE]`: brings the schema up to date, and ends.

Runs before the other processes of a version start; several at once wait for each other.
"""

import argparse
import sys
from pathlib import Path

import structlog

from shared import bootstrap
from shared.domain.errors import ConfigInvalid
from shared.observability import configure_logging
from shared.settings import load_settings

log = structlog.get_logger("migrate")

#: Workers of the version before may have a task in hand, which may take minutes.
PATIENCE_S = 300


def main() -> None:
    """Migrate, or do nothing; what fails changes nothing."""
    parser = argparse.ArgumentParser(prog="python -m services.worker.migrate", description=__doc__)
    parser.add_argument("--config", type=Path)
    loaded = load_settings(parser.parse_args().config)
    configure_logging(loaded.settings.log.level, loaded.settings.log.format)
    with bootstrap.open_urls(loaded) as urls:
        try:
            bootstrap.upgrade_schema(urls, patience_s=PATIENCE_S)
        except ConfigInvalid as error:
            sys.exit(f"Error: {error}")
    log.info("schema_is_current", version=bootstrap.engine_version())


if __name__ == "__main__":
    main()
