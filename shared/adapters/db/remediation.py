"""Quarantined records of governed feeds in PostgreSQL: how they begin, change, and what is noted of them."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, insert, text

from shared.adapters.db import quarantine_tables as t
from shared.adapters.db.bulk import copy_rows
from shared.adapters.db.remediation_views import IS_OPEN, RemediationViews
from shared.domain.remediation import (
    SUPERSEDED,
    Attestation,
    Earlier,
    QuarantineRecord,
    QuarantineState,
    ResubmissionOutcome,
)
from shared.domain.run import Run
from shared.ports.remediation import Happened, Opening

# The newest is the one whose place no other took. What it was wrong with in this run is not said again.
_EARLIER = text("""
    SELECT q.known_by, q.id, q.state, q.idempotency_key, q.owner, q.due_on, run.upload_id,
           (SELECT array_agg(DISTINCT v.code) FROM quarantine AS all_of
              JOIN violation AS v ON v.quarantine_id = all_of.id
             WHERE all_of.feed = q.feed AND all_of.known_by = q.known_by
               AND all_of.run_id <> :run) AS codes
      FROM quarantine AS q JOIN run ON run.id = q.run_id
     WHERE q.feed = :feed AND q.known_by = ANY(:known_by)
       AND NOT EXISTS (SELECT FROM quarantine AS newer WHERE newer.supersedes = q.id)
     ORDER BY q.id FOR UPDATE OF q
""")

_SUPERSEDE = text(
    "UPDATE quarantine AS q SET state = 'closed', closed_at = now(), closed_reason = :reason,"  # noqa: S608  # words of the domain
    f" resubmitted_run = NULL WHERE q.id = ANY(:ids) AND {IS_OPEN}"
)

# A record is mended where the plan asks for nothing of its row, or has been given all of it. Of a run's
# accepted rows one is of a source id, and it has at most one action.
_RESOLVE = text(f"""
    WITH mended AS (
      SELECT q.id, q.state, v.idempotency_key
        FROM quarantine AS q JOIN run AS opened ON opened.id = q.run_id
        JOIN run ON run.id = :run AND run.feed = q.feed AND opened.number < run.number
        JOIN plan ON plan.run_id = :run
        JOIN record AS r ON r.run_id = :run AND r.source_id = q.source_id
        LEFT JOIN action AS a ON a.plan_id = plan.id AND a.source_row = r."row"
                             AND a.status <> 'succeeded'
        LEFT JOIN record_version AS v
          ON v.feed = q.feed AND v.source_id = q.source_id AND v.superseded_at IS NULL
       WHERE {IS_OPEN} AND a.id IS NULL
       ORDER BY q.id FOR UPDATE OF q)
    UPDATE quarantine AS q
       SET state = 'resolved', closed_at = now(), resubmitted_run = NULL, resolved_run = :run,
           resolved_key = mended.idempotency_key
      FROM mended WHERE q.id = mended.id RETURNING q.id, mended.state
""")  # noqa: S608  # words of the domain

_LANDED_BY = text("""
    SELECT DISTINCT unnest(ARRAY[run.actor, upload.actor]) AS actor
      FROM quarantine AS q JOIN run ON run.id = q.run_id
      LEFT JOIN upload ON upload.id = run.upload_id
     WHERE q.feed = :feed AND q.source_id = :source_id AND q.payload_hash = :payload_hash
