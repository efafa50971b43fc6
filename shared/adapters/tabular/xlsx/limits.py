"""What a workbook may come to, and how one is refused."""

from dataclasses import dataclass

from shared.domain.errors import InputInvalid

#: Rows and columns a sheet can have (ECMA-376; Excel's specifications).
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Most of everything; what has no unit in its name is a number of things."""

    #: Packed; a workbook is held in memory as it came.
    file_bytes: int = 64 << 20
    directory_bytes: int = 1 << 20
    entries: int = 1000
    unpacked_bytes: int = 2 << 30
    part_bytes: int = 1 << 30
    #: Of parts that aren't read as streams: lists of parts, sheets and styles.
    list_part_bytes: int = 16 << 20
    #: Unpacked to packed; small parts may be packed better.
    ratio: int = 100
    ratio_from_bytes: int = 1 << 20
    sheets: int = 100
    cells: int = 50_000_000
    merges: int = 100_000
    #: Different texts, all of which are held in memory.
    strings: int = 2_000_000
    strings_characters: int = 64 << 20
    #: Characters in a cell (Excel's own limit).
    text: int = 32_767


def too_large(what: str, limit: int, unit: str = "") -> InputInvalid:
    """Beyond a limit."""
    return InputInvalid(
        f"The workbook is beyond a limit: {what}, at most {limit:,}{unit}. Save the data sheet alone,"
        " or export it as CSV. Nothing was planned.",
        code="too_large",
    )


def damaged(what: str) -> InputInvalid:
    """Not what the format asks for."""
    return InputInvalid(
        f"The workbook is damaged: {what}. Open it in a spreadsheet program, save it again as XLSX or"
        " CSV, and send that. Nothing was planned.",
        code="damaged_workbook",
    )


def unsafe(what: str) -> InputInvalid:
    """Made as no spreadsheet program makes it, or holding what is never opened."""
    return InputInvalid(
        f"The workbook is not opened: {what}. Save it as XLSX without macros and without a password,"
        " or as CSV, and send that. Nothing was planned.",
        code="unsafe_workbook",
    )


def not_a_workbook(what: str) -> InputInvalid:
    """A ZIP that holds something else."""
    return InputInvalid(
        f"The file is {what}, neither an XLSX workbook nor delimited text. Save it as XLSX or CSV;"
        " renaming is not enough. Nothing was planned.",
        code="not_text",
    )
