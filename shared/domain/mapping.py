"""The mapping file: how values of the extract become ids of the LMS. Names stand beside ids."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from shared.domain.canonical import Json, fingerprint
from shared.domain.errors import ConfigInvalid
from shared.domain.feeds.staff import CORE
from shared.domain.json_schema import faults
from shared.domain.mapping_schema import MAPPING_SCHEMA
from shared.domain.strict_json import read_json
from shared.domain.text import fold, tidy

#: Faults told at once.
_SHOWN = 10


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
    #: Group id → name of groups that were ours by an applied version: emptied, never filled.
    former_groups: MappingOf[int, str] = field(default_factory=dict)

    @cached_property
    def groups(self) -> dict[int, str]:
        """Group id → name of every group that this version names."""
        groups = [self.district, *self.sites.values()]
        return {group.id: group.name for group in groups}

    @cached_property
    def managed_groups(self) -> dict[int, str]:
        """Group id → name of every group whose members are ours to decide."""
        return {**self.former_groups, **self.groups}

    @property
    def attribute_columns(self) -> frozenset[str]:
        """Columns of the extract that buckets take their values from."""
        return frozenset(bucket.column for bucket in self.buckets)


def parse_mapping(text: str) -> Mapping:
    """Read a mapping file.

    Raises:
        ConfigInvalid: not JSON, not in the form of `mapping_schema`, or at odds with itself; the
            message names every place. Nothing was started.
    """
    return mapping_of(read_document(text))


def read_document(text: str) -> dict[str, Any]:
    """The mapping file as it is written, in the form of the schema. Raises as `parse_mapping`."""
    try:
        data = read_json(text)
    except ValueError as error:
        raise ConfigInvalid(
            f"mapping.json is not JSON: {error}. Nothing was started.", code="mapping_invalid"
        ) from error
    _refuse(faults(MAPPING_SCHEMA, data))
    return cast("dict[str, Any]", data)


def mapping_of(data: MappingOf[str, Any]) -> Mapping:
    """The mapping that a document of the right form says. Raises as `parse_mapping`."""
    _refuse(list(_contradictions(data)))
    groups, protected = data["groups"], data.get("protected", {})
    roles = data.get("roles", {})
    return Mapping(
        version=data["version"],
        district=_group(groups["district"]),
        sites={tidy(code): _group(group) for code, group in groups["sites"].items()},
        buckets=tuple(_bucket(n, b) for n, b in sorted(data.get("buckets", {}).items())),
        role_default=roles.get("default"),
        role_values={fold(k): v for k, v in roles.get("values", {}).items()},
        timezone_default=data.get("timezones", {}).get("default"),
        protected_usernames=frozenset(map(fold, protected.get("usernames", ()))),
        protected_roles=frozenset(map(fold, protected.get("roles", ()))),
        privileged_roles=frozenset(map(fold, data.get("privileged_roles", ()))),
        sha256=fingerprint(cast("Json", {k: v for k, v in data.items() if k != "$schema"})),
    )


def _refuse(found: Sequence[str]) -> None:
    if not found:
        return
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise ConfigInvalid(
        f"mapping.json is not a mapping: {'; '.join(found[:_SHOWN])}{more}."
        " See docs/reference/mapping.md. Nothing was started.",
        code="mapping_invalid",
    )


def _contradictions(data: MappingOf[str, Any]) -> Iterator[str]:
    """What no schema can say: words that are one once they are compared, and words of nothing."""
    roles, protected = data.get("roles", {}), data.get("protected", {})
    yield from _doubled("groups.sites", data["groups"]["sites"], tidy)
    yield from _doubled("roles.values", roles.get("values", {}), fold)
    yield from _blank("protected.usernames", protected.get("usernames", ()))
    yield from _blank("protected.roles", protected.get("roles", ()))
    yield from _blank("privileged_roles", data.get("privileged_roles", ()))
    buckets: dict[int, str] = {}
    for name, bucket in data.get("buckets", {}).items():
        if buckets.setdefault(bucket["id"], name) != name:
            yield f"buckets {buckets[bucket['id']]!r} and {name!r} have one id"
        yield from _blank(f"buckets.{name}.column", [bucket["column"]])
        if bucket["column"] in CORE:  # a record keeps these elsewhere: they would read as blank
            yield f"buckets.{name}.column is {bucket['column']!r}, which fills no bucket"
        owners: dict[str, str] = {}
        for owner, value in bucket.get("values", {}).items():
            spellings = [owner, *value.get("aliases", ())]
            yield from _blank(f"buckets.{name}.values.{owner}", spellings)
            for word in spellings:
                if owners.setdefault(fold(word), owner) != owner:
                    yield f"{word!r} of bucket {name!r} stands for two values"


def _doubled(place: str, words: Iterable[str], form: Callable[[str], str]) -> Iterator[str]:
    for word, times in Counter(map(form, words)).items():
        if not word:
            yield f"{place} has a blank key"
        elif times > 1:
            yield f"{place} has {word!r} twice, but for case or spaces"


def _blank(place: str, words: Iterable[str]) -> Iterator[str]:
    """A blank word would stand for everybody who has nothing there."""
    if not all(map(tidy, words)):
        yield f"{place} has a blank word"


def _group(data: MappingOf[str, Any]) -> MappedGroup:
    return MappedGroup(id=data["id"], name=data["name"])


def _bucket(name: str, data: MappingOf[str, Any]) -> MappedBucket:
    values = data.get("values", {})
    return MappedBucket(
        id=data["id"],
        name=name,
        column=data["column"],
        values={value: of["id"] for value, of in values.items()},
        aliases={alias: value for value, of in values.items() for alias in of.get("aliases", ())},
    )
