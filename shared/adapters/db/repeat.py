"""A transaction that the database has taken back through no fault of ours is done again, a few times."""

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionLeftError

Found = TypeVar("Found")
Begin = Callable[[], AbstractContextManager[Any]]

#: As long as PostgreSQL takes to start again after a crash; a lease is longer.
PATIENCE_S = 20.0
_FIRST_S, _MOST_S = 0.05, 2.0
_PASSING = (
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.LockNotAvailable,
    # It is being shut down, starts up, or has no connection left.
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.TooManyConnections,
)
_REFUSING = (errors.DiskFull, errors.ReadOnlySqlTransaction)


def repeated(begin: Begin, work: Callable[[Any], Found]) -> Found:
    """``work`` in one transaction; in another one if that was taken back, or if its end is unknown.

    Of a commit whose answer was lost nobody knows whether it took place. So the work has to look for what
    it records: one that finds it there records it once.
    """
    wait_s, until = _FIRST_S, time.monotonic() + PATIENCE_S
    while True:
        try:
            with begin() as uow:
                return work(uow)
        except (DBAPIError, psycopg.Error, NoConnectionLeftError) as error:
            if not is_passing(error) or time.monotonic() + wait_s > until:
                raise
        # Two that met in a deadlock should not meet again.
        time.sleep(wait_s * random.uniform(0.5, 1.5))  # noqa: S311  # no secret
        wait_s = min(_MOST_S, wait_s * 2)


def is_passing(error: Exception) -> bool:
    """Whether the same transaction may succeed a moment later."""
    if isinstance(error, NoConnectionLeftError):
        return True
    cause = _cause(error)
    # Without a code the server said nothing: the connection broke, or there was none.
    lost = isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None
    return lost or isinstance(cause, _PASSING)


def takes_nothing(error: Exception) -> bool:
    """Whether the database is there and can't write: its volume is full, or it can only be read."""
    return isinstance(_cause(error), _REFUSING)


def _cause(error: Exception) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error
