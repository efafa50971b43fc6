"""One person of the staff feed across runs, in PostgreSQL."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from shared.adapters.db.action_rows import stored_action
from shared.adapters.db.people_search import PeopleSearch
from shared.adapters.db.presence import LISTED, listed
from shared.domain.action import HeldReason
from shared.domain.plan import Disposition
from shared.domain.policy import MatchRule
from shared.domain.snapshot import Person
from shared.domain.staff import StaffRecord
from shared.domain.text import fold
from shared.domain.violation import Violation
from shared.ports.extracts import QuarantineEntry
from shared.ports.people import KeyKind, Known, PersonKey, Reading, Standing, TakenRow, Trace

#: What JSON writes as it is. Letters beyond ASCII are left to Python: what case they have is a matter
#: of the database's locale.
_PLAIN = re.compile(r"[!#-\[\]-~]+")

_LINKS = "SELECT 0 AS number, 0 AS rank, employee_id, ascip_id, NULL AS body FROM link WHERE target = 'ascip'"
_ROWS = """
    SELECT run.number, 1 AS rank, t.source_id AS employee_id, t.ascip_id, t.body
      FROM record AS t JOIN run ON run.id = t.run_id WHERE t.run_id = ANY(:runs)"""
_REFUSED = """
    SELECT run.number, 2 AS rank, t.source_id AS employee_id, CAST(NULL AS bigint) AS ascip_id, NULL AS body
      FROM quarantine AS t JOIN run ON run.id = t.run_id WHERE t.run_id = ANY(:runs)"""
_PLANNED = """
    SELECT run.number, 3 AS rank, nullif(t.person_key, 'ascip:' || t.ascip_id) AS employee_id,
           t.ascip_id, NULL AS body
      FROM plan JOIN run ON run.id = plan.run_id JOIN {table} AS t ON t.plan_id = plan.id
     WHERE plan.run_id = ANY(:runs)"""
_READ = """
    SELECT run.number, 4 AS rank, NULL AS employee_id, t.ascip_id, t.body
      FROM snapshot AS s JOIN run ON run.id = s.run_id
      JOIN snapshot_person AS t ON t.snapshot_id = s.id WHERE s.run_id = ANY(:runs)"""
_ACTIONS, _ABSENTEES = _PLANNED.format(table="action"), _PLANNED.format(table="absentee")
_WITHIN = " AND strpos(lower(t.body), :within) > 0"


def _is(column: str) -> str:
    return f" AND (lower({column}) = :key OR {column} = :upper)"


#: By what somebody is looked up → every place that may know them.
_SEARCHES: dict[KeyKind, Sequence[str]] = {
    KeyKind.EMPLOYEE_ID: (
        _LINKS + _is("employee_id"), _ROWS + _is("t.source_id"), _REFUSED + _is("t.source_id"),
        _ACTIONS + _is("t.person_key"), _ABSENTEES + _is("t.person_key"), _READ + _WITHIN,
    ),
    KeyKind.ASCIP_ID: tuple(
        f"{place} AND ascip_id = :id" for place in (_LINKS, _ROWS, _ACTIONS, _ABSENTEES, _READ)
    ),
    KeyKind.EMAIL: (_ROWS + _WITHIN, _READ + _WITHIN),
}  # fmt: skip

#: Fields of a row or a person that hold a key.
_NAMING = {
    KeyKind.EMPLOYEE_ID: ("employee_id", "employee_number"),
    KeyKind.EMAIL: ("work_email", "email", "username", "personal_email"),
}

_TAKEN = text("""
    SELECT t.* FROM record AS t WHERE t.run_id = :run
       AND (lower(t.source_id) = :key OR t.source_id = :upper OR t.ascip_id = :id) ORDER BY t."row"
""")
_FAULTS = text(f"""
    SELECT t.*, v.code, v.column_name, v.detail, v.value_class
      FROM quarantine AS t JOIN violation AS v ON v.quarantine_id = t.id
     WHERE t.run_id = :run{_is("t.source_id")} ORDER BY t."row", v.position
""")  # noqa: S608  # of our own
_DONE = text("""
    SELECT t.* FROM plan JOIN action AS t ON t.plan_id = plan.id WHERE plan.run_id = :run
       AND (lower(t.person_key) = :key OR t.person_key = :upper OR t.ascip_id = :id) ORDER BY t.position
""")
_ABSENT = text(f"""
    SELECT a.* FROM ({LISTED}) AS a JOIN plan ON plan.id = a.plan_id WHERE plan.run_id = :run
       AND (lower(a.person_key) = :key OR a.person_key = :upper OR a.ascip_id = :id)
     ORDER BY a.ascip_id = :id DESC LIMIT 1
