"""Limits of the tabular readers, and what the lower layers say is wrong with a line."""

from dataclasses import dataclass

#: Longest physical line and longest record, in bytes.
MAX_RECORD_BYTES = 1 << 20
#: Most columns a header may have.
MAX_COLUMNS = 1024
#: How much of a damaged region is kept.
MAX_RAW_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a line or a record is not sound: a violation code and where."""

    code: str
    detail: str
    #: Index of the field at fault, where the lexer knows it.
    field: int | None = None