""")

_SAVED = (
    "state", "owner", "due_on", "closed_at", "closed_reason", "resubmitted_run", "resolved_run",
    "resolved_key",
)  # fmt: skip


class PgRemediation(RemediationViews):
    """See `shared.ports.remediation.Remediation`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def earlier(self, run: Run, known_by: Sequence[str]) -> dict[str, Earlier]:
        """One statement for all of a file."""
        values = {"run": run.id, "feed": run.feed, "known_by": list(known_by)}
        rows = self._db.execute(_EARLIER, values)
        return {
            row.known_by: Earlier(
                id=row.id, state=QuarantineState(row.state), idempotency_key=row.idempotency_key,
                owner=row.owner, due_on=row.due_on, upload_id=row.upload_id or "",
                codes=frozenset(row.codes or ()),
            )
            for row in rows
        }  # fmt: skip

    def open(self, run_id: str, feed: str, records: Sequence[Opening]) -> None:
        """The old ones are closed first: at no moment are two of a source id open."""
        replaced = [r.supersedes for r in records if r.supersedes]
        values = {"ids": replaced, "reason": SUPERSEDED}
        self._db.execute(_SUPERSEDE, values)
        ended = self._db.execute(text("SELECT now()")).scalar_one()
        copy_rows(
            self._db,
            "quarantine",
            ("id", "run_id", "feed", "row", "line", "last_line", "source_id", "known_by", "state",
             "idempotency_key", "payload_hash", "supersedes", "owner", "due_on",
             "closed_at", "closed_reason"),
            (
                (r.id, run_id, feed, r.found.row, r.found.line, r.found.last_line, r.found.source_id,
                 r.found.known_by, r.state.value, r.idempotency_key, r.found.payload_hash,
                 r.supersedes, r.owner, r.due_on, ended if r.state is QuarantineState.CLOSED else None,
                 SUPERSEDED if r.state is QuarantineState.CLOSED else None)
                for r in records
            ),
        )  # fmt: skip
        copy_rows(
            self._db,
            "violation",
            ("quarantine_id", "position", "code", "column_name", "detail", "value_class"),
            (
                (r.id, position, v.code, v.column, v.detail, v.value_class)
                for r in records
                for position, v in enumerate(r.found.violations)
            ),
        )
        # Who was told that the one before waits too long, was told of this one.
        self._db.execute(
            text("UPDATE quarantine AS q SET overdue_at = old.overdue_at FROM quarantine AS old"
                 " WHERE old.id = q.supersedes AND q.run_id = :run AND old.overdue_at IS NOT NULL"
                 " AND old.closed_reason = :reason"),
            {"run": run_id, "reason": SUPERSEDED},
        )  # fmt: skip

    def save(self, record: QuarantineRecord) -> None:
        """All that may change."""
        columns = ", ".join(f"{name} = :{name}" for name in _SAVED)
        values = {name: getattr(record, name) for name in _SAVED}
        self._db.execute(
            text(f"UPDATE quarantine SET {columns} WHERE id = :id"),  # noqa: S608  # names of our own
            {**values, "state": record.state.value, "id": record.id},
        )

    def note(self, events: Iterable[Happened]) -> None:
        """In the order given."""
        rows = ((e.quarantine_id, e.actor, e.event.value, e.detail) for e in events)
        copy_rows(self._db, "quarantine_event", ("quarantine_id", "actor", "event", "detail"), rows)

    def landed_by(self, record: QuarantineRecord) -> frozenset[str]:
        """Of every run in which it said this."""
        values = {name: getattr(record, name) for name in ("feed", "source_id", "payload_hash")}
        return frozenset(self._db.execute(_LANDED_BY, values).scalars()) - {None}

    def attest(self, attestation: Attestation, *, four_eyes: bool) -> bool:
        """The unique constraint decides who was first."""
        names = ("quarantine_id", "feed", "source_id", "payload_hash", "code", "actor", "reason")
        columns = ", ".join(names)
        places = ", ".join(f":{name}" for name in names)
        values = {name: getattr(attestation, name) for name in names}
        done = self._db.execute(
            text(f"INSERT INTO attestation ({columns}, four_eyes) VALUES ({places}, :four_eyes)"  # noqa: S608  # names of our own
                 " ON CONFLICT (feed, source_id, payload_hash, code) DO NOTHING"),
            {**values, "four_eyes": four_eyes},
        )  # fmt: skip
        return bool(done.rowcount)

    def attestations(self, feed: str) -> Mapping[str, frozenset[str]]:
        """Few: each was made by a person."""
        query = text(
            "SELECT payload_hash, array_agg(code) AS codes FROM attestation WHERE feed = :feed"
            " GROUP BY payload_hash"
        )
        rows = self._db.execute(query, {"feed": feed})
        return {row.payload_hash: frozenset(row.codes) for row in rows}

    def resubmit(self, run_id: str, records: Iterable[QuarantineRecord]) -> None:
        """Before they are saved as resubmitted."""
        rows = [
            {
                "run_id": run_id, "quarantine_id": r.id,
                "state_before": (r.state_before or r.state).value,
            }
            for r in records
        ]  # fmt: skip
        self._db.execute(insert(t.resubmission), rows)

    def set_outcomes(self, run_id: str, outcomes: Mapping[str, ResubmissionOutcome]) -> None:
        """One statement."""
        ids, words = list(outcomes), [outcome.value for outcome in outcomes.values()]
        self._db.execute(
            text("UPDATE resubmission SET outcome = new.outcome"
                 " FROM unnest(CAST(:ids AS text[]), CAST(:words AS text[])) AS new(id, outcome)"
                 " WHERE run_id = :run AND quarantine_id = new.id"),
            {"run": run_id, "ids": ids, "words": words},
        )  # fmt: skip

    def resolve(self, run_id: str) -> dict[str, QuarantineState]:
        """One statement, by the index over (run, source id) of the rows."""
        rows = self._db.execute(_RESOLVE, {"run": run_id}).all()
        return {row.id: QuarantineState(row.state) for row in rows}
