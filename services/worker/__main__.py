"""`python -m services.worker [--config FILE] [--name NAME]`: a Celery worker of one process.

More throughput is more of these, on any number of machines: they share the rate limit and the work.
"""

import argparse
import multiprocessing
import os
import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import structlog
from celery import Celery
from celery.signals import (
    setup_logging,
    task_rejected,
    worker_process_init,
    worker_process_shutdown,
    worker_shutting_down,
)

from services.worker.collecting import collect_seldom
from services.worker.refusals import Refusals
from shared import bootstrap
from shared.domain.errors import ConfigInvalid
from shared.domain.work import WorkItem
from shared.observability import collected, configure_logging
from shared.pipeline.keep_log import keep_log
from shared.pipeline.tick import tick
from shared.pipeline.tools import Tools
from shared.pipeline.work_on import work_on
from shared.settings import Loaded, load_settings

log = structlog.get_logger("worker")


class Worker:
    """The two tasks and what they need in the pool's child process."""

    def __init__(self, loaded: Loaded, urls: bootstrap.Urls, name: str) -> None:
        self._loaded, self._urls, self._name = loaded, urls, name
        self._stack = ExitStack()
        self._tools: Tools | None = None
        self.refusals = Refusals()
        # Set in the main process, seen by the pool's child: it was made before the fork.
        self._stopping = multiprocessing.Event()

    def stop(self, **_: object) -> None:
        """In the main process, when it has been asked to end."""
        self._stopping.set()

    def open(self, **_: object) -> Tools:
        """In the child, after the fork: connections don't survive one."""
        collect_seldom()
        tools = self._stack.enter_context(bootstrap.open_tools(self._loaded, self._urls))
        self._tools = replace(tools, stopping=self._stopping.is_set)
        return self._tools

    def close(self, **_: object) -> None:
        """In the child, before it ends."""
        self._stack.close()

    def work_on(self, _version: int, item_id: int) -> None:
        """A task: an id in, one pipeline call. Messages of another version don't get here."""
        tools = self._tools or self.open()
        self.refusals.store(tools)
        claimed: list[WorkItem] = []
        with collected() as lines:
            self._work(tools, item_id, claimed.append)
        try:
            for item in claimed:
                keep_log(tools, item.run_id, lines)
        except Exception:  # the log itself has them
            log.exception("log_not_kept")

    def _work(self, tools: Tools, item_id: int, claimed: Callable[[WorkItem], None]) -> None:
        def on_claim(item: WorkItem) -> None:
            _name_item(item)
            claimed(item)

        try:
            worked = work_on(tools, item_id, f"{self._name}.{os.getpid()}", on_claim=on_claim)
            if worked.item is not None:
                log.info(
                    "worked", kind=worked.item.kind.value, attempt=worked.item.attempt,
                    code=worked.code,
                )  # fmt: skip
            elif worked.code:
                log.error("work_left", code=worked.code)
        except Exception:
            # Told here, where the item is named, and not to Celery: the item is settled, or it is
            # rung again, and Celery would print what the exception says.
            log.exception("work_failed")
        finally:
            structlog.contextvars.clear_contextvars()

    def tick(self, _version: int) -> None:
        """A task: look what is due by the clock."""
        tools = self._tools or self.open()
        self.refusals.store(tools)
        try:
            for rung in tick(tools, bootstrap.timetable(self._loaded)):
                (log.warning if rung.code else log.info)(
                    "scheduled", job=rung.job, due=rung.due.isoformat(), run_id=rung.run_id,
                    code=rung.code,
                )  # fmt: skip
        except ConfigInvalid as error:
            log.error("work_left", code=error.code)  # noqa: TRY400  # where is no question
        except Exception:  # as above; what failed is still due
            log.exception("tick_failed")


def _name_item(item: WorkItem) -> None:
    """Put its ids on every event until it is done, libraries' included."""
    ids = {"run_id": item.run_id, "item_id": item.id, "plan_id": item.chunk.get("plan_id")}
    structlog.contextvars.bind_contextvars(**{k: v for k, v in ids.items() if v is not None})


def make_app(loaded: Loaded, urls: bootstrap.Urls, name: str) -> Celery:
    """The Celery application with the tasks registered."""
    app = bootstrap.celery(urls)
    worker = Worker(loaded, urls, name)
    setup_logging.connect(_leave_logging, weak=False)
    worker_shutting_down.connect(worker.stop, weak=False)
    task_rejected.connect(worker.refusals.note, weak=False)
    worker_process_init.connect(worker.open, weak=False)
    worker_process_shutdown.connect(worker.close, weak=False)
    app.task(name=bootstrap.TASK)(worker.work_on)
    app.task(name=bootstrap.TICK)(worker.tick)
    return app


def _leave_logging(**_: object) -> None:
    """Having a receiver, Celery makes no handlers of its own, which would write unredacted."""


def main() -> None:
    """Run until SIGTERM: the item in hand is finished first."""
    parser = argparse.ArgumentParser(prog="python -m services.worker", description=__doc__)
    parser.add_argument("--config", type=Path)
    # With the host: in containers every worker has the same process id.
    parser.add_argument("--name", default=f"worker-{socket.gethostname()}-{os.getpid()}")
    options = parser.parse_args()
    loaded = load_settings(options.config)
    log_as = loaded.settings.log
    configure_logging(log_as.level, log_as.format, file=loaded.log_file, process=options.name)
    with bootstrap.open_urls(loaded) as urls:
        app = make_app(loaded, urls, options.name)
        app.worker_main(
            ["--quiet", "worker", "--pool", "prefork", "--concurrency", "1", "--without-gossip",
             "--without-mingle", "--queues", ",".join(bootstrap.QUEUES),
             "--loglevel", loaded.settings.log.level,
             "--hostname", f"{options.name}@{socket.gethostname()}"]
        )  # fmt: skip


if __name__ == "__main__":
    main()
