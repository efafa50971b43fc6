"""Several rows for one person (`rows_per_person = "merge"`): sites united, one row for the rest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from shared.domain.canonical import canonical
from shared.domain.diff import has_left
from shared.domain.staff import StaffRecord
from shared.domain.staff_result import folded_id
from shared.domain.text import fold

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Persons:
    """One record a person, with the rows it stands for."""

    records: tuple[StaffRecord, ...]
    #: Row of a record → all rows of its person, that one among them.
    rows: Mapping[int, Sequence[StaffRecord]]

    def every_row(self, told: Mapping[int, _Value]) -> dict[int, _Value]:
        """What is told of each record, told of each of its rows."""
        return {row.row: value for lead, value in told.items() for row in self.rows[lead]}


def names(record: StaffRecord) -> tuple[str, ...]:
    """What says who the person is, as it is compared: it must agree in all their rows."""
    emails = (record.work_email, record.username or "", record.personal_email or "")
    return (folded_id(record.employee_id), record.first_name, record.last_name, *map(fold, emails))


def one_spelling(records: Sequence[StaffRecord]) -> list[StaffRecord]:
    """The records with each employee id spelt in one way, whichever rows it stands in."""
    spelling: dict[str, str] = {}
    for record in records:
        key = folded_id(record.employee_id)
        spelling[key] = min(record.employee_id, spelling.get(key, record.employee_id))
    return [r._replace(employee_id=spelling[folded_id(r.employee_id)]) for r in records]


def merged(records: Iterable[StaffRecord], as_of: date, *, primary_only: bool = False) -> Persons:
    """Make one record of the rows of each person.

    Sites are those of all rows, everything else is of the row marked primary, else of the one whose
    site, then values, sort first: never of the one that stands first. Rows that say the person has
    left count only if all say so.

    Args:
        primary_only: a person's primary row may be missing from the file (a delta feed): then no
            other row speaks for it, and role, time zone and attributes are left blank.
    """
    together: dict[str, list[StaffRecord]] = {}
    for record in records:
        together.setdefault(folded_id(record.employee_id), []).append(record)
    people = [(_person(rows, as_of, primary_only=primary_only), rows) for rows in together.values()]
    return Persons(
        records=tuple(person for person, _ in people),
        rows={person.row: rows for person, rows in people},
    )


def _person(rows: Sequence[StaffRecord], as_of: date, *, primary_only: bool) -> StaffRecord:
    counting = [row for row in rows if not has_left(row, as_of)] or rows
    lead = counting[0] if len(counting) == 1 else min(counting, key=_rank)
    if primary_only and not lead.primary:
        blank = dict.fromkeys(lead.attributes, "")
        lead = lead._replace(role=None, timezone=None, attributes=blank)
    sites = {code for row in counting for code in row.site_codes}
    return lead._replace(site_codes=tuple(sorted(sites)))


def _rank(record: StaffRecord) -> tuple[bool, tuple[str, ...], bytes, int]:
    fields = record.to_json()
    del fields["row"], fields["line"]
    return not record.primary, record.site_codes, canonical(fields), record.row
