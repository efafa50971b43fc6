"""What is wrong with a row: a value with a stable code, never an exception. The catalogue is data."""

from dataclasses import dataclass
from enum import StrEnum


class ViolationClass(StrEnum):
    """Who can mend it: transport (we retry), schema (headers, mapping), policy (the source), integrity (stop)."""

    TRANSPORT = "transport"
    SCHEMA = "schema"
    POLICY = "policy"
    INTEGRITY = "integrity"


#: What is done about a violation of a class, in the same words everywhere.
RECOVERY: dict[ViolationClass, str] = {
    ViolationClass.TRANSPORT: "We try again by ourselves. Nothing needs to be done.",
    ViolationClass.SCHEMA: "Mend the headers or the mapping: the engine can't tell what the value stands for.",
    ViolationClass.POLICY: "Mend the source: the value breaks a rule, and is never changed here.",
    ViolationClass.INTEGRITY: (
        "Stop and compare hashes: the data is damaged. Have the file exported and sent again."
    ),
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One fault of one row. ``detail`` never repeats the value; ``value_class`` describes it."""

    code: str
    column: str | None
    detail: str
    #: Such as `empty`, `text(12)`, `bytes(3)`: the shape of the value, not the value.
    value_class: str = ""


@dataclass(frozen=True, slots=True)
class ViolationRule:
    """A line of the catalogue: what a code means and how to mend it."""

    code: str
    title: str
    violation_class: ViolationClass
    remedy: str
    #: True if the code refuses the whole file instead of quarantining a row.
    refuses_file: bool = False


def value_class(value: str) -> str:
    """Describe a value without repeating it."""
    if not value.strip():
        return "empty"
    kind = "digits" if value.isdigit() else "text"
    return f"{kind}({len(value)})"


def _record_rules() -> list[ViolationRule]:
    schema, integrity = ViolationClass.SCHEMA, ViolationClass.INTEGRITY
    records = [
        ("encoding", "Bytes are invalid in the declared encoding", integrity,
         "Export the file again in the declared encoding, or declare the one it has (staff.encoding)."),
        ("width", "The record has too few or too many fields", integrity,
         "Look for a delimiter inside an unquoted value, or a missing one, on this line; export again."),
        ("bare_quote", "A quote stands inside an unquoted field", integrity,
         "Put the whole field in quotes and double those inside it; export again."),
        ("text_after_quote", "Text follows a closing quote", integrity,
         "Double the quotes inside the field, or add the missing delimiter; export again."),
        ("unclosed_quote", "A quoted field is not closed", integrity,
         "Close the quote on this line, the first of those listed; export again."),
        ("torn_record", "The lines below may belong to this record", integrity,
         "Look for an unpaired quote on this line or the next ones; export again."),
        ("control_character", "The record holds a control character", integrity,
         "Remove the character at the source; export again."),
        ("line_too_long", "The record is longer than the limit", integrity,
         "Look for a quote that is never closed; export again."),
        ("before_header", "The line stands above the header", integrity,
         "Export the table alone, its header on the first line."),
        ("shifted", "The cells seem to stand in the wrong columns", integrity,
         "Compare the line with its neighbours: a delimiter is missing, one too many, or of another kind; export again."),
        ("second_table", "Another table follows", integrity,
         "Export one table alone."),
        ("cut_short", "The file ends in the middle of a value, or may do so", integrity,
         "Transfer or export the file again, with a line end after its last line."),
        ("repeated_header", "The header stands again inside the data", integrity,
         "Remove the second header; check that two files were not joined."),
        ("formula_without_value", "A formula has no result in the file", integrity,
         "Open the workbook in a spreadsheet program and save it, or paste the values over the formulas."),
        ("merged_cells", "Cells of the row are merged", integrity,
         "Unmerge them and fill each cell; export again."),
        ("not_json", "The document is not sound JSON", integrity,
         "Export the document again; the detail says where it stops being JSON."),
        ("document_shape", "The document isn't built as the feed declares", schema,
         "Export it in the authority's own form (docs/how-to/load-e-manifest-json.md); don't convert it."),
    ]  # fmt: skip
    return [ViolationRule(code, title, kind, remedy) for code, title, kind, remedy in records]


def _value_rules() -> list[ViolationRule]:
    schema, integrity = ViolationClass.SCHEMA, ViolationClass.INTEGRITY
    values = [
        ("missing_value", "A required value is empty", schema,
         "Fill the value at the source."),
        ("empty_identity", "The row names nobody", schema,
         "Remove the row, or fill employee id and email at the source."),
        ("invalid_email", "The email address is not valid", schema,
         "Correct the address at the source."),
        ("non_ascii_localpart", "The email has letters that look like others", schema,
         "Write the part before @ in plain letters at the source."),
        ("too_long", "The value is longer than ASCIP accepts", schema,
         "Shorten it at the source; nothing is cut silently."),
        ("invalid_date", "The date is not in the declared format", schema,
         "Write dates as YYYY-MM-DD, or declare the format."),
        ("invalid_number", "The number can't be read exactly", schema,
         "Write digits with a point for decimals, without thousands separators, units or signs of money."),
        ("invalid_boolean", "The value is neither yes nor no", schema,
         "Write yes or no (true or false) at the source."),
        ("unknown_choice", "The value is none of those the feed knows", schema,
         "Write one of the listed values at the source."),
        ("excel_damage", "A spreadsheet has changed the value", integrity,
         "Format the column as text, restore the value, export again."),
        ("invisible_character", "The value holds an invisible or direction-changing character", schema,
         "Retype the value at the source."),
        ("not_judged", "The engine itself failed at the row", integrity,
         "Nothing of the row was used. Tell us its number and the detail; the other rows go on."),
        ("conflict", "The same id stands in rows with different values", integrity,
         'Make the rows agree at the source, or keep one of them. Rows of one employee that differ in site or job alone can be united: rows_per_person = "merge" (staff.rows_per_person).'),
    ]  # fmt: skip
    return [ViolationRule(code, title, kind, remedy) for code, title, kind, remedy in values]


def _file_rules() -> list[ViolationRule]:
    files = [
        ("empty", "The file is empty", "Nothing was planned. Export again and check the size."),
        ("no_rows", "The file has a header and no rows, or an empty list", "Nothing was planned. Export again."),
        ("not_text", "The file is neither delimited text nor an XLSX workbook, nor JSON that the feed takes", "Save it as CSV or XLSX; renaming is not enough."),
        ("missing_header", "A required column is missing", "Add the column, or teach its spelling under [staff.headers], for a governed feed [feeds.NAME.headers]."),
        ("unexpected_header", "The header isn't exactly the declared one", "Export the declared columns in their order, or declare the header the file has."),
        ("duplicate_header", "A column stands twice in the header", "Remove or rename one of them, or name the right one under [staff.headers], for a governed feed [feeds.NAME.headers]."),
        ("unsound_header", "The header line is damaged", "Mend the first line and export again."),
        ("delimiter_mismatch", "The file is written with another delimiter", "Declare it (staff.delimiter, feeds.NAME.delimiter), or export with the declared one."),
        ("encoding_mismatch", "The file is in another encoding than declared", "Declare its encoding (staff.encoding, feeds.NAME.encoding), or export in the declared one."),
        ("truncated", "The file ends inside a quoted field or a document", "Transfer or export the file again; it was cut."),
        ("too_large", "The file is beyond a limit", "Split it, or raise the limit named in the message."),
        ("several_sheets", "More than one visible sheet has content", "Save the right sheet alone, or hide the others."),
        ("damaged_workbook", "The workbook is damaged", "Open it in a spreadsheet program, save it again as XLSX or CSV."),
        ("unsafe_workbook", "The workbook holds what is never opened", "Save it as XLSX without macros and without a password, or as CSV."),
        ("changed_while_read", "The file changed while it was read", "Wait until the export has finished, then send it again."),
    ]  # fmt: skip
    return [
        ViolationRule(code, title, ViolationClass.SCHEMA, remedy, refuses_file=True)
        for code, title, remedy in files
    ]


#: Code → meaning and remedy; stable, documented in docs/reference/violations.md.
RULES = {rule.code: rule for rule in (*_record_rules(), *_value_rules(), *_file_rules())}
