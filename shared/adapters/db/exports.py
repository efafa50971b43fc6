"""Exports in PostgreSQL."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from shared.domain.action import ActionClass, ActionStatus, HeldReason, Kind, Mark
from shared.domain.errors import NotFound
from shared.ports.exports import Export, ExportFormat, ExportState
from shared.ports.plans import ActionFilter
from shared.ports.vault import Deposit

_ADD = text("""
    INSERT INTO export (id, plan_id, format, wanted, actor, state, created_at, expires_at)
    VALUES (:id, :plan_id, :format, CAST(:wanted AS jsonb), :actor, :state, :created_at, :expires_at)
""")
_GET = text("""
    SELECT export.*, plan.run_id FROM export JOIN plan ON plan.id = export.plan_id
     WHERE export.id = :id AND export.expires_at > :at
""")
_READY = text("""
    UPDATE export SET state = 'ready', location = :location, size_bytes = :size_bytes,
           sha256 = :sha256, actions = :actions WHERE id = :id
""")
_FAIL = text("UPDATE export SET state = 'failed', error = :code WHERE id = :id")
_EXPIRE = text("DELETE FROM export WHERE expires_at <= :at RETURNING location")
_LOCATIONS = text("SELECT location FROM export WHERE location IS NOT NULL")

#: Fields of a filter that are not plain text or numbers.
_WORDS = {
    "kinds": Kind, "classes": ActionClass, "statuses": ActionStatus, "holds": HeldReason,
    "marks": Mark,
}  # fmt: skip


class PgExports:
    """See `shared.ports.exports.Exports`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add(self, export: Export) -> None:
        """One row."""
        # PostgreSQL stores no NUL in JSON; whoever looks for one finds nobody.
        wanted = json.dumps(asdict(export.wanted)).replace("\\u0000", "\\ufffd")
        self._db.execute(
            _ADD,
            {
                "id": export.id, "plan_id": export.plan_id, "format": export.format.value,
                "wanted": wanted, "actor": export.actor, "state": export.state.value,
                "created_at": export.created_at, "expires_at": export.expires_at,
            },
        )  # fmt: skip

    def get(self, export_id: str, *, at: datetime) -> Export:
        """By its id."""
        row = self._db.execute(_GET, {"id": export_id, "at": at}).one_or_none()
        if row is None:
            raise NotFound(
                f"There is no export {export_id}, or it has expired. Nothing was written. Order it again."
            )
        return _export(row)

    def ready(self, export_id: str, made: Deposit, actions: int | None) -> None:
        """One row; none if it expired meanwhile."""
        self._db.execute(_READY, {"id": export_id, "actions": actions} | asdict(made))

    def fail(self, export_id: str, code: str) -> None:
        """One row."""
        self._db.execute(_FAIL, {"id": export_id, "code": code})

    def expire(self, *, at: datetime) -> Sequence[str]:
        """All of them."""
        return [place for place in self._db.execute(_EXPIRE, {"at": at}).scalars() if place]

    def locations(self) -> set[str]:
        """What the vault must keep."""
        return set(self._db.execute(_LOCATIONS).scalars())


def _export(row: Row[Any]) -> Export:
    made = None
    if row.location is not None:
        made = Deposit(location=row.location, sha256=row.sha256, size_bytes=row.size_bytes)
    return Export(
        id=row.id, plan_id=row.plan_id, run_id=row.run_id, format=ExportFormat(row.format),
        wanted=_filter(row.wanted), actor=row.actor, created_at=row.created_at,
        expires_at=row.expires_at, state=ExportState(row.state), made=made, actions=row.actions,
        error=row.error,
    )  # fmt: skip


def _filter(stored: dict[str, Any]) -> ActionFilter:
    words = {name: [kind(word) for word in stored[name]] for name, kind in _WORDS.items()}
    return ActionFilter(**stored | words)
