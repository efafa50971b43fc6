"""`python -m services.worker.migrate [--config FILE]`: brings the schema up to date, and ends.

Runs before the other processes of a version start; several at once wait for each other.
"""

import argparse
from pathlib import Path

import structlog

from shared import bootstrap
from shared.observability import configure_logging
from shared.settings import load_settings

log = structlog.get_logger("migrate")


def main() -> None:
    """Migrate, or do nothing; what fails changes nothing."""
    parser = argparse.ArgumentParser(prog="python -m services.worker.migrate", description=__doc__)
    parser.add_argument("--config", type=Path)
    loaded = load_settings(parser.parse_args().config)
    configure_logging(loaded.settings.log.level, loaded.settings.log.format)
    with bootstrap.open_urls(loaded) as urls:
        bootstrap.upgrade_schema(urls)
    log.info("schema_is_current", version=bootstrap.engine_version())


if __name__ == "__main__":
    main()
