"""Messages that the worker's main process refused, counted where its child finds the numbers."""

import multiprocessing

import structlog

from shared.domain.work import MessageFault
from shared.pipeline.tools import Tools

log = structlog.get_logger("worker")


class Refusals:
    """Made before the fork. The main process has no database: it adds here, and the child stores."""

    def __init__(self) -> None:
        self._counts = {fault: multiprocessing.Value("q", 0) for fault in MessageFault}

    def note(self, exc: object = None, **_: object) -> None:
        """In the main process: a message was refused. What it held is never told."""
        fault = getattr(exc, "fault", MessageFault.UNREADABLE)
        log.warning("message_refused", fault=fault.value)
        with self._counts[fault].get_lock():
            self._counts[fault].value += 1

    def store(self, tools: Tools) -> None:
        """In the child, before its next task: at the latest with the next look at the clock."""
        taken = {fault: n for fault in MessageFault if (n := self._take(fault))}
        if not taken:
            return
        try:
            with tools.transactions.begin() as uow:
                uow.tallies.add_refused(taken)
        except Exception:  # the log has told of each
            log.exception("refusals_not_counted")

    def _take(self, fault: MessageFault) -> int:
        with self._counts[fault].get_lock():
            taken = int(self._counts[fault].value)
            self._counts[fault].value = 0
        return taken
