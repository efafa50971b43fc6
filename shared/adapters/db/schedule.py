"""Slots of scheduled jobs in PostgreSQL."""

from datetime import datetime

from sqlalchemy import Connection, text


class PgSchedule:
    """See `shared.ports.schedule.Schedule`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def since(self, name: str, *, first: datetime) -> datetime | None:
        """The last slot, its row locked; a second ringer finds it locked and leaves."""
        self._db.execute(
            text(
                "INSERT INTO schedule (name, last_due) VALUES (:name, :first)"
                " ON CONFLICT (name) DO NOTHING"
            ),
            {"name": name, "first": first},
        )
        query = text("SELECT last_due FROM schedule WHERE name = :name FOR UPDATE SKIP LOCKED")
        last: datetime | None = self._db.execute(query, {"name": name}).scalar_one_or_none()
        return last

    def take(self, name: str, due: datetime) -> None:
        """Write the slot."""
        query = text("UPDATE schedule SET last_due = :due WHERE name = :name")
        self._db.execute(query, {"name": name, "due": due})
