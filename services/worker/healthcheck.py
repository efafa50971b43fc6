"""`python -m services.worker.healthcheck [--config FILE]`: 0 while the workers work, else 1.

For a container's HEALTHCHECK. It judges what was done, not whether a process lives: a worker that
lost its broker in silence is alive and idle.
"""

import argparse
import sys
from pathlib import Path

from shared import bootstrap
from shared.domain.errors import EngineError
from shared.observability import configure_logging
from shared.pipeline.health import queue_state, worker_progress
from shared.pipeline.probing import run_probes
from shared.ports.probe import Probe, Verdict
from shared.settings import load_settings


def main() -> None:
    """Print one line and end."""
    parser = argparse.ArgumentParser(
        prog="python -m services.worker.healthcheck", description=__doc__
    )
    parser.add_argument("--config", type=Path)
    sys.exit(check(parser.parse_args().config))


def check(config: Path | None) -> int:
    """0 or 1."""
    configure_logging("ERROR", "console")
    try:
        loaded = load_settings(config)
        with bootstrap.open_urls(loaded) as urls, bootstrap.open_tools(loaded, urls) as tools:
            probe = Probe(name="state", look=lambda: [worker_progress(queue_state(tools))])
            (probed,) = run_probes([probe], tools.clock)
    except EngineError as error:
        return _say(f"error: {error}", 1)
    finding = probed.findings[0]
    return _say(f"{finding.verdict.value}: {finding.detail}", int(probed.verdict is Verdict.ERROR))


def _say(line: str, code: int) -> int:
    sys.stdout.write(line + "\n")
    return code


if __name__ == "__main__":
    main()
