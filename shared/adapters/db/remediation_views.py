"""Quarantined records of governed feeds as they are read: one, in pages, by code, their timelines."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from shared.ports.remediation import (
    CodeCount,
    QuarantineFilter,
    QuarantineSort,
    Resubmission,
)
from shared.ports.views import Page, PageOf

_STATES = list(QuarantineState)
IS_OPEN = "q.state IN (" + ", ".join(f"'{state.value}'" for state in _STATES if state in OPEN) + ")"
_LATE = f"({IS_OPEN} AND q.due_on < :today)"
# What came back wants somebody first, then what is new; then who waits, and at last what is done.
_FIRST = {
    QuarantineSort.ATTENTION: "CASE q.state WHEN 'regressed' THEN 0 WHEN 'new' THEN 1"
    f" ELSE CASE WHEN {IS_OPEN} THEN 2 ELSE 3 END END",
    QuarantineSort.DUE: f"CASE WHEN {IS_OPEN} THEN 0 ELSE 1 END",
}
_PLACE = {sort: f'{first}, q.due_on, q.created_at, q."row", q.id' for sort, first in _FIRST.items()}

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

_CODE_COUNTS = """
    SELECT v.code, q.feed, count(DISTINCT q.id) AS records,
           min(CAST(q.created_at AS date)) AS oldest,
           coalesce(array_agg(DISTINCT q.owner) FILTER (WHERE q.owner IS NOT NULL), '{}') AS owners,
           count(DISTINCT q.id) FILTER (WHERE q.owner IS NULL) AS unassigned
      FROM quarantine AS q JOIN violation AS v ON v.quarantine_id = q.id
     WHERE q.state IS NOT NULL
"""

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

    def page(
        self,
        wanted: QuarantineFilter,
        page: PageOf,
        today: date,
        sort: QuarantineSort = QuarantineSort.ATTENTION,
    ) -> Page[QuarantineRecord]:
        """Its place in the order is computed, so the list stays short: people deal with it."""
        where, given = _narrowed(wanted)
        place = _PLACE[sort]
        values = {"today": today, "after": page.after, "more": page.limit + 1, **given}
        total = self._db.execute(text(f"SELECT count(*){_FROM}{where}"), values).scalar_one()
        if page.after is not None:
            self.get(page.after)
            where += f" AND ({place}) > (SELECT {place} FROM quarantine AS q WHERE q.id = :after)"  # noqa: S608  # words of the domain
        query = f"{_COLUMNS}{_FROM}{where} ORDER BY {place} LIMIT :more"
        rows = self._db.execute(text(query), values).all()
        return Page(
            items=self._views(rows[: page.limit]), has_more=len(rows) > page.limit, total=int(total)
        )

    def code_counts(self, wanted: QuarantineFilter, today: date) -> list[CodeCount]:
        """By code and feed."""
        where, given = _narrowed(wanted)
        if wanted.codes:  # a record has other codes besides, which nobody asked for
            where += " AND v.code = ANY(:codes)"
        query = text(
            f"{_CODE_COUNTS}{where} GROUP BY v.code, q.feed ORDER BY records DESC, v.code, q.feed"
        )
        rows = self._db.execute(query, {"today": today, **given})
        return [CodeCount(**row._asdict()) for row in rows]

    def state_counts(self, wanted: QuarantineFilter, today: date) -> Mapping[QuarantineState, int]:
        """Every state, also those that none is in."""
        where, given = _narrowed(replace(wanted, states=()))
        query = text(f"SELECT q.state, count(*) AS records{_FROM}{where} GROUP BY q.state")
        rows = self._db.execute(query, {"today": today, **given})
        found = {QuarantineState(row.state): int(row.records) for row in rows}
        return {state: found.get(state, 0) for state in QuarantineState}

    def owners(self) -> list[str]:
        """By name."""
        query = text(
            f"SELECT DISTINCT q.owner FROM quarantine AS q WHERE {IS_OPEN} AND q.owner IS NOT NULL"  # noqa: S608  # words of the domain
            " ORDER BY q.owner"
        )
        return list(self._db.execute(query).scalars())

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


def _narrowed(wanted: QuarantineFilter) -> tuple[str, dict[str, list[str]]]:
    """SQL that follows a condition, and its values besides `today`."""
    given = {name: list(words) for name in _NARROWING if (words := getattr(wanted, name))}
    where = "".join(f" AND {_NARROWING[name]}" for name in given)
    where += f" AND {_LATE}" if wanted.overdue else ""
    where += " AND q.owner IS NULL" if wanted.unassigned else ""
    if not wanted.superseded:
        where += " AND NOT EXISTS (SELECT FROM quarantine AS n WHERE n.supersedes = q.id)"
    return where, given


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
