"""How a staff extract is read, out of what the district declared: dialect, headers, rules."""

from collections.abc import Iterable

from shared.domain.feeds.declared import declared
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
    profile = declared(staff)
    return header_dictionary(
        {*attributes, *profile.optional},
        staff.headers,
        derived=profile.derive,
        ruled={*profile.exclude, *profile.inactive, *staff.primary} - profile.optional,
        ready=profile.headers,
    )


def staff_rules(staff: StaffPolicy, columns: frozenset[str]) -> StaffRules:
    """How the rows of a file with these columns are judged."""
    profile = declared(staff)
    return StaffRules(
        columns=columns, derive=profile.derive, exclude=profile.exclude, inactive=profile.inactive,
        date_format=profile.date_format, site_separator=profile.site_separator,
        rows_per_person=staff.rows_per_person, primary=staff.primary,
    )  # fmt: skip
