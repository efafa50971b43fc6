"""The Celery application: a message is an item id and nothing else.

Decision 3 says why so little is asked of it. No setting here carries the promise that no work is lost:
that is PostgreSQL's ledger and its sweep. They save time, and each says which.
"""

import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from shared.adapters.queue.gate import GatedAmqp
from shared.adapters.queue.message import KEY_PREFIX, MESSAGE_VERSION, TASK, WORK
from shared.domain.errors import Transient

#: Hard end of a task that hangs. The lease has run out long before, so nobody waits for this; it is
#: longer than the slowest honest attempt (a timeout and the settle window, twice, and waits: 200 s).
TASK_LIMIT_S = 240
#: When a message that nobody acknowledged comes again. More than twice the limit: a task that is still
#: at work would be delivered a second time, again and again.
VISIBILITY_S = 600
#: Longest wait for an answer of Redis, and between two looks whether a connection still lives. A
#: connection that stands and says nothing is left after `SILENCE_S` and two of these, at most.
SILENCE_S, LOOK_S = 5, 5

_TRANSPORT: dict[str, object] = {
    "visibility_timeout": VISIBILITY_S,
    # Kombu looks for such messages every tenth time only: 100 s apart, whatever the timeout above is.
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    # Without it a worker or a relay waits for ever for an answer on a connection that is dead and
    # doesn't know it (a firewall that forgot it, a machine that is gone); no other check helps then.
    "socket_timeout": SILENCE_S,
    "socket_connect_timeout": SILENCE_S,
    # Kombu tries three times in six seconds before a publish fails, with the relay's rows locked.
    "max_retries": 1,
    "interval_start": 0,
    "interval_max": 0.2,
    # What waits for messages has sent its question; kombu drops it when the answer is overdue.
    "health_check_interval": LOOK_S,
    # The same for a connection that waits for nothing; the system's own time for it is two hours.
    "socket_keepalive": True,
    "socket_keepalive_options": {
        number: seconds
        for name, seconds in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
        if (number := getattr(socket, name, None)) is not None
    },
    # Another application in the same database neither takes our messages nor gives us its own.
    "global_keyprefix": KEY_PREFIX,
}

_SETTINGS: dict[str, object] = {
    "task_default_queue": WORK,
    # Whoever can write into Redis must not be able to have a worker unpickle something.
    "task_serializer": "json",
    "accept_content": ["json"],
    # What has come of an item stands in PostgreSQL; results would be a second truth, and stay there.
    "task_ignore_result": True,
    # A message is gone when its work is done, not when a worker has taken it: what a worker that ends
    # has not begun goes back at once, instead of being missed by the sweep after half a minute.
    "task_acks_late": True,
    # The same where the pool's child alone was killed (out of memory): Celery would acknowledge it.
    "task_reject_on_worker_lost": True,
    "task_time_limit": TASK_LIMIT_S,
    # The relay tries again by itself; a publish that tries for long holds rows locked meanwhile.
    "task_publish_retry": False,
    # A worker keeps no messages that it can't work on now: they would wait for it, or die with it.
    "worker_prefetch_multiplier": 1,
    # A lost connection to Redis ends no work: leases and epochs say whose it is (decision 43).
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    # Celery gives up after a hundred attempts, three quarters of an hour.
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    # A full Redis refuses what a worker notes there of a message: that is no reason to end.
    "broker_channel_error_retry": True,
    # The log is ours, with personal data left out; nobody listens to events.
    "worker_hijack_root_logger": False,
    "worker_send_task_events": False,
    # Nobody here commands a worker through Redis, so nobody else can.
    "worker_enable_remote_control": False,
}


def make_celery(redis_url: str) -> Celery:
    """An application for the broker at ``redis_url`` (redis-py's form)."""
    app = Celery("ascip_sync", broker=broker_url(redis_url), set_as_current=False, amqp=GatedAmqp)
    app.conf.update(_SETTINGS, broker_transport_options=dict(_TRANSPORT))
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

    def waiting(self) -> int:
        """The length of the queue's list."""
        try:
            with self._app.producer_pool.acquire(block=True) as producer:
                return int(producer.channel.client.llen(WORK))
        except (OperationalError, RedisError) as error:
            raise Transient("The broker can't be reached.", code="broker_down") from error
