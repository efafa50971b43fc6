"""`python -m services.worker [--config FILE] [--name NAME]`: a Celery worker of one process.

More throughput is more of these, on any number of machines: they share the rate limit and the work.
"""

import argparse
import multiprocessing
import os
import socket
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import structlog
from celery import Celery
from celery.exceptions import Reject
from celery.signals import worker_process_init, worker_process_shutdown, worker_shutting_down

from shared import bootstrap
from shared.observability import configure_logging
from shared.pipeline.tools import Tools
from shared.pipeline.work_on import work_on
from shared.settings import Loaded, load_settings

log = structlog.get_logger("worker")


class Worker:
    """The one task and what it needs in the pool's child process."""

    def __init__(self, loaded: Loaded, urls: bootstrap.Urls, name: str) -> None:
        self._loaded, self._urls, self._name = loaded, urls, name
        self._stack = ExitStack()
        self._tools: Tools | None = None
        # Set in the main process, seen by the pool's child: it was made before the fork.
        self._stopping = multiprocessing.Event()

    def stop(self, **_: object) -> None:
        """In the main process, when it has been asked to end."""
        self._stopping.set()

    def open(self, **_: object) -> Tools:
        """In the child, after the fork: connections don't survive one."""
        tools = self._stack.enter_context(bootstrap.open_tools(self._loaded, self._urls))
        self._tools = replace(tools, stopping=self._stopping.is_set)
        return self._tools

    def close(self, **_: object) -> None:
        """In the child, before it ends."""
        self._stack.close()

    def work_on(self, version: int, item_id: int) -> None:
        """The task: an id in, one pipeline call."""
        if version != bootstrap.MESSAGE_VERSION or not isinstance(item_id, int):
            # Left to a newer worker: the sweep rings again.
            raise Reject("unknown message version", requeue=False)
        tools = self._tools or self.open()
        worked = work_on(tools, item_id, f"{self._name}.{os.getpid()}")
        if worked.item is not None:
            log.info(
                "worked", item=item_id, run=worked.item.run_id, kind=worked.item.kind.value,
                attempt=worked.item.attempt, code=worked.code,
            )  # fmt: skip


def make_app(loaded: Loaded, urls: bootstrap.Urls, name: str) -> Celery:
    """The Celery application with the task registered."""
    app = bootstrap.celery(urls)
    worker = Worker(loaded, urls, name)
    worker_shutting_down.connect(worker.stop, weak=False)
    worker_process_init.connect(worker.open, weak=False)
    worker_process_shutdown.connect(worker.close, weak=False)
    app.task(name=bootstrap.TASK)(worker.work_on)
    return app


def main() -> None:
    """Run until SIGTERM: the item in hand is finished first."""
    parser = argparse.ArgumentParser(prog="python -m services.worker", description=__doc__)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--name", default=f"worker-{os.getpid()}")
    options = parser.parse_args()
    loaded = load_settings(options.config)
    configure_logging(loaded.settings.log.level, loaded.settings.log.format)
    with bootstrap.open_urls(loaded) as urls:
        app = make_app(loaded, urls, options.name)
        app.worker_main(
            ["worker", "--pool", "prefork", "--concurrency", "1", "--without-gossip",
             "--without-mingle", "--loglevel", loaded.settings.log.level,
             "--hostname", f"{options.name}@{socket.gethostname()}"]
        )  # fmt: skip


if __name__ == "__main__":
    main()
