"""A staff extract of any size for P1, P2 and P10: 25 columns, about 250 bytes a row, the same each time."""

from collections.abc import Iterator
from pathlib import Path

#: Mapped besides the feed's own columns.
ATTRIBUTES = ("job_title", "department", "employee_type", "status", "bargaining_unit")
#: Nobody maps these: their cells are dropped.
_DROPPED = (
    "Phone", "Room", "Credential", "Step", "Calendar", "Supervisor ID", "Cost Center", "FTE",
    "Changed At",
)  # fmt: skip
COLUMNS = (
    "employee_id", "first_name", "last_name", "work_email", "username", "personal_email",
    "site_code", "role", "timezone", "hire_date", "end_date", *ATTRIBUTES, *_DROPPED,
)  # fmt: skip

_FIRST = ("Maria", "José", "Ann", "Giang", "Demetrius", "Olga", "Bo", "Anne-Marie")
_LAST = ("Nguyen", "O'Neill", "García", "Smith", "van der Berg", "Li", "Abernathy", "Núñez")
_JOBS = ("Teacher", "Paraeducator", "Custodian", "Office Manager", "Bus Driver")
_ROWS_A_WRITE = 10_000


def write_extract(path: Path, rows: int, *, all_quoted: bool = False) -> None:
    """One row in 20 has a quoted field, one in 200 doubled quotes, one in 2,000 is damaged."""
    with path.open("w", encoding="utf-8", newline="") as out:
        names = [f'"{name}"' for name in COLUMNS] if all_quoted else COLUMNS
        out.write(",".join(names) + "\r\n")
        for first in range(0, rows, _ROWS_A_WRITE):
            numbers = range(first, min(first + _ROWS_A_WRITE, rows))
            out.writelines(map(_all_quoted if all_quoted else line, numbers))


def line(number: int, *, last_name: str | None = None) -> str:
    """A row as it stands in the file, with another last name if one is given."""
    cells = list(values(number))
    cells[2] = last_name or cells[2]
    if number % 200 == 19:
        cells[11] = '"Teacher, ""lead"""'
    elif number % 20 == 19:
        cells[11] = '"Teacher, Math"'
    match number % 8000:
        case 1000:
            cells.insert(3, "x")
        case 3000:
            cells[1] = 'An"n'
        case 5000:
            cells[3] = "no address"
        case 7000:
            cells[9] = "soon"
    return ",".join(cells) + "\r\n"


def _all_quoted(number: int) -> str:
    return '"' + '","'.join(values(number)) + '"\r\n'


def values(number: int) -> Iterator[str]:
    """The cells of a row, without quotes and damage, in the order of `COLUMNS`."""
    first, last = _FIRST[number % 8], _LAST[number // 8 % 8]
    login = f"{first[:1].lower()}{number:07d}"
    if not login.isascii():
        login = f"x{number:07d}"
    yield from (
        f"{100_000 + number}", first, last, f"{login}@lincoln.example", login,
        f"{login}@mail.example" if number % 3 else "", f"{number % 90:03d}", "Learner",
        "America/Los_Angeles", f"20{number % 20:02d}-08-{1 + number % 28:02d}", "",
        _JOBS[number % 5], f"Dept {number % 40}", "Classified", "A", "CSEA",
        f"555-{number % 10_000:04d}", f"B{number % 300}", "Clear", f"{number % 17}", "10 months",
        f"{100_000 + number // 20}", f"01-0000-{number % 1000:04d}-000", "1.0",
        "2026-07-01 04:15:00",
    )  # fmt: skip
