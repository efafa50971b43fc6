"""`up`: the parts as processes, until ^C or SIGTERM; they stop in order."""

import signal
import threading
from pathlib import Path

from services.cli.exits import Exit
from services.cli.processes import hold_up_lock, workers
from services.cli.session import open_session, say
from shared.domain.errors import Conflict
from shared.settings import load_settings


def up(config: Path | None, count: int) -> int:
    """Run relay and workers; with embedded parts PostgreSQL and Valkey too."""
    loaded = load_settings(config)
    if hold_up_lock(loaded.settings.data_dir) is None:
        raise Conflict(
            f"`ascip-sync up` already runs for {loaded.settings.data_dir}. Nothing was started.",
            code="already_up",
        )
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with (
        open_session(config),
        workers(loaded.files[0], loaded.settings.data_dir, count) as started,
    ):
        logs = loaded.settings.data_dir / "log"
        say(f"up: relay and {count} worker{'s' if count > 1 else ''}; logs in {logs}")
        while not ended.wait(0.5):
            gone = [p for p in started if p.poll() is not None]
            if gone:
                say(
                    f"A part ended with code {gone[0].returncode}; its log says why. Stopping the others."
                )
                return Exit.UNEXPECTED
        say("stopping")
    return Exit.DONE
