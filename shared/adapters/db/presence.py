"""Presence, absentees and removals in PostgreSQL: written in sets, read in pages."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Row, text

from shared.adapters.db.bulk import copy_rows, streamed
from shared.domain.absence import Absence, Because
from shared.domain.action import RELEASABLE, ActionClass, ActionStatus, HeldReason, Kind
from shared.domain.errors import NotFound
from shared.domain.removal import Absentee, Fate
from shared.ports.presence import ListedAbsentee, Removal, RemovalFilter, Sightings
from shared.ports.views import Page, PageOf

_SEEN = text("""
    INSERT INTO presence AS p (target, shadow, ascip_id, seen_run, seen_on, seen_row)
    SELECT :target, :shadow, new.id, :run, :day, new."row"
      FROM unnest(CAST(:ids AS bigint[]), CAST(:rows AS int[])) AS new(id, "row")
    ON CONFLICT (target, shadow, ascip_id) DO UPDATE
       SET seen_run = excluded.seen_run, seen_on = excluded.seen_on, seen_row = excluded.seen_row
""")
_LEFT = text("""
    INSERT INTO presence AS p (target, shadow, ascip_id, absent_since, because, end_date)
    SELECT :target, :shadow, new.* FROM unnest(CAST(:ids AS bigint[]), CAST(:since AS date[]),
      CAST(:because AS text[]), CAST(:ends AS date[])) AS new
    ON CONFLICT (target, shadow, ascip_id) DO UPDATE
       SET absent_since = excluded.absent_since, because = excluded.because,
           end_date = excluded.end_date
""")
_RETURNED = text("""
    UPDATE presence SET absent_since = NULL, because = NULL, end_date = NULL
     WHERE target = :target AND shadow = :shadow AND ascip_id = ANY(:ids)
""")
_COLUMNS = (
    "plan_id", "ascip_id", "person_key", "email_masked", "fate", "because", "end_date", "row",
    "since", "grace_days", "leaves_on",
)  # fmt: skip
_LAST_SEEN = text("""
    UPDATE absentee AS a SET seen_run = p.seen_run, seen_on = p.seen_on, seen_row = p.seen_row
      FROM presence AS p, plan, run
     WHERE a.plan_id = :plan AND a.because IS NOT NULL AND plan.id = a.plan_id
       AND run.id = plan.run_id AND p.target = run.target AND p.shadow = :shadow
       AND p.ascip_id = a.ascip_id AND p.seen_run IS NOT NULL
""")
#: An absentee with the file that kept them last.
LISTED = """
    SELECT a.*, seen.file_name AS seen_file, of_seen.sha256 AS seen_sha256
      FROM absentee AS a LEFT JOIN run AS seen ON seen.id = a.seen_run
      LEFT JOIN upload AS of_seen ON of_seen.id = seen.upload_id
"""
_OF_PLAN = text(
    f'{LISTED} WHERE a.plan_id = :plan ORDER BY a.fate, a.person_key COLLATE "C", a.ascip_id'
)

# What was written, or may have been. A person's steps of one plan are one removal.
_APPLIED = """
    SELECT a.number, min(x.kind) AS kind, count(x.group_id) AS groups, max(x.status) AS status,
           max(coalesce(x.outcome_at, x.intent_at)) AS applied_at, max(x.hold) AS hold
      FROM absentee AS a JOIN action AS x ON x.plan_id = a.plan_id AND x.ascip_id = a.ascip_id
       AND x.class = 'removals' AND x.status IN ('succeeded', 'unknown')
     WHERE a.fate = 'removed'{where} GROUP BY a.number
"""
_REMOVALS = f"""
    WITH applied AS MATERIALIZED ({_APPLIED}),
    wanted AS (SELECT * FROM applied WHERE true{{since}}),
    page AS (SELECT * FROM wanted{{beyond}} ORDER BY number DESC LIMIT :more)
    SELECT t.total, page.kind, page.groups, page.status, page.applied_at, page.hold, a.*,
           run.id AS run_id, run.file_name, run.as_of, upload.sha256,
           review.actor, review.decided_at, review.body
      FROM (SELECT count(*) AS total FROM wanted) AS t LEFT JOIN page ON true
      LEFT JOIN ({LISTED}) AS a ON a.number = page.number AND a.fate = 'removed'
      LEFT JOIN plan ON plan.id = a.plan_id LEFT JOIN run ON run.id = plan.run_id
      LEFT JOIN upload ON upload.id = run.upload_id
      LEFT JOIN review ON review.plan_id = plan.id AND review.decision = 'approve'
     ORDER BY page.number DESC
