"""What workers logged of a run, in PostgreSQL."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from shared.adapters.db.bulk import copy_rows, streamed

_LINES = text("SELECT line FROM run_log WHERE run_id = :run ORDER BY number")
_EXPIRE = text("DELETE FROM run_log USING run WHERE run.id = run_id AND run.ended_at < :before")


class PgRunLog:
    """See `shared.ports.run_log.RunLog`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def keep(self, run_id: str, lines: Sequence[str]) -> None:
        """A COPY."""
        copy_rows(self._db, "run_log", ("run_id", "line"), ((run_id, line) for line in lines))

    def lines(self, run_id: str) -> Iterator[str]:
        """As they came."""
        return streamed(self._db, _LINES, {"run": run_id}).scalars()

    def expire(self, *, before: datetime) -> None:
        """One statement."""
        self._db.execute(_EXPIRE, {"before": before})
