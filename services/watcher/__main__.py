"""`python -m services.watcher [--config FILE]`: takes extracts out of the drop folder.

One per folder; a second one waits until the first has ended.
"""

import argparse
import signal
import threading
import time
from pathlib import Path

import structlog

from shared import bootstrap
from shared.domain.drop import Watch
from shared.domain.errors import ConfigInvalid, EngineError
from shared.domain.run import RunMode
from shared.observability import configure_logging
from shared.pipeline.land import Order
from shared.pipeline.take_in import Intake, Noted, sweep
from shared.pipeline.tools import Tools
from shared.settings import Loaded, load_settings

log = structlog.get_logger("watcher")

#: Without events of the file system (network shares) files are found within this.
SWEEP_S = 2.0
#: The first wait after a failure; each further one doubles it.
BACKOFF_S = 2.0
MOST_BACKOFF_S = 30.0
#: How often a trouble that lasts is said.
SAY_AGAIN_S = 60.0


class Trouble:
    """What keeps the watcher from taking files: said at once, then every minute."""

    def __init__(self) -> None:
        self._code = ""
        self._said_s = 0.0
        self.wait_s = 0.0

    def met(self, error: Exception, at_s: float) -> None:
        """Note it, and wait longer each time."""
        self.wait_s = min(MOST_BACKOFF_S, self.wait_s * 2 or BACKOFF_S)
        code = error.code if isinstance(error, EngineError) else type(error).__name__
        if code == self._code and at_s - self._said_s < SAY_AGAIN_S:
            return
        self._code, self._said_s = code, at_s
        if isinstance(error, EngineError):
            log.error("nothing_taken", code=code, retry_s=self.wait_s, message=str(error))
        else:  # mostly a database that is down
            log.error("nothing_taken", code=code, retry_s=self.wait_s, exc_info=error)

    def over(self) -> None:
        """A round went well."""
        if self._code:
            log.info("taking_again", after=self._code)
        self._code, self.wait_s = "", 0.0


def main() -> None:
    """Run until SIGTERM: a file that is being landed is finished first."""
    parser = argparse.ArgumentParser(prog="python -m services.watcher", description=__doc__)
    parser.add_argument("--config", type=Path)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        loaded = load_settings(parser.parse_args().config)
        log_as = loaded.settings.log
        configure_logging(log_as.level, log_as.format, file=loaded.log_file, process="watcher")
        watch(loaded, stop)
    except ConfigInvalid as error:
        parser.exit(4, f"{error}\n")


def watch(loaded: Loaded, stop: threading.Event) -> None:
    """Sweep after every change in the folder, and every few seconds.

    Raises:
        ConfigInvalid: there is no folder to watch.
    """
    drop = loaded.settings.drop
    news = bootstrap.drop_news(loaded, min(SWEEP_S, drop.stable_s / 2), stop)
    with (
        bootstrap.drop_folder(loaded) as folder,
        bootstrap.open_urls(loaded) as urls,
        bootstrap.open_tools(loaded, urls) as tools,
    ):
        intake = Intake(
            folder=folder, keep_days=drop.keep_days, watch=Watch(drop.stable_s),
            order=lambda: Order(
                trigger="drop", mapping_text=loaded.mapping_text(), mode=RunMode.PLAN_AND_APPLY
            ),
        )  # fmt: skip
        trouble = Trouble()
        log.info("watching", stable_s=drop.stable_s)
        while not stop.is_set():
            take(tools, intake, trouble, stop)
            if trouble.wait_s:
                stop.wait(trouble.wait_s)
            else:
                news.wait()


def take(tools: Tools, intake: Intake, trouble: Trouble, stop: threading.Event) -> None:
    """One round; no failure ends the watcher, and none costs a file."""
    at_s = time.monotonic()
    try:
        for noted in sweep(tools, intake, at_s):
            tell(noted)
            if stop.is_set():
                return
    except Exception as error:  # noqa: BLE001  # whatever it is: files stay, and the next round tries again
        trouble.met(error, at_s)
    else:
        trouble.over()


def tell(noted: Noted) -> None:
    """A line without the file's name, which may hold a person's."""
    match noted.what:
        case "taken":
            log.info("taken", run=noted.id)
        case "refused":
            log.warning("refused", id=noted.id, reason=noted.reason)
        case _:
            log.warning("left_in_the_folder", id=noted.id, reason=noted.reason)


if __name__ == "__main__":
    main()
