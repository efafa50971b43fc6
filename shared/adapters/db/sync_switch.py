"""Pauses of all syncing in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from shared.domain.sync_switch import SyncPause

_COLUMNS = (
    "paused_by, reason, paused_at, until, ended_by,"
    " coalesce(ended_at, CASE WHEN until <= now() THEN until END) AS ended_at,"
    " extract(epoch FROM until - now()) AS left_s"
)
_HOLDS = "ended_at IS NULL AND (until IS NULL OR until > now())"
_PAUSED = f"SELECT {_COLUMNS} FROM sync_pause WHERE {_HOLDS}"  # noqa: S608  # words of our own
_HISTORY = text(f"SELECT {_COLUMNS} FROM sync_pause ORDER BY id DESC LIMIT :limit")  # noqa: S608
# One that ended by itself is closed at the time it ended.
_CLOSE = text("""
    UPDATE sync_pause SET ended_at = least(until, now()),
           ended_by = CASE WHEN until <= now() THEN NULL ELSE :by END
     WHERE ended_at IS NULL RETURNING ended_by
""")
#: Any constant: of two who switch at once, one waits for the other.
_LOCK = text("SELECT pg_advisory_xact_lock(1400000036)")
_PAUSE = text("""
    INSERT INTO sync_pause (paused_by, reason, until)
    SELECT :by, :reason, CAST(:until AS timestamptz)
     WHERE CAST(:until AS timestamptz) IS NULL OR CAST(:until AS timestamptz) > now()
""")


class PgSyncSwitch:
    """See `shared.ports.sync_switch.SyncSwitch`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def paused(self, *, lock: bool = False) -> SyncPause | None:
        """One row at most."""
        query = text(f"{_PAUSED} FOR SHARE" if lock else _PAUSED)
        row = self._db.execute(query).one_or_none()
        return _pause(row) if row else None

    def pause(self, *, by: str, reason: str, until: datetime | None) -> bool:
        """Close what is open, then begin."""
        self.end(by=by)
        done = self._db.execute(_PAUSE, {"by": by, "reason": reason, "until": until})
        return bool(done.rowcount)

    def end(self, *, by: str) -> bool:
        """Whether it hadn't ended by itself."""
        self._db.execute(_LOCK)
        return self._db.execute(_CLOSE, {"by": by}).scalar_one_or_none() is not None

    def history(self, limit: int) -> Sequence[SyncPause]:
        """By number."""
        return [_pause(row) for row in self._db.execute(_HISTORY, {"limit": limit})]


def _pause(row: Row[Any]) -> SyncPause:
    return SyncPause(
        paused_by=row.paused_by, reason=row.reason, paused_at=row.paused_at, until=row.until,
        left_s=None if row.left_s is None else float(row.left_s), ended_by=row.ended_by,
        ended_at=row.ended_at,
    )  # fmt: skip
