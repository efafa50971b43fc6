"""A chemical inventory of any size for P9: 16 columns, about 290 bytes a row, the same each time."""

from collections.abc import Iterator
from pathlib import Path

COLUMNS = (
    "Inventory ID", "Chemical Name", "CAS Number", "Product", "Manufacturer", "Location", "Building",
    "Room", "Quantity", "Unit", "Hazard Codes", "Signal Word", "SDS URL", "SDS Revision Date",
    "Received Date", "Responsible Person",
)  # fmt: skip

#: Name, CAS number, hazard codes, signal word.
_CHEMICALS = (
    ("Acetone", "67-64-1", "H225; H319; H336", "Danger"),
    ("Ethanol", "64-17-5", "H225; H319", "Danger"),
    ("Hydrochloric acid 37 %", "7647-01-0", "H290; H314; H335", "Danger"),
    ("Sodium hydroxide", "1310-73-2", "H290; H314", "Danger"),
    ("Copper(II) sulfate pentahydrate", "7758-99-8", "H302; H318; H410", "Danger"),
    ("Hydrogen peroxide 3 %", "7722-84-1", "H319", "Warning"),
    ("Potassium permanganate", "7722-64-7", "H272; H302; H410", "Danger"),
    ("Water", "7732-18-5", "", ""),
)
_MAKERS = ("Flinn Scientific", "Sigma-Aldrich", "Fisher Scientific", "Carolina Biological")
_ROWS_A_WRITE = 10_000


def write_inventory(path: Path, rows: int) -> None:
    """One row in 20 has a quoted field; one in 2,000 breaks a rule."""
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write(",".join(COLUMNS) + "\r\n")
        for first in range(0, rows, _ROWS_A_WRITE):
            out.writelines(map(_line, range(first, min(first + _ROWS_A_WRITE, rows))))


def _line(number: int) -> str:
    cells = list(_cells(number))
    if number % 20 == 19:
        cells[4] = '"Aldrich, Sigma"'
    if number % 2000 == 1000:
        cells[2] = "67-64-2"  # its check digit is wrong
    return ",".join(cells) + "\r\n"


def _cells(number: int) -> Iterator[str]:
    name, cas, codes, signal = _CHEMICALS[number % 8]
    yield from (
        f"CHM-{number:08d}", name, cas, f"{name} ACS {number % 900}", _MAKERS[number % 4],
        f"Science / {number % 300} / cabinet {number % 7}", f"B{number % 40:02d}",
        f"{number % 300}", f"{number % 50 + 1}.{number % 10}", ("L", "kg", "mL", "g")[number % 4],
        codes, signal, f"https://sds.lincoln.example/{number % 5000:05d}.pdf",
        f"202{4 + number % 2}-0{1 + number % 9}-{10 + number % 18}",
        f"202{number % 6}-0{1 + number % 9}-{10 + number % 18}", f"Teacher {number % 400}",
    )  # fmt: skip
