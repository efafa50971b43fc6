"""The record store in PostgreSQL: rows on their way, versions, and how the ones become the others."""

from sqlalchemy import Connection

from shared.adapters.db.action_rows import stored_action
from shared.adapters.db.record_apply import LOCK, LOCK_VERSIONS, MAKE, SETTLE
from shared.adapters.db.record_rows import RecordRows
from shared.adapters.db.record_versions import RecordVersions
from shared.domain.feeds.feed import Feed
from shared.ports.plans import StoredAction


class PgRecords(RecordRows, RecordVersions):
    """See `shared.ports.records.Records`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def apply(
        self, plan_id: str, first: int, last: int, item_id: int, feed: Feed
    ) -> list[StoredAction]:
        """Four statements for the whole chunk."""
        chunk = {"plan": plan_id, "first": first, "last": last, "item": item_id}
        run_id = self._db.execute(LOCK, chunk).scalars().first()
        if run_id is None:
            return []
        values = chunk | {
            "run": run_id, "at": self._db.execute(LOCK_VERSIONS, chunk).scalar_one(),
            "feed": feed.name, "classification": feed.classification.value,
            "hazcom_verified": feed.state.get("hazcom_verified"),
            "manifest_status": feed.state.get("manifest_status"),
        }  # fmt: skip
        rows = [*self._db.execute(MAKE, values), *self._db.execute(SETTLE, chunk)]
        return [stored_action(row) for row in sorted(rows, key=lambda row: int(row.position))]
