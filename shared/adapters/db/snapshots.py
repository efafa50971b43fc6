"""Snapshots in PostgreSQL, stored as answers arrive."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from shared.adapters.db.bulk import copy_rows, streamed
from shared.adapters.db.reference_readings import ReferenceReadings
from shared.adapters.db.snapshot_difference import difference
from shared.domain.canonical import Json
from shared.domain.snapshot import Group, Login, Person, Reference, Snapshot
from shared.ports.snapshots import SnapshotDifference


class PgSnapshots(ReferenceReadings):
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
        rows = ((snapshot_id, p.id, _body(p)) for p in people)
        copy_rows(self._db, "snapshot_person", ("snapshot_id", "ascip_id", "body"), rows)

    def add_missing(self, snapshot_id: str, missing: Mapping[int, str]) -> None:
        """Store who could not be read."""
        rows = ((snapshot_id, id_, code) for id_, code in missing.items())
        copy_rows(self._db, "snapshot_person", ("snapshot_id", "ascip_id", "missing"), rows)

    def set_members(self, snapshot_id: str, members: Mapping[int, frozenset[int]]) -> None:
        """Few groups, each with one statement."""
        query = text(
            "UPDATE snapshot_group SET member_ids = :members WHERE snapshot_id = :id AND group_id = :group"
        )
        for group_id, ids in members.items():
            values = {"id": snapshot_id, "group": group_id, "members": sorted(ids)}
            self._db.execute(query, values)

    def set_again(
        self, snapshot_id: str, people: Iterable[Person], missing: Mapping[int, str]
    ) -> None:
        """One statement; a failure does not take away what was read before."""
        answers: list[tuple[int, str | None, str | None]] = [
            *((person.id, _body(person), None) for person in people),
            *((id_, None, code) for id_, code in missing.items()),
        ]
        ids, bodies, codes = map(list, zip(*answers, strict=True)) if answers else ([], [], [])
        self._db.execute(
            text("""
                INSERT INTO snapshot_person AS p (snapshot_id, ascip_id, body, missing, again)
                SELECT :id, answer.*, true FROM unnest(
                    CAST(:ids AS bigint[]), CAST(:bodies AS text[]), CAST(:codes AS text[])) AS answer
                ON CONFLICT (snapshot_id, ascip_id) DO UPDATE SET again = true,
                   body = CASE WHEN excluded.missing <> 'not_found' THEN p.body ELSE excluded.body END,
                   missing = CASE WHEN excluded.missing = 'not_found' OR p.body IS NULL
                                  THEN excluded.missing END
            """),
            {"id": snapshot_id, "ids": ids, "bodies": bodies, "codes": codes},
        )

    def stored_ids(self, snapshot_id: str, ids: Sequence[int], *, again: bool = False) -> set[int]:
        """Who was answered already."""
        query = text(
            "SELECT ascip_id FROM snapshot_person"
            " WHERE snapshot_id = :id AND ascip_id = ANY(:ids) AND again >= :again"
        )
        values = {"id": snapshot_id, "ids": list(ids), "again": again}
        return set(self._db.execute(query, values).scalars())

    def ask(self, snapshot_id: str, logins: Iterable[Login]) -> None:
        """Note them."""
        emails, usernames = _columns(logins)
        self._db.execute(
            text(
                "INSERT INTO snapshot_look_up (snapshot_id, email, username) SELECT :id, login.*"
                " FROM unnest(CAST(:emails AS text[]), CAST(:usernames AS text[])) AS login"
                " ON CONFLICT DO NOTHING"
            ),
            {"id": snapshot_id, "emails": emails, "usernames": usernames},
        )

    def unasked(self, snapshot_id: str, limit: int) -> Sequence[Login]:
        """In an order that stays."""
        query = text(
            "SELECT email, username FROM snapshot_look_up WHERE snapshot_id = :id AND nobody IS NULL"
            " ORDER BY email, username LIMIT :limit"
        )
        rows = self._db.execute(query, {"id": snapshot_id, "limit": limit})
        return [(row.email, row.username) for row in rows]

    def answer(self, snapshot_id: str, answers: Mapping[Login, bool]) -> None:
        """One statement."""
        emails, usernames = _columns(answers)
        self._db.execute(
            text("""
                UPDATE snapshot_look_up AS l SET nobody = answer.nobody
                  FROM unnest(CAST(:emails AS text[]), CAST(:usernames AS text[]),
                              CAST(:nobody AS boolean[])) AS answer (email, username, nobody)
                 WHERE l.snapshot_id = :id AND (l.email, l.username) = (answer.email, answer.username)
            """),
            {
                "id": snapshot_id, "emails": emails, "usernames": usernames,
                "nobody": list(answers.values()),
            },
        )  # fmt: skip

    def load(self, snapshot_id: str) -> tuple[Snapshot, Mapping[str, Json]]:
        """All of it."""
        head = self._db.execute(
            text("SELECT reference, list_complete FROM snapshot WHERE id = :id"),
            {"id": snapshot_id},
        ).one()
        query = text("SELECT ascip_id, body, missing FROM snapshot_person WHERE snapshot_id = :id")
        people: dict[int, Person] = {}
        missing: dict[int, str] = {}
        for row in streamed(self._db, query, {"id": snapshot_id}):
            if row.body:
                people[row.ascip_id] = Person.from_json(json.loads(row.body))
            if row.missing:
                missing[row.ascip_id] = row.missing
        groups = self._db.execute(
            text("SELECT group_id, name, member_ids FROM snapshot_group WHERE snapshot_id = :id"),
            {"id": snapshot_id},
        ).all()
        looked_up = self._db.execute(
            text(
                "SELECT email, username, nobody FROM snapshot_look_up"
                " WHERE snapshot_id = :id AND nobody IS NOT NULL"
            ),
            {"id": snapshot_id},
        ).all()
        snapshot = Snapshot(
            people=people,
            missing_details=frozenset(id_ for id_, code in missing.items() if code != "not_found"),
            gone=frozenset(id_ for id_, code in missing.items() if code == "not_found"),
            groups={
                g.group_id: Group(id=g.group_id, name=g.name, member_ids=frozenset(g.member_ids))
                for g in groups
            },
            list_complete=bool(head.list_complete),
            looked_up={(r.email, r.username): r.nobody for r in looked_up},
        )
        return snapshot, head.reference

    def difference(self, before: str, after: str) -> SnapshotDifference:
        """See `snapshot_difference`."""
        return difference(self._db, before, after)

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


def _body(person: Person) -> str:
    return json.dumps(person.to_json(), ensure_ascii=False, separators=(",", ":"))


def _columns(logins: Iterable[Login]) -> tuple[list[str], list[str]]:
    pairs = list(logins)
    return [email for email, _ in pairs], [username for _, username in pairs]
