"""Judges one staff row by itself: a record, a row that is not ours, or all its violations."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from shared.domain.staff import StaffIdentity, StaffRecord
from shared.domain.staff_fast import FastRow, fast_row
from shared.domain.staff_rules import StaffRules
from shared.domain.staff_values import identity, parsed_date, tidied, violations
from shared.domain.text import fold
from shared.domain.violation import Violation


class Row(Protocol):
    """A sound record of any reader."""

    @property
    def row(self) -> int:
        """Number from 1."""
        ...

    @property
    def line(self) -> int:
        """Physical line from 1."""
        ...

    @property
    def values(self) -> Mapping[str, str]:
        """Canonical column → text as written."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """A row that a declared rule says is not ours: shielded, never added, changed or removed."""

    row: int
    line: int
    identity: StaffIdentity
    #: The column whose value excluded it.
    column: str


_folded = lru_cache(maxsize=8192)(fold)


class Validator:
    """The rules, ready for many rows."""

    def __init__(self, rules: StaffRules) -> None:
        """Prepare the quick check where the rules allow one."""
        self.rules = rules
        self._fast: FastRow | None = fast_row(rules)

    def check(self, record: Row) -> StaffRecord | Excluded | tuple[Violation, ...]:
        """Judge one row; see `check`."""
        values, rules = record.values, self.rules
        attributes = self._fast.attributes(values) if self._fast is not None else None
        if attributes is None or (rules.excluding and _listed(values, rules.excluding)):
            return self._with_care(record)
        return _record(record, values, rules, attributes) or self._with_care(record)

    def _with_care(self, record: Row) -> StaffRecord | Excluded | tuple[Violation, ...]:
        rules = self.rules
        clean = tidied(record.values, rules)
        found = violations(clean, rules)
        column = _listed(clean, rules.excluding)
        if column and (named := identity(clean, rules)) and not _spoilt(found):
            return Excluded(row=record.row, line=record.line, column=column, identity=named)
        if found:
            return found
        attributes = {column: clean[column] for column in rules.attributes}
        built = _record(record, clean, rules, attributes)
        assert built is not None  # dates were checked  # noqa: S101
        return built


def check(record: Row, rules: StaffRules) -> StaffRecord | Excluded | tuple[Violation, ...]:
    """Judge one row by itself.

    Returns:
        The record; or `Excluded` if a declared rule says so and the row still names its person
        soundly; or all its violations.
    """
    return Validator(rules).check(record)


def _spoilt(found: tuple[Violation, ...]) -> bool:
    """Whether a value that names the person is there and wrong: then it can't be shielded by it."""
    naming = ("employee_id", "work_email", "username")
    return any(v.column in naming and v.code != "missing_value" for v in found)


def _listed(
    values: Mapping[str, str], declared: tuple[tuple[str, frozenset[str]], ...]
) -> str | None:
    """The first column whose value is one of the declared ones."""
    for column, listed in declared:
        if _folded(values[column]) in listed:
            return column
    return None


def _record(
    record: Row, values: Mapping[str, str], rules: StaffRules, attributes: dict[str, str]
) -> StaffRecord | None:
    """The record of valid, tidy values; None if a date is not in the calendar."""
    get = values.get
    hired = ended = None
    if (text := get("hire_date")) and (hired := parsed_date(text, rules.date_format)) is None:
        return None
    if (text := get("end_date")) and (ended := parsed_date(text, rules.date_format)) is None:
        return None
    return StaffRecord(
        row=record.row,
        line=record.line,
        employee_id=values["employee_id"],
        first_name=values["first_name"],
        last_name=values["last_name"],
        work_email=values["work_email"],
        site_code=values["site_code"],
        username=get("username") or None,
        personal_email=get("personal_email") or None,
        role=get("role") or None,
        timezone=get("timezone") or None,
        hire_date=hired,
        end_date=ended,
        attributes=attributes,
        inactive=bool(rules.leaving) and _listed(values, rules.leaving) is not None,
    )
