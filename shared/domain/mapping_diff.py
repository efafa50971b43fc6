"""What changed between two versions of the mapping, in words for people who review it."""

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as MappingOf

from shared.domain.mapping import MappedBucket, MappedGroup, Mapping


def differences(old: Mapping, new: Mapping) -> list[str]:
    """One line for each thing that differs; none if both mean the same."""
    return [
        *_group("district group", old.district, new.district),
        *_groups(old.sites, new.sites),
        *_buckets(old.buckets, new.buckets),
        *_one("default role", old.role_default, new.role_default),
        *_words("role word", old.role_values, new.role_values),
        *_one("default time zone", old.timezone_default, new.timezone_default),
        *_members("protected username", old.protected_usernames, new.protected_usernames),
        *_members("protected role", old.protected_roles, new.protected_roles),
        *_members("privileged role", old.privileged_roles, new.privileged_roles),
    ]


def _groups(old: MappingOf[str, MappedGroup], new: MappingOf[str, MappedGroup]) -> Iterator[str]:
    for code in sorted({*old, *new}):
        if code not in old:
            yield f"site {code!r} added: {new[code].name!r} ({new[code].id})"
        elif code not in new:
            yield f"site {code!r} removed: {old[code].name!r} ({old[code].id})"
        else:
            yield from _group(f"site {code!r}", old[code], new[code])


def _group(what: str, old: MappedGroup, new: MappedGroup) -> Iterator[str]:
    if old.id != new.id:
        yield f"{what}: group {old.name!r} ({old.id}) -> {new.name!r} ({new.id})"
    elif old.name != new.name:
        yield f"{what}: group {old.id} is called {new.name!r}, was {old.name!r}"


def _buckets(old: Iterable[MappedBucket], new: Iterable[MappedBucket]) -> Iterator[str]:
    before, after = {b.name: b for b in old}, {b.name: b for b in new}
    for name in sorted({*before, *after}):
        what = f"bucket {name!r}"
        if name not in before:
            yield f"{what} added: {after[name].id}, from column {after[name].column!r}"
        elif name not in after:
            yield f"{what} removed"
        else:
            yield from _bucket(what, before[name], after[name])


def _bucket(what: str, old: MappedBucket, new: MappedBucket) -> Iterator[str]:
    yield from _one(f"{what}: id", old.id, new.id)
    yield from _one(f"{what}: column", old.column, new.column)
    yield from _words(f"{what}: value", old.values, new.values)
    yield from _words(f"{what}: alias", old.aliases, new.aliases)


def _words(
    what: str, old: MappingOf[str, str | int], new: MappingOf[str, str | int]
) -> Iterator[str]:
    for word in sorted({*old, *new}):
        if word not in old:
            yield f"{what} {word!r} added: {new[word]}"
        elif word not in new:
            yield f"{what} {word!r} removed: {old[word]}"
        else:
            yield from _one(f"{what} {word!r}", old[word], new[word])


def _members(what: str, old: frozenset[str], new: frozenset[str]) -> Iterator[str]:
    yield from (f"{what} {word!r} added" for word in sorted(new - old))
    yield from (f"{what} {word!r} removed" for word in sorted(old - new))


def _one(what: str, old: object, new: object) -> Iterator[str]:
    if old != new:
        yield f"{what}: {_said(old)} -> {_said(new)}"


def _said(value: object) -> str:
    return "none" if value is None else str(value)
