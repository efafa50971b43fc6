"""The careful check of one staff row: every violation of every value, and which values name a person."""

from collections.abc import Iterator, Mapping

from shared.domain.cells import has_control, has_invisible, parsed_date
from shared.domain.email_address import email_fault
from shared.domain.feeds.staff import COLUMNS, LONGEST
from shared.domain.spreadsheet import damages_id, is_too_narrow
from shared.domain.staff import StaffIdentity
from shared.domain.staff_rules import StaffRules, sites
from shared.domain.text import tidy
from shared.domain.violation import Violation, value_class

REQUIRED = tuple(column.name for column in COLUMNS if column.required)
#: What names a person, so what the shield may trust.
IDENTITY = ("employee_id", "work_email", "username")
DATES = ("hire_date", "end_date")

_EMAILS = frozenset({"work_email", "personal_email"})
_IDS = frozenset({"employee_id", "username", "site_code"})
#: Longest value of an id column and of any other, in characters; ASCIP takes 500 in a text bucket.
_LONGEST_ID = 100
_LONGEST_TEXT = 500


def tidied(values: Mapping[str, str], rules: StaffRules) -> dict[str, str]:
    """All columns of the rules with tidy text, derived ones filled."""
    clean = {column: tidy(values.get(column, "")) for column in (*rules.core, *rules.attributes)}
    for column, template in rules.templates:
        clean[column] = template.fill(values)
    return clean


def violations(values: Mapping[str, str], rules: StaffRules) -> tuple[Violation, ...]:
    """Everything that is wrong with tidied values, in the order of the feed's columns."""
    found: list[Violation] = []
    nameless = not any(values.get(column) for column in IDENTITY)
    if nameless:
        found.append(
            Violation("empty_identity", None, "no employee id, email or username", "empty")
        )
    empty = not any(values.values())
    for column in (*rules.core, *rules.attributes):
        value = values[column]
        if value:
            found += [
                Violation(code, column, detail, value_class(value))
                for code, detail in faults(column, value, rules)
            ]
        elif column in REQUIRED and not (empty or (nameless and column in IDENTITY)):
            found.append(Violation("missing_value", column, "a value is required", "empty"))
    return tuple(found)


def faults(column: str, value: str, rules: StaffRules) -> Iterator[tuple[str, str]]:
    """Code and detail of everything that is wrong with one tidy value, in a cell of several each once."""
    if column != "site_code" or not rules.site_separator:
        yield from _faults(column, value, rules)
    elif parts := sites(value, rules):
        yield from dict.fromkeys(fault for part in parts for fault in _faults(column, part, rules))
    else:
        yield "missing_value", "a value is required"


def _faults(column: str, value: str, rules: StaffRules) -> Iterator[tuple[str, str]]:
    named = column in _IDS or column in _EMAILS
    if has_control(value, line_ends_too=named or column in DATES):
        yield "control_character", "a control character stands in the value"
    if "\ufffd" in value:
        yield "encoding", "a replacement character: the export lost a letter"
    if is_too_narrow(value) or (column in _IDS and damages_id(value)):
        yield "excel_damage", "looks like a spreadsheet's number, date or error"
    if named and has_invisible(value):
        yield "invisible_character", "an invisible or direction-changing character"
    longest = LONGEST.get(column, _LONGEST_ID if column in _IDS else _LONGEST_TEXT)
    if len(value) > longest:
        yield "too_long", f"{len(value)} characters, at most {longest}"
    elif column in _EMAILS and (code := email_fault(value)) is not None:
        yield code, "not an address like name@host.example"
    if column in DATES and parsed_date(value, rules.date_format) is None:
        yield "invalid_date", f"expected {rules.date_format or 'YYYY-MM-DD'}, 1900 to 2199"


def identity(values: Mapping[str, str], rules: StaffRules) -> StaffIdentity:
    """The values of a doubtful row that name a person beyond doubt: each passed its own checks."""
    trusted = {
        column: value
        for column in IDENTITY
        if (value := values.get(column, "")) and not any(True for _ in faults(column, value, rules))
    }
    return StaffIdentity(**trusted)
