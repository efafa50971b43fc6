"""`up`: the parts as processes, until ^C or SIGTERM; they stop in order."""

import signal
import threading
import time
from pathlib import Path

from services.cli.exits import Exit
from services.cli.processes import hold_up_lock, workers
from services.cli.session import open_session, say
from shared.domain.errors import Conflict
from shared.settings import load_settings

MINUTE_S = 60.0
#: A part that ends more often than this in a minute won't come right by itself.
ENDS_A_MINUTE = 5


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
    data_dir = loaded.settings.data_dir
    with open_session(config), workers(loaded.files[0], data_dir, count) as parts:
        say(f"up: relay and {count} worker{'s' if count > 1 else ''}; logs in {data_dir / 'log'}")
        ends: list[float] = []
        while not ended.wait(0.5):
            if gone := parts.restart():
                say(f"{gone} ended and was started again; its log says why")
                ends = [*(t for t in ends if time.monotonic() - t < MINUTE_S), time.monotonic()]
            if len(ends) > ENDS_A_MINUTE:
                say(
                    "Parts keep ending; stopping. Nothing is lost: their work waits in the database."
                )
                return Exit.UNEXPECTED
        say("stopping")
    return Exit.DONE
