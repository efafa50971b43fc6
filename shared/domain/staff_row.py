"""Judges one staff row by itself: a record, a row that is not ours, or all its violations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from shared.domain.cells import parsed_date
from shared.domain.staff import StaffIdentity, StaffRecord
from shared.domain.staff_fast import FastRow, fast_row
from shared.domain.staff_rules import StaffRules, listed, sites
from shared.domain.staff_values import identity, tidied, violations
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
    #: An account may be known by it, and by nothing else of the row.
    personal_email: str | None = None


class Validator:
    """The rules, ready for many rows."""

    def __init__(self, rules: StaffRules) -> None:
        """Prepare the quick check where the rules allow one."""
        self.rules = rules
        self._fast: FastRow | None = fast_row(rules)

    def check(self, record: Row) -> StaffRecord | Excluded | tuple[Violation, ...]:
        """Judge one row; see `check`."""
        fast = self._fast
        found = fast.record(record.row, record.line, record.values) if fast is not None else None
        return found if found is not None else self._with_care(record)

    def _with_care(self, record: Row) -> StaffRecord | Excluded | tuple[Violation, ...]:
        rules = self.rules
        clean = tidied(record.values, rules)
        found = violations(clean, rules)
        column = listed(clean, rules.excluding)
        if column and (named := identity(clean, rules)) and not _spoilt(found):
            return Excluded(
                row=record.row, line=record.line, column=column, identity=named,
                personal_email=clean.get("personal_email") or None,
            )  # fmt: skip
        if found:
            return found
        return _record(record, clean, rules)


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


def _record(record: Row, clean: Mapping[str, str], rules: StaffRules) -> StaffRecord:
    """The record of valid, tidy values."""
    get = clean.get
    return StaffRecord(
        row=record.row,
        line=record.line,
        employee_id=clean["employee_id"],
        first_name=clean["first_name"],
        last_name=clean["last_name"],
        work_email=clean["work_email"],
        site_codes=sites(clean["site_code"], rules),
        username=get("username") or None,
        personal_email=get("personal_email") or None,
        role=get("role") or None,
        timezone=get("timezone") or None,
        hire_date=parsed_date(get("hire_date", ""), rules.date_format),
        end_date=parsed_date(get("end_date", ""), rules.date_format),
        attributes={column: clean[column] for column in rules.attributes},
        inactive=bool(rules.leaving) and listed(clean, rules.leaving) is not None,
        primary=bool(rules.leading) and listed(clean, rules.leading) is not None,
    )
