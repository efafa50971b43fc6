"""Newcomers who look like somebody: a hint for people to judge, never a match.

What the thresholds find and miss on public data stands in docs/explanation/identity.md.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from shared.domain.names import Name, similar_names

#: How similar names have to be at the same site, and anywhere.
NEAR, ANYWHERE = 0.85, 0.92
#: So many look-alikes are named.
MOST = 3


class Bearer(NamedTuple):
    """Somebody with a name: a row to be added, or a person of the LMS."""

    #: The row, or the LMS id.
    number: int
    name: Name
    #: LMS groups of their sites.
    sites: frozenset[int]


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """Whom a newcomer may be: LMS ids, and rows of other newcomers; a few of each."""

    people: tuple[int, ...] = ()
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Alike:
    """Everybody somebody looks like."""

    #: Row of a newcomer → whom it looks like; rows without a look-alike are left out.
    by_row: MappingOf[int, LookAlikes] = field(default_factory=dict)
    #: LMS ids of all of them, not of a few.
    people: frozenset[int] = frozenset()


class _Bearers:
    """Bearers of one name, to be found by site."""

    def __init__(self) -> None:
        self.all: list[int] = []
        self.at: dict[int, list[int]] = defaultdict(list)

    def found(self, sites: Iterable[int], *, anywhere: bool, but: int | None = None) -> list[int]:
        """The first few at one of the sites, or anywhere."""
        lists = [self.all] if anywhere else [self.at.get(site, []) for site in sites]
        return [n for each in lists for n in islice(each, MOST + 1) if n != but]


class _Everybody:
    """All bearers of names that were found, each name and site looked at once."""

    def __init__(self, by_name: MappingOf[Name, _Bearers]) -> None:
        self.people: set[int] = set()
        self._by_name = by_name
        self._seen: set[tuple[Name, int | None]] = set()

    def take(self, name: Name, sites: Iterable[int] | None) -> None:
        """Take those at the sites; None for anywhere."""
        bearers = self._by_name[name]
        for site in (None,) if sites is None else sites:
            if (name, site) not in self._seen:
                self._seen.add((name, site))
                self.people.update(bearers.all if site is None else bearers.at.get(site, ()))


def look_alikes(
    newcomers: Sequence[Bearer], others: Iterable[Bearer], known: Collection[Name]
) -> Alike:
    """Find whom each newcomer looks like.

    Args:
        others: people of the LMS nobody speaks for.
        known: names that people bear of whom we know that they are somebody else. Such a name
            proves nothing by itself: it counts at the same site only.
    """
    ours, theirs = _by_name(newcomers), _by_name(others)
    people: dict[int, set[int]] = defaultdict(set)
    rows: dict[int, set[int]] = defaultdict(set)
    everybody = _Everybody(theirs)
    named = _newcomers_by_name(newcomers)
    for name, other, score in similar_names(ours, theirs, NEAR):
        anywhere = score >= ANYWHERE and name not in known and other not in known
        everybody.take(other, None if anywhere else ours[name].at)
        for new in named[name]:
            people[new.number].update(theirs[other].found(new.sites, anywhere=anywhere))
    # Two rows with ids of their own are two people as far as HR knows: same site, and very similar.
    at: dict[int, list[Bearer]] = defaultdict(list)
    for new in newcomers:
        for site in new.sites:
            at[site].append(new)
    for bearers in at.values():
        here = _by_name(bearers)
        for name, other, _ in similar_names(here, here, ANYWHERE):
            for number in here[name].all:
                rows[number].update(n for n in here[other].all[: MOST + 1] if n != number)
    by_row = {
        new.number: LookAlikes(_few(people[new.number]), _few(rows[new.number]))
        for new in newcomers
        if people.get(new.number) or rows.get(new.number)
    }
    return Alike(by_row, frozenset(everybody.people))


def _few(numbers: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(numbers)[:MOST])


def _by_name(bearers: Iterable[Bearer]) -> dict[Name, _Bearers]:
    found: dict[Name, _Bearers] = defaultdict(_Bearers)
    for bearer in sorted(bearers, key=lambda b: b.number):
        found[bearer.name].all.append(bearer.number)
        for site in sorted(bearer.sites):
            found[bearer.name].at[site].append(bearer.number)
    return found


def _newcomers_by_name(bearers: Iterable[Bearer]) -> MappingOf[Name, list[Bearer]]:
    found: dict[Name, list[Bearer]] = defaultdict(list)
    for bearer in bearers:
        found[bearer.name].append(bearer)
    return found
