"""Each setting of Celery that protects something is still on; the reasons stand beside them."""

import pytest

from shared.adapters.queue.celery_app import make_celery

PROTECTS = {
    "task_serializer": "json",
    "accept_content": ["json"],
    "task_ignore_result": True,
    "result_backend": None,
    "task_acks_late": True,
    "task_acks_on_failure_or_timeout": True,
    "task_reject_on_worker_lost": True,
    "task_time_limit": 240,
    "task_publish_retry": False,
    "worker_prefetch_multiplier": 1,
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "broker_channel_error_retry": True,
    "worker_hijack_root_logger": False,
}
OF_THE_TRANSPORT = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 5,
    "health_check_interval": 5,
    "socket_keepalive": True,
    "global_keyprefix": "ascip-sync:",
}


@pytest.mark.parametrize(("name", "value"), PROTECTS.items())
def test_a_setting_that_protects_is_on(name: str, value: object) -> None:
    assert make_celery("redis://redis.example/0").conf[name] == value


@pytest.mark.parametrize(("name", "value"), OF_THE_TRANSPORT.items())
def test_and_so_is_one_of_the_transport(name: str, value: object) -> None:
    options = make_celery("redis://redis.example/0").conf.broker_transport_options
    assert options[name] == value


def test_a_task_has_ended_before_its_message_comes_again() -> None:
    conf = make_celery("redis://redis.example/0").conf
    assert conf.broker_transport_options["visibility_timeout"] > 2 * conf.task_time_limit
