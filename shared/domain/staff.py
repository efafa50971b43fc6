"""Staff records: what one sound row of the staff feed says about one person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from shared.domain.canonical import Json


class StaffRecord(NamedTuple):
    """A valid row: every value tidied, every rule of docs/reference/staff-rows.md and violations.md met.

    No dataclass: each row of a file makes one, and a frozen dataclass takes five times as long.
    """

    row: int
    line: int
    employee_id: str
    first_name: str
    last_name: str
    work_email: str
    #: Sorted, each once, at least one.
    site_codes: tuple[str, ...]
    #: None where the column is missing or the cell blank, as for all optional values below.
    username: str | None
    personal_email: str | None
    role: str | None
    timezone: str | None
    hire_date: date | None
    end_date: date | None
    #: Further mapped columns the file has; a blank cell is "".
    attributes: Mapping[str, str]
    #: A declared status says that the person has left.
    inactive: bool
    #: A declared value says that of several rows this one counts (`rows_per_person = "merge"`).
    primary: bool = False

    def to_json(self) -> dict[str, Json]:
        """The stored form, dates as ISO text."""
        return {
            "row": self.row,
            "line": self.line,
            "employee_id": self.employee_id,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "work_email": self.work_email,
            "site_codes": list(self.site_codes),
            "username": self.username,
            "personal_email": self.personal_email,
            "role": self.role,
            "timezone": self.timezone,
            "hire_date": self.hire_date.isoformat() if self.hire_date else None,
            "end_date": self.end_date.isoformat() if self.end_date else None,
            "attributes": dict(self.attributes),
            "inactive": self.inactive,
            "primary": self.primary,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "StaffRecord":
        """The record that `to_json` stored."""
        dates = {
            name: date.fromisoformat(stored[name]) if stored[name] else None
            for name in ("hire_date", "end_date")
        }
        return cls(**{**stored, **dates, "site_codes": tuple(stored["site_codes"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffIdentity:
    """Values that name a person and passed their own checks; None where there is no such value."""

    employee_id: str | None = None
    work_email: str | None = None
    username: str | None = None

    def __bool__(self) -> bool:
        """Whether the person is named at all."""
        return bool(self.employee_id or self.work_email or self.username)
