"""Snapshots in PostgreSQL, stored as answers arrive."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from shared.adapters.db.bulk import copy_rows
from shared.adapters.db.snapshot_difference import difference
from shared.domain.canonical import Json
from shared.domain.snapshot import Group, Person, Reference, Snapshot
from shared.ports.snapshots import SnapshotDifference


class PgSnapshots:
    """See `shared.ports.snapshots.Snapshots`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def start(self, snapshot_id: str, run_id: str, target: str) -> None:
        """Begin; the run's unique constraint keeps the first."""
        self._db.execute(
            text(
                "INSERT INTO snapshot (id, run_id, target) VALUES (:id, :run, :target)"
                " ON CONFLICT (run_id) DO NOTHING"
            ),
            {"id": snapshot_id, "run": run_id, "target": target},
        )

    def id_of(self, run_id: str) -> str:
        """The run's snapshot."""
        query = text("SELECT id FROM snapshot WHERE run_id = :run")
        return str(self._db.execute(query, {"run": run_id}).scalar_one())

    def set_list(
        self,
        snapshot_id: str,
        *,
        reference: Reference,
        groups: Iterable[Group],
        total_items: int,
        complete: bool,
        passes: int,
    ) -> None:
        """What the list calls gave."""
        self._db.execute(
            text(
                "UPDATE snapshot SET reference = :reference, total_items = :total,"
                " list_complete = :complete, list_passes = :passes WHERE id = :id"
            ),
            {
                "id": snapshot_id, "reference": json.dumps(reference.to_json()),
                "total": total_items, "complete": complete, "passes": passes,
            },
        )  # fmt: skip
        self._db.execute(
            text("DELETE FROM snapshot_group WHERE snapshot_id = :id"), {"id": snapshot_id}
        )
        rows = ((snapshot_id, g.id, g.name, sorted(g.member_ids)) for g in groups)
        columns = ("snapshot_id", "group_id", "name", "member_ids")
        copy_rows(self._db, "snapshot_group", columns, rows)

    def people_before(self, target: str) -> int | None:
        """Of the newest list with its proof that a plan was made from."""
        query = text(
            "SELECT total_items FROM snapshot WHERE target = :target AND list_complete"
            " AND completed_at IS NOT NULL ORDER BY completed_at DESC LIMIT 1"
        )
        return self._db.execute(query, {"target": target}).scalar_one_or_none()

    def newest(self, target: str) -> tuple[str, datetime] | None:
        """Of those a plan was made from, with the proof that the list was whole."""
        query = text(
            "SELECT id, completed_at FROM snapshot WHERE target = :target AND list_complete"
            " AND completed_at IS NOT NULL ORDER BY completed_at DESC LIMIT 1"
        )
        row = self._db.execute(query, {"target": target}).one_or_none()
        return (row.id, row.completed_at) if row else None

    def reference(self, snapshot_id: str) -> Mapping[str, Json]:
        """As it was read."""
        query = text("SELECT reference FROM snapshot WHERE id = :id")
        found: Mapping[str, Json] = self._db.execute(query, {"id": snapshot_id}).scalar_one()
        return found

    def add_people(self, snapshot_id: str, people: Iterable[Person]) -> None:
        """Store details."""
        rows = (
            (snapshot_id, p.id, json.dumps(p.to_json(), ensure_ascii=False, separators=(",", ":")))
            for p in people
        )
        copy_rows(self._db, "snapshot_person", ("snapshot_id", "ascip_id", "body"), rows)

    def add_missing(self, snapshot_id: str, missing: Mapping[int, str]) -> None:
        """Store who could not be read."""
        rows = ((snapshot_id, id_, code) for id_, code in missing.items())
        copy_rows(self._db, "snapshot_person", ("snapshot_id", "ascip_id", "missing"), rows)

    def stored_ids(self, snapshot_id: str, ids: Sequence[int]) -> set[int]:
        """Who was answered already."""
        query = text(
            "SELECT ascip_id FROM snapshot_person WHERE snapshot_id = :id AND ascip_id = ANY(:ids)"
        )
        return set(self._db.execute(query, {"id": snapshot_id, "ids": list(ids)}).scalars())

    def load(self, snapshot_id: str) -> tuple[Snapshot, Mapping[str, Json]]:
        """The snapshot; people who were deleted while it was read are left out."""
        head = self._db.execute(
            text("SELECT reference, list_complete FROM snapshot WHERE id = :id"),
            {"id": snapshot_id},
        ).one()
        rows = self._db.execute(
            text("SELECT ascip_id, body, missing FROM snapshot_person WHERE snapshot_id = :id"),
            {"id": snapshot_id},
        ).all()
        groups = self._db.execute(
            text("SELECT group_id, name, member_ids FROM snapshot_group WHERE snapshot_id = :id"),
            {"id": snapshot_id},
        ).all()
        snapshot = Snapshot(
            people={r.ascip_id: Person.from_json(json.loads(r.body)) for r in rows if r.body},
            missing_details=frozenset(
                r.ascip_id for r in rows if r.missing and r.missing != "not_found"
            ),
            groups={
                g.group_id: Group(id=g.group_id, name=g.name, member_ids=frozenset(g.member_ids))
                for g in groups
            },
            list_complete=bool(head.list_complete),
        )
        return snapshot, head.reference

    def difference(
        self, before: str, after: str, *, beyond: int = 0, limit: int = 1000
    ) -> SnapshotDifference:
        """See `snapshot_difference`."""
        return difference(self._db, before, after, beyond=beyond, limit=limit)

    def complete(self, snapshot_id: str, sha256: str, *, total: int | None = None) -> None:
        """Seal it."""
        self._db.execute(
            text(
                "UPDATE snapshot SET sha256 = :sha, completed_at = now(),"
                " list_complete = coalesce(list_complete, CAST(:total AS integer) IS NOT NULL),"
                " total_items = coalesce(total_items, :total) WHERE id = :id"
            ),
            {"id": snapshot_id, "sha": sha256, "total": total},
        )

    def progress(self, run_id: str) -> tuple[int, int]:
        """People answered and listed."""
        row = self._db.execute(
            text(
                "SELECT coalesce(s.total_items, 0) AS total, (SELECT count(*) FROM snapshot_person"
                " WHERE snapshot_id = s.id) AS done FROM snapshot AS s WHERE s.run_id = :run"
            ),
            {"run": run_id},
        ).one_or_none()
        return (row.done, row.total) if row else (0, 0)
