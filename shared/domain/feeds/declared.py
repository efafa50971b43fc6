"""What a district declares about its extract, put over the profile it names. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

from shared.domain.errors import ConfigInvalid
from shared.domain.feeds.profiles import PROFILES, Profile
from shared.domain.policy import StaffPolicy

#: Day, month and year differ, so that a format that lacks or exchanges one shows.
_SOME_DAY = date(2026, 11, 23)

Words = Mapping[str, tuple[str, ...]]


def declared(staff: StaffPolicy) -> Profile:
    """How the extract is to be read.

    Spellings and templates of a column replace those of the profile (``headers`` has what is left
    of the profile's). Values of a rule are added to the profile's, so that none of them is lost by
    accident; an empty list switches the rule off.

    Raises:
        ConfigInvalid: see `faults`.
    """
    for key, what in faults(staff):
        raise ConfigInvalid(f"{key} {what}. Nothing was started.")
    profile = PROFILES[staff.profile]
    separator = staff.site_separator
    return replace(
        profile,
        headers={c: words for c, words in profile.headers.items() if c not in staff.headers},
        derive={**profile.derive, **staff.derive},
        exclude=_added(profile.exclude, staff.exclude),
        inactive=_added(profile.inactive, staff.inactive),
        optional=profile.optional - {*staff.exclude, *staff.inactive, *staff.primary},
        mode=staff.mode or profile.mode,
        date_format=staff.date_format or profile.date_format,
        site_separator=profile.site_separator if separator is None else separator,
    )


#: Ten years: whoever was found to have left then is not meant to stay.
_MOST_DAYS = 3650


def faults(staff: StaffPolicy) -> Iterator[tuple[str, str]]:
    """Key and what is wrong with it, of all that no type could refuse."""
    window = PROFILES[staff.profile].mode == "delta"
    if staff.mode == "full" and window and not staff.i_have_a_full_extract:
        what = (
            f'is "full", but an extract of the profile {staff.profile} holds edits only: everybody'
        )
        then = "else would be removed. Leave staff.mode out; if yours lists everybody, say so"
        yield "staff.mode", f"{what} {then} with staff.i_have_a_full_extract = true"
    if staff.date_format is not None and not _says_a_day(staff.date_format):
        what = 'is no format with day, month and year, such as "%m/%d/%Y" for 11/23/2026'
        yield "staff.date_format", what
    if not 0 <= staff.removal.grace_days <= _MOST_DAYS:
        yield "staff.removal.grace_days", f"is a number of days between 0 and {_MOST_DAYS}"


def _says_a_day(date_format: str) -> bool:
    if "%y" not in date_format.lower():  # from 3.13 on Python warns of it
        return False
    try:
        text = _SOME_DAY.strftime(date_format)
        return datetime.strptime(text, date_format).date() == _SOME_DAY  # noqa: DTZ007  # a day
    except ValueError:
        return False


def _added(ready: Words, own: Words) -> dict[str, tuple[str, ...]]:
    """The rules of both, but for those that the district switches off."""
    return {
        column: (*ready.get(column, ()), *own.get(column, ()))
        for column in {**ready, **own}
        if column not in own or own[column]
    }
