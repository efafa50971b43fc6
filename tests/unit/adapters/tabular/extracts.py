"""Small staff extracts, and what the CSV reader makes of them."""

import io
from collections.abc import Iterable
from functools import partial

from shared.adapters.tabular.csv_reader import CsvReader
from shared.domain.feeds.staff import header_dictionary
from shared.ports.reader import BlankRecord, DamagedRecord, Dialect, SoundRecord

HEADER = "employee_id,first_name,last_name,work_email,site_code"
Record = SoundRecord | DamagedRecord | BlankRecord


def person(number: int) -> str:
    """A sound line of the header above."""
    return f"E{number},Ann{number},Lee,ann{number}@lincoln.example,010"


def lines(*rows: str, header: str = HEADER) -> str:
    """A file of these lines."""
    return "\n".join((header, *rows)) + "\n"


def read(content: str | bytes, dialect: Dialect | None = None) -> list[Record]:
    """All records of a file with this content."""
    data = content.encode() if isinstance(content, str) else content
    source = partial(io.BytesIO, data)
    extract = CsvReader().open(source, dialect or Dialect(), header_dictionary([], {}))
    return list(extract.records())


def cells(records: Iterable[Record]) -> list[list[str]]:
    """The values of the sound ones."""
    return [list(r.values.values()) for r in records if isinstance(r, SoundRecord)]


def damage(records: Iterable[Record]) -> list[tuple[str, int, int]]:
    """Code, first and last line of each damaged one."""
    return [
        (r.violations[0].code, r.line, r.last_line) for r in records if isinstance(r, DamagedRecord)
    ]
