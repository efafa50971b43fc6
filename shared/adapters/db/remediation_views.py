"""Quarantined records of governed feeds as they are read: one, in pages, by code, their timelines."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from shared.domain.errors import NotFound
from shared.domain.remediation import (
    OPEN,
    Attestation,
    QuarantineEvent,
    QuarantineRecord,
    QuarantineState,
    ResubmissionOutcome,
    TimelineEvent,
)
from shared.domain.violation import Violation
from shared.ports.remediation import CodeCount, QuarantineFilter, Resubmission
from shared.ports.views import Page, PageOf

_STATES = list(QuarantineState)
IS_OPEN = "q.state IN (" + ", ".join(f"'{state.value}'" for state in _STATES if state in OPEN) + ")"
# New and regressed ones want somebody first; then who waits, and at last what is done.
_RANK = f"CASE WHEN q.state IN ('new', 'regressed') THEN 0 WHEN {IS_OPEN} THEN 1 ELSE 2 END"
_LATE = f"({IS_OPEN} AND q.due_on < :today)"
_PLACE = f'NOT {_LATE}, {_RANK}, q.due_on, q.created_at, q."row", q.id'
_BEHIND = f" AND ({_PLACE}) > (SELECT {_PLACE} FROM quarantine AS q WHERE q.id = :after)"  # noqa: S608  # words of the domain

_COLUMNS = """
    SELECT q.*, run.upload_id, run.file_name,
           (SELECT newer.id FROM quarantine AS newer WHERE newer.supersedes = q.id) AS superseded_by,
           (SELECT state_before FROM resubmission AS s
             WHERE s.quarantine_id = q.id AND s.run_id = q.resubmitted_run) AS state_before
"""
_FROM = " FROM quarantine AS q JOIN run ON run.id = q.run_id WHERE q.state IS NOT NULL"

_NARROWING = {
    "feeds": "q.feed = ANY(:feeds)",
    "states": "q.state = ANY(:states)",
    "owners": "q.owner = ANY(:owners)",
    "source_ids": "q.source_id = ANY(:source_ids)",
    "codes": "EXISTS (SELECT FROM violation AS v WHERE v.quarantine_id = q.id AND v.code = ANY(:codes))",
}

_VIOLATIONS = text(
    "SELECT quarantine_id, code, column_name, detail, value_class FROM violation"
    " WHERE quarantine_id = ANY(:ids) ORDER BY quarantine_id, position"
)

_CODE_COUNTS = text(f"""
    SELECT v.code, q.feed, count(DISTINCT q.id) AS records,
           min(CAST(q.created_at AS date)) AS oldest
      FROM quarantine AS q JOIN violation AS v ON v.quarantine_id = q.id
     WHERE {IS_OPEN} GROUP BY v.code, q.feed ORDER BY records DESC, v.code, q.feed
""")  # noqa: S608  # words of the domain

_TIMELINE = text("""
    WITH RECURSIVE chain AS (
      SELECT id, supersedes FROM quarantine WHERE id = :id
      UNION ALL
      SELECT q.id, q.supersedes FROM quarantine AS q JOIN chain ON q.id = chain.supersedes)
    SELECT e.* FROM quarantine_event AS e JOIN chain ON chain.id = e.quarantine_id ORDER BY e.id
""")

_RESUBMISSIONS = text("""
    SELECT s.quarantine_id, s.outcome, q.source_id,
           EXISTS (SELECT FROM record AS r
                    WHERE r.run_id = s.run_id AND r.source_id = q.source_id) AS taken,
           (SELECT newer.id FROM quarantine AS newer WHERE newer.supersedes = q.id) AS superseded_by
      FROM resubmission AS s JOIN quarantine AS q ON q.id = s.quarantine_id
     WHERE s.run_id = :run ORDER BY s.quarantine_id
