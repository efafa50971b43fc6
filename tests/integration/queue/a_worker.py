"""`python -m tests.integration.queue.a_worker URL FILE`: a worker as ours, that notes what it was told.

As ours but for its patience, of which a test has less: what waits 5 s waits 1 s.
"""

import sys
import time
from pathlib import Path

from celery import Celery

from shared.adapters.queue.celery_app import make_celery
from shared.adapters.queue.message import QUEUES, TASK

#: An item with this number takes so long.
SLOW_ITEM, SLOW_S = 1000, 4.0
PATIENCE_S = 1
_WAITS = ("socket_timeout", "socket_connect_timeout", "health_check_interval")


def impatient(app: Celery) -> Celery:
    """The same settings with shorter waits."""
    for name in _WAITS:
        assert app.conf.broker_transport_options[name]
        app.conf.broker_transport_options[name] = PATIENCE_S
    return app


def main(url: str, file: Path) -> None:
    app = impatient(make_celery(url))

    def note(line: str) -> None:
        with file.open("a", encoding="ascii") as notes:
            notes.write(f"{line}\n")

    def work(_version: int, item_id: int) -> None:
        if item_id == SLOW_ITEM:
            note("begun")
            time.sleep(SLOW_S)
        note(str(item_id))

    app.task(name=TASK)(work)
    app.worker_main(
        ["--quiet", "worker", "--pool", "prefork", "--concurrency", "1", "--without-gossip",
         "--without-mingle", "--queues", ",".join(QUEUES)]
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