"""  # noqa: S608  # of our own
_PERSON = " AND lower(a.person_key) = lower(:person)"
_SINCE = " AND applied_at >= CAST(:since AS timestamp) AT TIME ZONE 'UTC'"
_BEYOND = " WHERE number < :after"
_PREFIX = "rem_"


class PgPresence:
    """See `shared.ports.presence.Presence`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def absences(self, target: str, *, shadow: bool) -> dict[int, Absence]:
        """Everybody who has left."""
        query = text(
            "SELECT ascip_id, absent_since, because, end_date FROM presence"
            " WHERE target = :target AND shadow = :shadow AND absent_since IS NOT NULL"
        )
        rows = self._db.execute(query, {"target": target, "shadow": shadow})
        return {
            row.ascip_id: Absence(
                since=row.absent_since, because=Because(row.because), end_date=row.end_date
            )
            for row in rows
        }

    def remember(self, sightings: Sightings) -> None:
        """Three statements."""
        whose = {"target": sightings.target, "shadow": sightings.shadow}
        seen, left = sightings.seen, sightings.absences
        self._db.execute(
            _SEEN,
            whose | {
                "run": sightings.run_id, "day": sightings.day, "ids": list(seen),
                "rows": list(seen.values()),
            },
        )  # fmt: skip
        self._db.execute(
            _LEFT,
            whose | {
                "ids": list(left), "since": [a.since for a in left.values()],
                "because": [a.because.value for a in left.values()],
                "ends": [a.end_date for a in left.values()],
            },
        )  # fmt: skip
        self._db.execute(_RETURNED, whose | {"ids": list(sightings.returned)})

    def save_absentees(
        self, plan_id: str, absentees: Iterable[Absentee], *, shadow: bool, grace_days: int
    ) -> None:
        """A COPY, and who was last seen where."""
        rows = (_row(plan_id, who, grace_days) for who in absentees)
        copy_rows(self._db, "absentee", _COLUMNS, rows)
        self._db.execute(_LAST_SEEN, {"plan": plan_id, "shadow": shadow})

    def absentees(self, plan_id: str) -> Iterator[ListedAbsentee]:
        """In a stable order."""
        return map(listed, streamed(self._db, _OF_PLAN, {"plan": plan_id}))

    def removals(self, wanted: RemovalFilter, page: PageOf) -> Page[Removal]:
        """One statement for the page, its evidence and the total."""
        values: dict[str, object] = {"more": page.limit + 1}
        if wanted.person:
            values["person"] = wanted.person.replace("\x00", "\ufffd")
        if wanted.since:
            values["since"] = wanted.since
        if page.after is not None:
            values["after"] = _number(page.after)
        query = _REMOVALS.format(
            where=_PERSON if wanted.person else "", since=_SINCE if wanted.since else "",
            beyond=_BEYOND if page.after is not None else "",
        )  # fmt: skip
        rows = self._db.execute(text(query), values).all()
        found = [row for row in rows if row.number is not None]
        return Page(
            items=[_removal(row) for row in found[: page.limit]],
            has_more=len(found) > page.limit,
            total=rows[0].total,
        )


def _row(plan_id: str, who: Absentee, grace_days: int) -> tuple[object, ...]:
    absence = who.absence
    return (
        plan_id, who.ascip_id, who.key, who.email_masked, who.fate.value,
        absence.because.value if absence else None, absence.end_date if absence else None, who.row,
        absence.since if absence else None, grace_days if absence else None, who.leaves_on,
    )  # fmt: skip


def listed(row: Row[Any]) -> ListedAbsentee:
    """A row of `LISTED`."""
    values = {name: getattr(row, name) for name in ListedAbsentee.__slots__}
    values["fate"] = Fate(row.fate)
    values["because"] = Because(row.because) if row.because else None
    return ListedAbsentee(**values)


def _removal(row: Row[Any]) -> Removal:
    held = row.hold is not None and HeldReason(row.hold) in RELEASABLE
    return Removal(
        id=f"{_PREFIX}{row.number}", of=listed(row), plan_id=row.plan_id, run_id=row.run_id,
        file=row.file_name, sha256=row.sha256, as_of=row.as_of, kind=Kind(row.kind),
        groups=row.groups, status=ActionStatus(row.status), applied_at=row.applied_at,
        approved_by=row.actor, approved_at=row.decided_at, comment=row.body.get("comment", ""),
        released_by=row.actor if held else None, release_reason=_reason(row.body) if held else None,
    )  # fmt: skip


def _reason(review: Mapping[str, Any]) -> str | None:
    """Why removals were released, as the review says."""
    given = (r["reason"] for r in review["releases"] if r["class"] == ActionClass.REMOVALS.value)
    return next(given, None)


def _number(after: str) -> int:
    digits = after.removeprefix(_PREFIX)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):  # of a bigint
        raise NotFound(f"There is no removal {after[:24]!r} to go on after.")
    return int(digits)
