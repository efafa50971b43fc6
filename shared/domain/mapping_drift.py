"""Where the mapping and the LMS disagree, and what of the mapping can be used all the same."""

from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, replace

from shared.domain.mapping import Mapping
from shared.domain.snapshot import Reference
from shared.domain.text import fold, tidy


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that the mapping says and the LMS doesn't."""

    words: str
    #: What is meant is not there, or can't be told; else only its name has changed.
    lost: bool


def drift(mapping: Mapping, reference: Reference) -> list[Drift]:
    """Ids that are gone, names that changed, and names that stand for several things."""
    return [*_of_ids(mapping, reference), *_of_names(mapping, reference)]


def _of_ids(mapping: Mapping, reference: Reference) -> Iterator[Drift]:
    groups = {group.id: group.name for group in reference.groups.values()}
    for group in {g.id: g for g in [mapping.district, *mapping.sites.values()]}.values():
        yield from _of_id("group", group.id, group.name, groups)
    buckets = {bucket.id: bucket.name for bucket in reference.buckets.values()}
    for bucket in mapping.buckets:
        yield from _of_id("bucket", bucket.id, bucket.name, buckets)
        if known := reference.buckets.get(bucket.id):
            what = f"value of bucket {bucket.name!r}"
            for name, id_ in bucket.values.items():
                yield from _of_id(what, id_, name, known.values)


def _of_id(what: str, id_: int, name: str, known: MappingOf[int, str]) -> Iterator[Drift]:
    if id_ not in known:
        yield Drift(f"{what} {name!r} ({id_}) does not exist in ASCIP", lost=True)
    elif tidy(known[id_]) != tidy(name):
        words = f"{what} {id_} is called {known[id_]!r} in ASCIP, {name!r} in the mapping"
        yield Drift(words, lost=False)
    elif len(same := [i for i, n in known.items() if fold(n) == fold(name)]) > 1:
        yield Drift(
            f"{what} {name!r} stands {len(same)} times in ASCIP; {id_} is taken", lost=False
        )


def _of_names(mapping: Mapping, reference: Reference) -> Iterator[Drift]:
    guarded = sorted(mapping.protected_roles | mapping.privileged_roles)
    given = [mapping.role_default, *mapping.role_values.values()]
    for name in dict.fromkeys([*given, *guarded]):
        # A guard means every role of that name; somebody can be given only one.
        yield from _of_name("role", name, reference.roles, one=name in given)
    yield from _of_name("time zone", mapping.timezone_default, reference.timezones, one=True)


def _of_name(
    what: str, name: str | None, known: MappingOf[int, str], *, one: bool
) -> Iterator[Drift]:
    found = [text for text in known.values() if name and fold(text) == fold(name)]
    if name and not found:
        yield Drift(f"{what} {name!r} does not exist in ASCIP", lost=True)
    elif one and len(found) > 1:
        yield Drift(f"{what} {name!r} stands {len(found)} times in ASCIP: none is taken", lost=True)


def lost_guards(mapping: Mapping, reference: Reference) -> list[str]:
    """Protected and privileged roles that the LMS doesn't know: nobody can tell whom they meant."""
    known = set(map(fold, reference.roles.values()))
    return sorted((mapping.protected_roles | mapping.privileged_roles) - known)


def usable(mapping: Mapping, reference: Reference) -> Mapping | None:
    """The part of a mapping whose ids exist; None if the district group itself is gone.

    What is left out becomes `unmapped`: its rows or changes are held, no other id is put in its place.
    """
    if mapping.district.id not in reference.groups:
        return None
    buckets = [
        replace(bucket, values=values, aliases=aliases)
        for bucket in mapping.buckets
        if (known := reference.buckets.get(bucket.id))
        for values in [{n: v for n, v in bucket.values.items() if v in known.values}]
        for aliases in [{a: n for a, n in bucket.aliases.items() if n in values}]
        if values or bucket.is_text
    ]
    there = {c: g for c, g in mapping.sites.items() if g.id in reference.groups}
    gone = {c: g for c, g in mapping.sites.items() if c not in there}
    former = {id_: n for id_, n in mapping.former_groups.items() if id_ in reference.groups}
    return replace(
        mapping, sites=there, gone_sites=gone, former_groups=former, buckets=tuple(buckets)
    )
