"""The audit in pages, newest first: narrowed by what its indexes know."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from shared.adapters.db.tables import audit_entry as t
from shared.domain.audit import AuditVerb, ExportedEntry
from shared.ports.audit_log import MOST_COUNTED, AuditFilter, AuditPage, ListedEntry
from shared.ports.views import PageOf


class AuditViews:
    """See `shared.ports.audit_log.AuditLog`."""

    _db: Connection

    def page(self, wanted: AuditFilter, page: PageOf) -> AuditPage:
        """Four statements; none reads more than `MOST_COUNTED` matching entries."""
        narrowed = _narrowed(wanted)
        if page.after is not None:
            narrowed.append(t.c.sequence < int(page.after))
        # Their places first: an index alone tells them, where all columns would lead the planner to
        # read the table backwards past everything newer.
        newest_first = t.c.sequence.desc()
        places = select(t.c.sequence).where(*narrowed).order_by(newest_first).limit(page.limit + 1)
        query = select(t).where(t.c.sequence.in_(places)).order_by(newest_first)
        found = self._db.execute(query).all()
        newest = self._db.execute(select(func.max(t.c.sequence))).scalar_one()
        return AuditPage(
            items=[_listed(row) for row in found[: page.limit]],
            has_more=len(found) > page.limit, total=self._total(wanted),
            verbs=self._verbs(wanted), newest=newest or 0,
        )  # fmt: skip

    def part(
        self, wanted: AuditFilter, *, after: int, last: int, limit: int
    ) -> Sequence[ExportedEntry]:
        """In order."""
        query = (
            select(t.c.sequence, t.c.entry, t.c.hash)
            .where(*_narrowed(wanted), t.c.sequence > after, t.c.sequence <= last)
            .order_by(t.c.sequence)
            .limit(limit)
        )
        return [
            ExportedEntry(sequence=row.sequence, entry=row.entry, hash=row.hash)
            for row in self._db.execute(query)
        ]

    def _total(self, wanted: AuditFilter) -> int:
        some = select(t.c.sequence).where(*_narrowed(wanted)).limit(MOST_COUNTED + 1).subquery()
        return self._db.execute(select(func.count()).select_from(some)).scalar_one()

    def _verbs(self, wanted: AuditFilter) -> dict[AuditVerb, int]:
        some = (
            select(t.c.verb)
            .where(*_narrowed(replace(wanted, verbs=())))
            .order_by(t.c.sequence.desc())
            .limit(MOST_COUNTED)
            .subquery()
        )
        query = select(some.c.verb, func.count()).group_by(some.c.verb)
        return {AuditVerb(verb): count for verb, count in self._db.execute(query)}


def _narrowed(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    narrowed: list[ColumnElement[bool]] = [
        column.in_(words)
        for column, words in (
            (t.c.actor, wanted.actors),
            (t.c.verb, [verb.value for verb in wanted.verbs]),
            (t.c.object_type, wanted.object_types),
        )
        if words
    ]
    if wanted.object_id is not None:
        narrowed.append(t.c.object_id == wanted.object_id)
    if wanted.run_id is not None:
        narrowed.append(t.c.run_id == wanted.run_id)
    if wanted.since is not None:
        narrowed.append(t.c.at >= wanted.since)
    if wanted.before is not None:
        narrowed.append(t.c.at < wanted.before)
    return narrowed


def _listed(row: Row[Any]) -> ListedEntry:
    entry = json.loads(row.entry)
    return ListedEntry(
        sequence=row.sequence, at=row.at, actor=row.actor, verb=AuditVerb(row.verb),
        object_type=row.object_type, object_id=row.object_id, run_id=row.run_id,
        plan_digest=entry["plan_digest"], subject=entry["subject"], detail=entry["detail"],
        hash=row.hash,
    )  # fmt: skip