""")


class RemediationViews:
    """See `shared.ports.remediation.Remediation`."""

    _db: Connection

    def get(self, record_id: str, *, lock: bool = False) -> QuarantineRecord:
        """With ``lock`` until the end of the transaction."""
        ending = " FOR UPDATE OF q" if lock else ""
        query = text(f"{_COLUMNS}{_FROM} AND q.id = :id{ending}")
        found = self._views(self._db.execute(query, {"id": record_id}).all())
        if not found:
            raise NotFound(
                f"There is no quarantined record {record_id} of a governed feed."
                " `ascip-sync quarantine list` lists them."
            )
        return found[0]

    def page(self, wanted: QuarantineFilter, page: PageOf, today: date) -> Page[QuarantineRecord]:
        """Its place in the order is computed, so the list stays short: people deal with it."""
        given = {name: list(words) for name in _NARROWING if (words := getattr(wanted, name))}
        where = "".join(f" AND {_NARROWING[name]}" for name in given)
        where += f" AND {_LATE}" if wanted.overdue else ""
        if not wanted.superseded:
            where += " AND NOT EXISTS (SELECT FROM quarantine AS n WHERE n.supersedes = q.id)"
        values = {"today": today, "after": page.after, "more": page.limit + 1, **given}
        total = self._db.execute(text(f"SELECT count(*){_FROM}{where}"), values).scalar_one()
        if page.after is not None:
            self.get(page.after)
            where += _BEHIND
        query = f"{_COLUMNS}{_FROM}{where} ORDER BY {_PLACE} LIMIT :more"
        rows = self._db.execute(text(query), values).all()
        return Page(
            items=self._views(rows[: page.limit]), has_more=len(rows) > page.limit, total=int(total)
        )

    def code_counts(self) -> list[CodeCount]:
        """By code and feed."""
        return [
            CodeCount(code=r.code, feed=r.feed, records=r.records, oldest=r.oldest)
            for r in self._db.execute(_CODE_COUNTS)
        ]

    def timeline(self, record_id: str) -> list[TimelineEvent]:
        """Along what it supersedes."""
        return [
            TimelineEvent(
                quarantine_id=e.quarantine_id, at=e.at, actor=e.actor,
                event=QuarantineEvent(e.event), detail=e.detail,
            )
            for e in self._db.execute(_TIMELINE, {"id": record_id})
        ]  # fmt: skip

    def attested(self, record: QuarantineRecord) -> list[Attestation]:
        """In their order."""
        query = text(
            "SELECT * FROM attestation WHERE feed = :feed AND source_id = :source_id"
            " AND payload_hash = :payload_hash ORDER BY id"
        )
        names = ("feed", "source_id", "payload_hash")
        rows = self._db.execute(query, {name: getattr(record, name) for name in names})
        return [
            Attestation(**{name: getattr(row, name) for name in Attestation.__slots__})
            for row in rows
        ]

    def resubmissions(self, run_id: str) -> list[Resubmission]:
        """By id."""
        return [
            Resubmission(
                quarantine_id=r.quarantine_id, source_id=r.source_id, superseded_by=r.superseded_by,
                taken=r.taken,
                outcome=ResubmissionOutcome(r.outcome) if r.outcome else None,
            )
            for r in self._db.execute(_RESUBMISSIONS, {"run": run_id})
        ]  # fmt: skip

    def overdue(self, today: date) -> list[QuarantineRecord]:
        """By due date."""
        query = text(f"{_COLUMNS}{_FROM} AND {_LATE} ORDER BY q.due_on, q.id")
        return self._views(self._db.execute(query, {"today": today}).all())

    def mark_overdue(self, today: date) -> list[str]:
        """Each once."""
        query = text(
            f"UPDATE quarantine AS q SET overdue_at = now() WHERE {_LATE} AND q.overdue_at IS NULL"  # noqa: S608  # words of the domain
            " RETURNING q.id"
        )
        return sorted(self._db.execute(query, {"today": today}).scalars())

    def _views(self, rows: Sequence[Row[Any]]) -> list[QuarantineRecord]:
        violations: dict[str, list[Violation]] = {row.id: [] for row in rows}
        for v in self._db.execute(_VIOLATIONS, {"ids": list(violations)}) if rows else ():
            fault = Violation(v.code, v.column_name, v.detail, v.value_class)
            violations[v.quarantine_id].append(fault)
        return [_view(row, violations[row.id]) for row in rows]


def _view(row: Row[Any], violations: list[Violation]) -> QuarantineRecord:
    names = set(QuarantineRecord.__slots__) - {
        "state", "state_before", "violations", "opened_at", "upload_id",
    }  # fmt: skip
    before = row.state_before
    return QuarantineRecord(
        **{name: getattr(row, name) for name in names},
        state=QuarantineState(row.state), state_before=QuarantineState(before) if before else None,
        violations=violations, opened_at=row.created_at, upload_id=row.upload_id or "",
    )  # fmt: skip