""")  # noqa: S608  # of our own
_PERSON = text("""
    SELECT t.body, t.missing FROM snapshot AS s JOIN snapshot_person AS t ON t.snapshot_id = s.id
     WHERE s.run_id = :run AND t.ascip_id = :id
""")
_STANDING = text("""
    SELECT l.ascip_id AS linked_id, l.run_id AS linked_by, p.seen_run, p.seen_on, p.seen_row,
           p.absent_since
      FROM (SELECT 1) AS one
      LEFT JOIN link AS l ON l.target = 'ascip' AND l.employee_id = :key
      LEFT JOIN presence AS p ON p.target = 'ascip' AND NOT p.shadow AND p.ascip_id = :id
""")


class PgPeople(PeopleSearch):
    """See `shared.ports.people.People`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def search(self, run_ids: Sequence[str], key: PersonKey) -> Sequence[Known]:
        """A statement for each place; what only looks alike is left out here."""
        values: dict[str, object] = {"runs": list(run_ids), **_spelt(key.value)}
        if key.kind is KeyKind.ASCIP_ID:
            values["id"] = int(key.value)
        else:
            values["within"] = max(_PLAIN.findall(key.value), key=len, default="")
        found = [
            row for place in _SEARCHES[key.kind] for row in self._db.execute(text(place), values)
            if _fits(row, key)
        ]  # fmt: skip
        found.sort(key=lambda row: (-row.number, row.rank, row.ascip_id or 0))
        return [_known(row) for row in found]

    def trace(self, run_id: str, who: Known) -> Trace:
        """Few rows, each by an index of its run's or a look through what one run has."""
        values = {"run": run_id, "id": who.ascip_id, **_spelt(fold(who.employee_id or ""))}
        rows = [_taken(row) for row in self._db.execute(_TAKEN, values)]
        actions = [stored_action(row) for row in self._db.execute(_DONE, values)]
        absent = self._db.execute(_ABSENT, values).one_or_none()
        absentee = listed(absent) if absent else None
        ids = [row.ascip_id for row in rows] + [stored.ascip_id for stored in actions]
        ids += [absentee.ascip_id if absentee else None, who.ascip_id]
        found = next(filter(None, ids), None)
        return Trace(
            rows=rows, quarantined=list(_refused(self._db.execute(_FAULTS, values).all())),
            reading=self._reading(run_id, found) if found else None, actions=actions,
            absentee=absentee,
        )  # fmt: skip

    def standing(self, who: Known) -> Standing:
        """One statement."""
        values = {"key": fold(who.employee_id or ""), "id": who.ascip_id}
        row = self._db.execute(_STANDING, values).one()
        return Standing(**row._mapping)  # noqa: SLF001  # its public name

    def _reading(self, run_id: str, ascip_id: int) -> Reading | None:
        row = self._db.execute(_PERSON, {"run": run_id, "id": ascip_id}).one_or_none()
        if row is None:
            return None
        person = Person.from_json(json.loads(row.body)) if row.body else None
        return Reading(person=person, missing=row.missing)


def _spelt(key: str) -> dict[str, object]:
    """An employee id in the two ways that a database finds it which knows no case but ASCII's."""
    storable = key.replace("\x00", "\ufffd")
    return {"key": storable, "upper": storable.upper()}


def _fits(row: Row[Any], key: PersonKey) -> bool:
    """Whether a body that holds the key holds it where it counts."""
    if row.body is None or key.kind is KeyKind.ASCIP_ID:
        return True
    body = json.loads(row.body)
    values = [body.get(name) for name in _NAMING[key.kind]]
    return key.value in [fold(value) for value in values if value]


def _known(row: Row[Any]) -> Known:
    employee_id = row.employee_id
    if employee_id is None and row.body:
        employee_id = json.loads(row.body)["employee_number"]
    return Known(employee_id, row.ascip_id)


def _taken(row: Row[Any]) -> TakenRow:
    return TakenRow(
        record=StaffRecord.from_json(json.loads(row.body)), ascip_id=row.ascip_id,
        match_rule=MatchRule(row.match_rule) if row.match_rule else None,
        disposition=Disposition(row.disposition) if row.disposition else None,
        hold=HeldReason(row.held_reason) if row.held_reason else None, hold_detail=row.held_detail,
    )  # fmt: skip


def _refused(rows: Sequence[Row[Any]]) -> Iterator[QuarantineEntry]:
    for first in {row.id: row for row in reversed(rows)}.values():
        yield QuarantineEntry(
            id=first.id,
            row=first.row,
            line=first.line,
            last_line=first.last_line,
            source_id=first.source_id,
            violations=[
                Violation(row.code, row.column_name, row.detail, row.value_class)
                for row in rows
                if row.id == first.id
            ],
        )
