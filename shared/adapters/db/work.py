"""Work items in PostgreSQL: the queue's truth, its leases and its outbox."""

import json
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, text

from shared.adapters.db.bulk import copy_rows
from shared.adapters.db.columns import GIVEN_UP
from shared.adapters.db.migrate import newest
from shared.domain.errors import ConfigInvalid, Fenced
from shared.domain.run import RunMode, TargetName
from shared.domain.work import LEASE_S, GivenUp, NewWork, WorkItem, WorkKind

#: The relay listens here; the payload is empty, the truth is in the table.
CHANNEL = "work_item"

# No SKIP LOCKED here: the relay rings before its transaction ends, so a quick worker finds the row
# locked by the relay. Skipping would lose the ring until the sweep; waiting takes milliseconds, and
# of two workers the second finds the row leased.
_CLAIM = text("""
    UPDATE work_item SET state = 'leased', attempt = attempt + 1, epoch = epoch + 1,
           lease_until = now() + make_interval(secs => :lease), leased_by = :worker
     WHERE id = :id AND not_before <= now()
       AND (state = 'ready' OR (state = 'leased' AND lease_until < now()))
       AND (SELECT version_num FROM alembic_version) = :schema
    RETURNING id, run_id, kind, chunk, attempt, epoch,
              extract(epoch FROM lease_until - now()) AS lease_s,
              (SELECT target FROM run WHERE run.id = work_item.run_id) AS target,
              (SELECT mode FROM run WHERE run.id = work_item.run_id) AS mode
""")

_RENEW = text("""
    UPDATE work_item SET lease_until = now() + make_interval(secs => :lease)
     WHERE id = :id AND epoch = :epoch AND state = 'leased'
       AND (SELECT version_num FROM alembic_version) = :schema
    RETURNING extract(epoch FROM lease_until - now()) AS lease_s
""")

_END = text("""
    UPDATE work_item SET state = :state, error = :error, ended_at = now(), lease_until = NULL
     WHERE id = :id AND epoch = :epoch AND state = 'leased'
       AND (SELECT version_num FROM alembic_version) = :schema
""")

_POSTPONE = text("""
    UPDATE work_item SET state = 'ready', not_before = now() + make_interval(secs => :delay),
           notified_at = NULL, lease_until = NULL, error = :error,
           attempt = attempt - CASE WHEN :counts THEN 0 ELSE 1 END
     WHERE id = :id AND epoch = :epoch AND state = 'leased'
""")

_BRING_FORWARD = text("""
    UPDATE work_item SET not_before = now(), notified_at = NULL
     WHERE state = 'ready' AND ended_at IS NULL AND error = :error AND not_before > now()
""")

#: Their messages are on the way, or lost.
_OUT = (
    "FROM work_item AS sent WHERE sent.notified_at IS NOT NULL AND sent.ended_at IS NULL"
    " AND sent.state = 'ready'"
)

_TAKE_DUE = text(f"""
    UPDATE work_item SET notified_at = now()
     WHERE id IN (SELECT id FROM work_item
                   WHERE notified_at IS NULL AND ended_at IS NULL AND state = 'ready'
                     AND not_before <= now()
                   ORDER BY id
                   LIMIT least(:limit, greatest(0, :most_out - (
                           SELECT count(*) {_OUT})))
                   FOR UPDATE SKIP LOCKED)
    RETURNING id
""")  # noqa: S608  # of our own

_RING_AGAIN = text("""
    UPDATE work_item SET state = 'ready', notified_at = NULL, lease_until = NULL
     WHERE id IN (SELECT id FROM work_item
                   WHERE (state = 'leased' AND lease_until < now())
                      OR (state = 'ready' AND not_before <= now()
                          AND notified_at < now() - make_interval(secs => :lost))
                   FOR UPDATE SKIP LOCKED)
""")


_TELL_UNSENT = text("""
    UPDATE run SET reason = :reason, detail = :detail
     WHERE state = 'queued' AND reason IS NULL
       AND EXISTS (SELECT 1 FROM work_item AS w
                    WHERE w.run_id = run.id AND w.state = 'ready' AND w.ended_at IS NULL
                      AND w.notified_at IS NULL AND w.not_before <= now())
""")


