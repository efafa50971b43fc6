"""Governed records in pages, as they are or were at a time."""

from sqlalchemy import Connection, text

from shared.adapters.db.record_versions import version_of
from shared.domain.record import RecordVersion
from shared.ports.views import Page, PageOf, RecordFilter

_NOW = "superseded_at IS NULL"
_THEN = "recorded_at <= :at AND (superseded_at IS NULL OR superseded_at > :at)"


class RecordViews:
    """See `shared.ports.views.Views`."""

    _db: Connection

    def records(self, wanted: RecordFilter, page: PageOf) -> Page[RecordVersion]:
        """A page by keyset, and the total."""
        where = f"feed = :feed AND {_THEN if wanted.at else _NOW}"
        if wanted.statuses:
            where += " AND status = ANY(:statuses)"
        values = {
            "feed": wanted.feed, "at": wanted.at, "statuses": [s.value for s in wanted.statuses],
            "after": page.after or "", "more": page.limit + 1,
        }  # fmt: skip
        count = text(f"SELECT count(*) FROM record_version WHERE {where}")  # noqa: S608  # of our own
        query = text(
            f"SELECT * FROM record_version WHERE {where} AND source_id > :after"  # noqa: S608  # of our own
            " ORDER BY source_id LIMIT :more"
        )
        found = self._db.execute(query, values).all()
        return Page(
            items=[version_of(row) for row in found[: page.limit]],
            has_more=len(found) > page.limit,
            total=self._db.execute(count, values).scalar_one(),
        )
