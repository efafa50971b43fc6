"""What the reader makes of a file, in the words of `inspect`."""

import io
from functools import partial
from typing import NamedTuple

from shared.adapters.tabular.csv_reader import CsvReader
from shared.domain.errors import InputInvalid
from shared.domain.feeds.dictionary import HeaderDictionary
from shared.ports.reader import DamagedRecord, Dialect, SoundRecord
from tests.campaign.sound import Manner


class Accepted(NamedTuple):
    """A row taken, with the line it begins on."""

    line: int
    values: tuple[str, ...]


class Quarantined(NamedTuple):
    """Lines not taken, and why."""

    line: int
    last_line: int
    codes: tuple[str, ...]


class Verdict(NamedTuple):
    """All of what the reader said of one file."""

    accepted: list[Accepted]
    quarantined: list[Quarantined]
    refused: str | None


def judge_file(data: bytes, header: list[str], manner: Manner) -> Verdict:
    """Read a file under the contract of its header."""
    dialect = Dialect(delimiter=manner.delimiter)
    accepted: list[Accepted] = []
    quarantined: list[Quarantined] = []
    try:
        extract = CsvReader().open(
            partial(io.BytesIO, data), dialect, HeaderDictionary.exactly(header)
        )
        for record in extract.records():
            if isinstance(record, SoundRecord):
                values = tuple(record.values[name] for name in header)
                accepted.append(Accepted(record.line, values))
            elif isinstance(record, DamagedRecord):
                codes = tuple(violation.code for violation in record.violations)
                quarantined.append(Quarantined(record.line, record.last_line, codes))
    except InputInvalid as refusal:
        return Verdict([], quarantined, refusal.code)
    return Verdict(accepted, quarantined, None)