class PgWorkItems:
    """See `shared.ports.work.WorkItems`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add(self, run_id: str, items: Iterable[NewWork]) -> int:
        """Make items and wake the relay at commit."""
        rows = ((run_id, item.kind.value, json.dumps(item.chunk)) for item in items)
        count = copy_rows(self._db, "work_item", ("run_id", "kind", "chunk"), rows)
        self._db.execute(text(f"NOTIFY {CHANNEL}"))
        return count

    def claim(self, item_id: int, worker: str) -> WorkItem | None:
        """Own an item that is due and free."""
        row = self._db.execute(
            _CLAIM, {"id": item_id, "worker": worker, "lease": LEASE_S, "schema": newest()}
        ).one_or_none()
        if row is None:
            self.require_schema()
            return None
        return WorkItem(
            id=row.id, run_id=row.run_id, target=TargetName(row.target), mode=RunMode(row.mode),
            kind=WorkKind(row.kind), chunk=row.chunk, attempt=row.attempt, epoch=row.epoch,
            lease_s=float(row.lease_s),
        )  # fmt: skip

    def require_schema(self) -> None:
        """Look at the schema's version."""
        here = self._db.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        if here != newest():
            raise ConfigInvalid(
                f"The database is at version {here}, this program works with {newest()}. Nothing was"
                " written: work waits for workers of the other version. Exchange this one.",
                code="schema_differs",
            )

    def renew(self, item: WorkItem) -> float:
        """Prolong the lease, or stop: somebody else owns the item."""
        values = {"id": item.id, "epoch": item.epoch, "lease": LEASE_S, "schema": newest()}
        row = self._db.execute(_RENEW, values).one_or_none()
        if row is None:
            raise _fenced(item)
        return float(row.lease_s)

    def finish(self, item: WorkItem) -> None:
        """Done."""
        self._end(item, "done", None)

    def bury(self, item: WorkItem, error: str) -> None:
        """Given up."""
        self._end(item, "dead", error)

    def _end(self, item: WorkItem, state: str, error: str | None) -> None:
        values = {"id": item.id, "epoch": item.epoch, "state": state, "error": error}
        done = self._db.execute(_END, {**values, "schema": newest()})
        _require_owner(done.rowcount, item)

    def postpone(
        self, item: WorkItem, *, delay_s: float, error: str | None = None, counts: bool = False
    ) -> None:
        """Back to the queue, due later."""
        done = self._db.execute(
            _POSTPONE,
            {
                "id": item.id, "epoch": item.epoch, "delay": delay_s, "error": error,
                "counts": counts,
            },
        )  # fmt: skip
        _require_owner(done.rowcount, item)

    def bring_forward(self, error: str) -> None:
        """Due now, and the relay is woken at commit."""
        self._db.execute(_BRING_FORWARD, {"error": error})
        self._db.execute(text(f"NOTIFY {CHANNEL}"))

    def open_count(self, run_id: str, *kinds: WorkKind) -> int:
        """Items neither done nor dead."""
        return self._count("ended_at IS NULL", run_id, kinds)

    def in_hand(self, run_id: str, *kinds: WorkKind) -> int:
        """Leased items."""
        return self._count("state = 'leased'", run_id, kinds)

    def _count(self, condition: str, run_id: str, kinds: Sequence[WorkKind]) -> int:
        query = text(
            "SELECT count(*) FROM work_item WHERE run_id = :run AND kind = ANY(:kinds)"  # noqa: S608  # of our own
            f" AND {condition}"
        )
        values = {"run": run_id, "kinds": [kind.value for kind in kinds]}
        return int(self._db.execute(query, values).scalar_one())

    def given_up(self, run_id: str) -> list[GivenUp]:
        """By the index of dead items."""
        query = text(
            "SELECT kind, error, attempt, ended_at FROM work_item"  # noqa: S608  # words of our own
            f" WHERE run_id = :run AND {GIVEN_UP} ORDER BY id"
        )
        return [
            GivenUp(kind=WorkKind(r.kind), code=r.error, attempts=r.attempt, at=r.ended_at)
            for r in self._db.execute(query, {"run": run_id})
        ]

    def drop_open(self, run_id: str) -> None:
        """End everything that isn't being worked on, but for what only tells of the run."""
        self._db.execute(
            text(
                "UPDATE work_item SET state = 'dead', error = 'dropped', ended_at = now()"
                " WHERE run_id = :run AND state = 'ready' AND ended_at IS NULL AND kind <> 'export'"
            ),
            {"run": run_id},
        )

    def take_due(self, limit: int, *, most_out: int) -> Sequence[int]:
        """Ids to send; marked as sent when the transaction commits."""
        values = {"limit": limit, "most_out": most_out}
        return sorted(self._db.execute(_TAKE_DUE, values).scalars())

    def tell_unsent(self, reason: str, detail: str) -> None:
        """Not of those that say already what they wait for."""
        self._db.execute(_TELL_UNSENT, {"reason": reason, "detail": detail})

    def untell_unsent(self, reason: str) -> None:
        """Back to no reason."""
        query = (
            "UPDATE run SET reason = NULL, detail = NULL WHERE state = 'queued' AND reason = :why"
        )
        self._db.execute(text(query), {"why": reason})

    def unanswered(self) -> int:
        """Out, and not answered."""
        query = f"SELECT count(*) {_OUT}"
        return int(self._db.execute(text(query)).scalar_one())

    def ring_again(self, *, unanswered_s: float) -> int:
        """Free expired leases and forget messages nobody answered."""
        return self._db.execute(_RING_AGAIN, {"lost": unanswered_s}).rowcount


def _require_owner(rowcount: int, item: WorkItem) -> None:
    if rowcount != 1:
        raise _fenced(item)


def _fenced(item: WorkItem) -> Fenced:
    return Fenced(
        f"work item {item.id} has a newer owner than epoch {item.epoch}, or the database a newer schema"
    )
