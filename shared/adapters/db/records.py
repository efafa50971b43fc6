"""The record store in PostgreSQL: rows on their way, versions, and how the ones become the others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from shared.adapters.db.action_rows import stored_action
from shared.adapters.db.record_apply import CLOSE, FINISH, LOCK, LOCK_VERSIONS, MAKE, THERE
from shared.adapters.db.record_rows import RecordRows
from shared.adapters.db.record_versions import RecordVersions
from shared.domain.action import ActionStatus
from shared.domain.feeds.feed import Feed
from shared.ports.plans import StoredAction


@dataclass(frozen=True, slots=True)
class _Due:
    """An action that is still to be done, and what it is pinned to."""

    stored: StoredAction
    key: str
    follows: str | None
    #: Whether its row is still what was planned.
    sound: bool

    def ended(self, made: frozenset[str], there: frozenset[str], at: datetime) -> StoredAction:
        """The action as it ends, by the keys of the versions just made and of those there before."""
        settled = self.sound and self.key not in made and self.key in there
        good = settled or (self.sound and self.key in made)
        bad = ActionStatus.CONFLICT if self.sound else ActionStatus.FAILED
        code = "version_changed" if self.sound else "record_tampered"
        return replace(
            self.stored, status=ActionStatus.SUCCEEDED if good else bad, settled=settled,
            outcome_code=None if good else code, attempts=self.stored.attempts + 1,
            outcome_at=at, verified_at=at if good else None,
        )  # fmt: skip


class PgRecords(RecordRows, RecordVersions):
    """See `shared.ports.records.Records`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def apply(
        self, plan_id: str, first: int, last: int, item_id: int, feed: Feed
    ) -> list[StoredAction]:
        """Half a dozen statements for the whole chunk."""
        chunk = {
            "plan": plan_id, "first": first, "last": last, "item": item_id, "feed": feed.name,
        }  # fmt: skip
        rows = self._db.execute(LOCK, chunk).all()
        if not rows:
            return []
        due = [_Due(stored_action(row), row.key, row.follows, bool(row.sound)) for row in rows]
        made = self._make(rows[0].run_id, [each for each in due if each.sound], feed)
        left = [each.key for each in due if each.sound and each.key not in made]
        there = frozenset(self._db.execute(THERE, {"keys": left}).scalars()) if left else made
        ended = [each.ended(made, there, rows[0].at) for each in due]
        values = {
            "plan": plan_id, "item": item_id, "at": rows[0].at,
            "ids": [each.action.id for each in ended],
            "statuses": [each.status.value for each in ended],
            "codes": [each.outcome_code for each in ended],
            "settled": [each.settled for each in ended],
        }  # fmt: skip
        self._db.execute(FINISH, values)
        return ended

    def _make(self, run_id: str, due: Sequence[_Due], feed: Feed) -> frozenset[str]:
        """Close the versions that are followed, make the next ones; keys of those that were made."""
        closing = [each for each in due if each.follows]
        follows = {"follows": [each.follows for each in closing]}
        common = {
            "feed": feed.name, "at": self._db.execute(LOCK_VERSIONS, follows).scalar_one(),
        }  # fmt: skip
        source_ids = [each.stored.action.person_key for each in closing]
        values = common | follows | {"source_ids": source_ids}
        closed = frozenset(self._db.execute(CLOSE, values).scalars()) if closing else frozenset()
        new = [each for each in due if each.follows is None or each.follows in closed]
        values = common | {
            "run": run_id, "classification": feed.classification.value,
            "hazcom_verified": feed.state.get("hazcom_verified"),
            "manifest_status": feed.state.get("manifest_status"),
            "rows": [each.stored.action.source_row for each in new],
            "keys": [each.key for each in new], "follows": [each.follows for each in new],
        }  # fmt: skip
        made = frozenset(self._db.execute(MAKE, values).scalars())
        if any(each.follows and each.key not in made for each in new):
            raise RuntimeError("a version was closed and its next one not made: nothing is written")
        return made
