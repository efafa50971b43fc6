"""Crash points: the moment in a transaction at which a process is killed, without a line in the process.

A trigger of the database waits where the process should die; once one waits there, whoever armed the
point kills the process and ends its transaction, as the database does for a client that is gone.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from tests.faults.office import GivenUp
from tests.faults.plant import Plant

_LOCK = 71001
_ARM = """
CREATE SEQUENCE IF NOT EXISTS crash_seen;
SELECT setval('crash_seen', 1, false);
CREATE OR REPLACE FUNCTION crash_point() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF nextval('crash_seen') = {number} THEN
    PERFORM pg_advisory_xact_lock({lock});
  END IF;
  RETURN NEW;
END $$;
"""
_HELD = """
SELECT pid FROM pg_locks
 WHERE locktype = 'advisory' AND objid = %s AND NOT granted
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@dataclass(frozen=True, slots=True)
class Point:
    """A change of a table: before it, or (``at_commit``) when its transaction is about to end."""

    table: str
    event: str
    when: str
    at_commit: bool = False

    def trigger(self) -> str:
        """What waits there."""
        if self.at_commit:
            return (
                f"CREATE CONSTRAINT TRIGGER crash_point AFTER {self.event} ON {self.table}"
                f" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ({self.when})"
                " EXECUTE FUNCTION crash_point()"
            )
        return (
            f"CREATE TRIGGER crash_point BEFORE {self.event} ON {self.table}"
            f" FOR EACH ROW WHEN ({self.when}) EXECUTE FUNCTION crash_point()"
        )


_BEGINS = "NEW.status = 'attempting' AND OLD.status <> 'attempting'"
_ENDS = "OLD.status = 'attempting' AND NEW.status <> 'attempting'"
CLAIMED = Point("action", "UPDATE", _BEGINS)
RESPONSE_RECEIVED = Point("action", "UPDATE", _ENDS)
OUTCOME_WRITTEN = Point("audit_entry", "INSERT", "NEW.verb = 'action.finished'")
AUDIT_WRITTEN = Point("audit_entry", "INSERT", "NEW.verb = 'action.finished'", at_commit=True)
APPLY_DONE = Point("work_item", "UPDATE", "NEW.state = 'done' AND NEW.kind = 'apply'")
PLAN_DONE = Point("work_item", "UPDATE", "NEW.state = 'done' AND NEW.kind = 'plan'")
PLAN_MID_INSERT = Point("action", "INSERT", "true")
UPLOAD_SPOOLED = Point("upload", "INSERT", "true")
UPLOAD_COMMITTED = Point("upload", "INSERT", "true", at_commit=True)
RUN_COMMITTED = Point("run", "INSERT", "true", at_commit=True)
PUBLISHED = Point(
    "work_item", "UPDATE", "OLD.notified_at IS NULL AND NEW.notified_at IS NOT NULL", at_commit=True
)
REPORTED = Point("run", "UPDATE", "NEW.archive IS NOT NULL AND OLD.archive IS NULL")
VERIFIED = Point("action", "UPDATE", "NEW.verified_at IS NOT NULL AND OLD.verified_at IS NULL")


class Armed:
    """A point that somebody will come to."""

    def __init__(self, plant: Plant, holder: "psycopg.Connection[object]") -> None:
        self._plant, self._holder = plant, holder
        self._waiting: int | None = None

    def reached(self, seconds: float = 30.0) -> None:
        """Wait until a process is held there."""
        deadline = time.monotonic() + seconds
        while not (found := self._plant.rows(_HELD, _LOCK)):
            if time.monotonic() > deadline:
                raise GivenUp("nobody came to the crash point")
            time.sleep(0.01)
        self._waiting = found[0].pid

    def let_go(self) -> None:
        """Whoever is held goes on."""
        self._holder.execute(f"SELECT pg_advisory_unlock({_LOCK})".encode())

    def end(self) -> None:
        """The transaction of who was held and is dead now ends, and leaves nothing."""
        assert self._waiting is not None, "nobody is held"
        self._holder.execute(b"SELECT pg_terminate_backend(%s, 5000)", (self._waiting,))


@contextmanager
def armed(plant: Plant, point: Point, number: int = 1) -> Iterator[Armed]:
    """Hold whoever comes to the point as the ``number``-th, counted in rows."""
    with plant.database() as holder:
        holder.execute(f"SELECT pg_advisory_lock({_LOCK})".encode())
        holder.execute(_ARM.format(number=number, lock=_LOCK).encode())
        holder.execute(point.trigger().encode())
        try:
            yield Armed(plant, holder)
        finally:
            holder.execute(b"SELECT pg_advisory_unlock_all()")
            holder.execute(f"DROP TRIGGER crash_point ON {point.table}".encode())
