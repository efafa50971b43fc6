"""How a staff extract is read, out of what the district declared: dialect, headers, rules."""

from collections.abc import Iterable

from shared.domain.feeds.dictionary import HeaderDictionary
from shared.domain.feeds.staff import header_dictionary
from shared.domain.policy import StaffPolicy
from shared.domain.staff_rules import StaffRules
from shared.ports.reader import Dialect


def staff_dialect(staff: StaffPolicy) -> Dialect:
    """How the file is written."""
    return Dialect(encoding=staff.encoding, delimiter=staff.delimiter, quote=staff.quote)


def staff_headers(staff: StaffPolicy, attributes: Iterable[str]) -> HeaderDictionary:
    """Which headers mean which column; ``attributes`` are those the mapping needs."""
    return header_dictionary(
        attributes,
        staff.headers,
        derived=staff.derive,
        ruled={*staff.exclude, *staff.inactive, *staff.primary},
    )


def staff_rules(staff: StaffPolicy, columns: frozenset[str]) -> StaffRules:
    """How the rows of a file with these columns are judged."""
    return StaffRules(
        columns=columns, derive=staff.derive, exclude=staff.exclude,
        inactive=staff.inactive, rows_per_person=staff.rows_per_person, primary=staff.primary,
    )  # fmt: skip
