"""The Celery application: a message is an item id and nothing else.

The settings are those measured in docs/decisions/0003-celery-as-doorbell.md. None of them carries
the promise that no work is lost: that is PostgreSQL's ledger and its sweep.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from celery import Celery
from kombu.exceptions import OperationalError

from shared.adapters.queue.gate import GatedAmqp
from shared.adapters.queue.message import KEY_PREFIX, MESSAGE_VERSION, TASK, WORK
from shared.domain.errors import Transient

#: Hard end of a task that hangs. The lease has run out long before, so nobody waits for this; it is
#: longer than the slowest honest attempt (a timeout and the settle window, twice, and waits: 200 s).
TASK_LIMIT_S = 240
VISIBILITY_S = 600


def make_celery(redis_url: str) -> Celery:
    """An application for the broker at ``redis_url`` (redis-py's form)."""
    app = Celery("ascip_sync", broker=broker_url(redis_url), set_as_current=False, amqp=GatedAmqp)
    app.conf.update(
        task_default_queue=WORK,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_time_limit=TASK_LIMIT_S,
        task_publish_retry=False,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        # Nobody here commands a worker through Redis, so nobody else can.
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "visibility_timeout": VISIBILITY_S,
            # Otherwise the scan runs every 100 s only, and the timeout above is not kept.
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "global_keyprefix": KEY_PREFIX,
        },
    )
    return app


def broker_url(redis_url: str) -> str:
    """Kombu's spelling of a redis-py URL: Unix sockets have another scheme there."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = dict(p.split("=", 1) for p in parts.query.split("&") if "=" in p).get("db", "0")
    return f"redis+socket://{parts.path}?virtual_host={database}"


class CeleryDoorbell:
    """See `shared.ports.doorbell.Doorbell`."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def ring(self, item_ids: Iterable[int]) -> None:
        """Publish one message per item."""
        try:
            with self._app.producer_pool.acquire(block=True) as producer:
                for item_id in item_ids:
                    self._app.send_task(TASK, args=(MESSAGE_VERSION, item_id), producer=producer)
        except OperationalError as error:
            raise Transient("The broker can't be reached.", code="broker_down") from error
