"""Celery beat as a metronome: one message again and again. What is due by the clock is not its business.

docs/decisions/0008-schedule-in-postgresql.md says why.
"""

import structlog
from celery import Celery
from celery.beat import Scheduler, Service
from kombu.exceptions import OperationalError

from shared.adapters.queue.message import MESSAGE_VERSION, TICK, TICKS

log = structlog.get_logger("beat")

#: How often workers are asked to look at the clock. A message that nobody took by then is dropped.
PERIOD_S = 15


class Metronome(Scheduler):  # type: ignore[misc]  # celery has no annotations
    """Sends its one entry when it starts and each period after, by a clock that nobody sets.

    Celery's own scheduler goes by the time of day: it would be silent for an hour that is set back,
    and it keeps a file of what it did last.
    """

    _down = False

    def tick(self, **_: object) -> float:
        """Send; returns the seconds until the next time."""
        try:
            for entry in self.schedule.values():
                self.send_task(entry.task, entry.args, **entry.options)
        except OperationalError:
            if not self._down:
                log.warning("broker_down")
            self._down = True
        else:
            self._down = False
        return PERIOD_S


def make_beat(app: Celery) -> Service:
    """Celery beat with its one entry; `start` runs until `stop`."""
    app.conf.beat_schedule = {
        "tick": {
            "task": TICK,
            "schedule": PERIOD_S,
            "args": (MESSAGE_VERSION,),
            "options": {"queue": TICKS, "expires": PERIOD_S},
        }
    }
    return Service(app, scheduler_cls=Metronome)
