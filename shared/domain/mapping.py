"""The mapping file: how values of the extract become ids of the LMS. Names stand beside ids."""

import json
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, cast

from shared.domain.canonical import Json, fingerprint, words
from shared.domain.errors import ConfigInvalid
from shared.domain.snapshot import Reference
from shared.domain.text import fold, tidy


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedGroup:
    """A managed group."""

    id: int
    name: str


@dataclass(frozen=True, kw_only=True)
class MappedBucket:
    """A bucket filled from a column of the extract."""

    id: int
    name: str
    column: str
    #: Value as ASCIP names it → value id; empty for a text bucket.
    values: MappingOf[str, int] = field(default_factory=dict)
    aliases: MappingOf[str, str] = field(default_factory=dict)

    @cached_property
    def by_word(self) -> dict[str, int]:
        """Value or alias, folded → value id."""
        words = {fold(name): value for name, value in self.values.items()}
        return words | {fold(alias): self.values[name] for alias, name in self.aliases.items()}

    @property
    def is_text(self) -> bool:
        """Whether the value is sent as it is."""
        return not self.values


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """A version of the mapping file, parsed and consistent in itself."""

    version: int
    district: MappedGroup
    sites: MappingOf[str, MappedGroup]
    buckets: tuple[MappedBucket, ...] = ()
    role_default: str | None = None
    role_values: MappingOf[str, str] = field(default_factory=dict)
    timezone_default: str | None = None
    protected_usernames: frozenset[str] = frozenset()
    protected_roles: frozenset[str] = frozenset()
    privileged_roles: frozenset[str] = frozenset()
    sha256: str = ""
    #: Sites whose group has gone from the LMS (`usable`): mapped, but to nothing.
    gone_sites: MappingOf[str, MappedGroup] = field(default_factory=dict)

    @cached_property
    def managed_groups(self) -> dict[int, str]:
        """Group id → name of every group that is ours to fill."""
        groups = [self.district, *self.sites.values()]
        return {group.id: group.name for group in groups}

    @property
    def attribute_columns(self) -> frozenset[str]:
        """Columns of the extract that buckets take their values from."""
        return frozenset(bucket.column for bucket in self.buckets)


def parse_mapping(text: str) -> Mapping:
    """Read a mapping file.

    Raises:
        ConfigInvalid: not JSON, or not in the form of docs/reference/mapping.md; the message names
            the place. Nothing was started.
    """
    try:
        data = json.loads(text, object_pairs_hook=_without_repetition)
    except json.JSONDecodeError as error:
        raise ConfigInvalid(
            f"mapping.json is not JSON: line {error.lineno}, column {error.colno}: {error.msg}."
            " Nothing was started.",
            code="mapping_invalid",
        ) from error
    try:
        return _parse(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise ConfigInvalid(
            f"mapping.json is not a mapping: {what}. See docs/reference/mapping.md."
            " Nothing was started.",
            code="mapping_invalid",
        ) from error


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object in which no key stands twice: the second site "010" would hide the first."""
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for index, (key, _) in enumerate(pairs) if key in dict(pairs[:index]))
        raise ConfigInvalid(
            f"mapping.json has {twice!r} twice in one place. Nothing was started. Remove one of them.",
            code="mapping_invalid",
        )
    return found


def _parse(data: Any) -> Mapping:  # noqa: ANN401  # JSON from outside
    groups = data["groups"]
    roles, zones = data.get("roles", {}), data.get("timezones", {})
    protected = data.get("protected", {})
    return Mapping(
        version=int(data["version"]),
        district=_group(groups["district"]),
        sites={tidy(code): _group(group) for code, group in groups["sites"].items()},
        buckets=tuple(_bucket(n, b) for n, b in sorted(data.get("buckets", {}).items())),
        role_default=roles.get("default"),
        role_values={fold(k): v for k, v in roles.get("values", {}).items()},
        timezone_default=zones.get("default"),
        protected_usernames=frozenset(map(fold, words(protected.get("usernames")))),
        protected_roles=frozenset(map(fold, words(protected.get("roles")))),
        privileged_roles=frozenset(map(fold, words(data.get("privileged_roles")))),
        sha256=fingerprint(cast("Json", {k: v for k, v in data.items() if k != "$schema"})),
    )


def _id(value: object) -> int:
    """An id of the LMS; 4.7 or true would name another one silently."""
    if isinstance(value, bool | float):
        raise TypeError(f"{value!r} is not an id")
    return int(str(value))


def _group(data: Any) -> MappedGroup:  # noqa: ANN401  # JSON from outside
    return MappedGroup(id=_id(data["id"]), name=str(data["name"]))


def _bucket(name: str, data: Any) -> MappedBucket:  # noqa: ANN401  # JSON from outside
    values = data.get("values", {})
    aliases: dict[str, str] = {}
    for owner, value in values.items():
        for alias in words(value.get("aliases")):
            if aliases.setdefault(alias, owner) != owner:
                raise ValueError(f"alias {alias!r} of bucket {name!r} stands for two values")
    bucket = MappedBucket(
        id=_id(data["id"]),
        name=name,
        column=str(data["column"]),
        values={n: _id(value["id"]) for n, value in values.items()},
        aliases=aliases,
    )
    for word, owner in [*((n, n) for n in bucket.values), *aliases.items()]:
        if bucket.by_word[fold(word)] != bucket.values[owner]:
            raise ValueError(f"{word!r} of bucket {name!r} stands for two values")
    return bucket


def drift(mapping: Mapping, reference: Reference) -> list[str]:
    """Where the mapping and the LMS disagree: ids that are gone and names that changed, in words."""
    groups = {group.id: group.name for group in reference.groups.values()}
    buckets = {bucket.id: bucket.name for bucket in reference.buckets.values()}
    found: list[str | None] = [
        _drift_of("group", group.id, group.name, groups)
        for group in [mapping.district, *mapping.sites.values()]
    ]
    for bucket in mapping.buckets:
        found.append(_drift_of("bucket", bucket.id, bucket.name, buckets))
        if known := reference.buckets.get(bucket.id):
            what = f"value of bucket {bucket.name!r}"
            found += [_drift_of(what, i, name, known.values) for name, i in bucket.values.items()]
    guarded = sorted(mapping.protected_roles | mapping.privileged_roles)
    roles = [mapping.role_default, *mapping.role_values.values(), *guarded]
    found += [_unknown("role", name, reference.roles) for name in roles]
    found.append(_unknown("time zone", mapping.timezone_default, reference.timezones))
    return [text for text in found if text]


def _drift_of(what: str, id_: int, name: str, known: MappingOf[int, str]) -> str | None:
    if id_ not in known:
        return f"{what} {name!r} ({id_}) does not exist in ASCIP"
    if tidy(known[id_]) != tidy(name):
        return f"{what} {id_} is called {known[id_]!r} in ASCIP, {name!r} in the mapping"
    return None


def _unknown(what: str, name: str | None, known: MappingOf[int, str]) -> str | None:
    if not name or fold(name) in map(fold, known.values()):
        return None
    return f"{what} {name!r} does not exist in ASCIP"


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
    return replace(mapping, sites=there, gone_sites=gone, buckets=tuple(buckets))
