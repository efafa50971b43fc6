"""Protective settings of Celery and Redis, switched off in a worker by Celery's own signals."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from celery.signals import celeryd_init, worker_ready

from shared.adapters.queue.message import TASK

#: Names in `broker_transport_options`; all others are settings of Celery.
TRANSPORT = frozenset(
    {"visibility_timeout", "unacked_restore_interval", "unacked_restore_throttle", "socket_timeout",
     "health_check_interval"}
)  # fmt: skip

#: A task has these of the settings there were when it was made.
_OF_TASKS = frozenset({"task_acks_late", "task_reject_on_worker_lost"})


def flip(settings: Mapping[str, object], told: Path) -> None:
    """Change them before the worker begins; what it works with then is written to ``told``."""

    def change(instance: Any, conf: Any, **_: object) -> None:
        for name in _OF_TASKS & settings.keys():
            setattr(instance.app.tasks[TASK], name.removeprefix("task_"), settings[name])
        options = dict(conf.broker_transport_options)
        options.update({name: value for name, value in settings.items() if name in TRANSPORT})
        conf.update({name: value for name, value in settings.items() if name not in TRANSPORT})
        conf.broker_transport_options = options

    def tell(sender: Any, **_: object) -> None:
        app = sender.app
        found = {name: app.conf.get(name) for name in settings} | {
            name: app.conf.broker_transport_options.get(name)
            for name in TRANSPORT & settings.keys()
        }
        for name in _OF_TASKS & settings.keys():
            found[name] = getattr(app.tasks[TASK], name.removeprefix("task_"))
        told.write_text(json.dumps(found), "utf-8")

    celeryd_init.connect(change, weak=False)
    worker_ready.connect(tell, weak=False)
