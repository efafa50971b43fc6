"""Which values of an extract the mapping knows, and how many rows each stands for. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from shared.domain.mapping import MappedBucket, Mapping
from shared.domain.snapshot import Reference
from shared.domain.staff import StaffRecord
from shared.domain.text import fold


class Part(StrEnum):
    """What the mapping turns values into."""

    SITE = "site"
    BUCKET = "bucket"
    ROLE = "role"
    TIMEZONE = "timezone"


class Alike(NamedTuple):
    """Rows that say the same in every mapped column."""

    site_codes: tuple[str, ...]
    role: str | None
    timezone: str | None
    attributes: MappingOf[str, str]
    rows: int


def alike(records: Iterable[StaffRecord]) -> Iterator[Alike]:
    """Each record by itself."""
    return (Alike(r.site_codes, r.role, r.timezone, r.attributes, 1) for r in records)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueUse:
    """A value of the extract; spellings that are compared as one are one."""

    value: str
    rows: int
    #: Id and name of what it stands for in ASCIP; a text bucket has no id. None: unmapped.
    target: tuple[int | None, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartCoverage:
    """One column and what becomes of its values, unmapped ones first, then by number of rows."""

    part: Part
    #: The bucket's name; None for the other parts.
    bucket: str | None
    column: str
    values: tuple[ValueUse, ...]

    @property
    def rows(self) -> int:
        """Rows in which the column is not blank."""
        return sum(use.rows for use in self.values)

    @property
    def unmapped(self) -> tuple[ValueUse, ...]:
        """Values nothing stands for."""
        return tuple(use for use in self.values if use.target is None)

    @property
    def percent(self) -> float:
        """Share of those rows that is mapped."""
        lost = sum(use.rows for use in self.unmapped)
        return 100 * (self.rows - lost) / self.rows if self.rows else 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What of an extract the mapping covers; columns that the extract lacks are left out."""

    parts: tuple[PartCoverage, ...]
    #: Words of the mapping that no row has, such as `alias 'Tchr' of bucket 'Job Class'`.
    unused: tuple[str, ...]


def cover(
    rows: Iterable[Alike],
    columns: frozenset[str],
    mapping: Mapping,
    reference: Reference,
) -> Coverage:
    """Count values, of rows that are `alike`; ``mapping`` is the part of it whose ids exist (`usable`)."""
    found: dict[tuple[Part, str], Counter[str]] = {}
    for said in rows:
        for place, word in _words(said, mapping):
            if word:
                found.setdefault(place, Counter())[word] += said.rows
    sites = {code: (group.id, group.name) for code, group in mapping.sites.items()}
    parts = [_part(Part.SITE, "site_code", found, sites)]
    parts += [
        _bucket(bucket, found, reference) for bucket in mapping.buckets if bucket.column in columns
    ]
    if Part.ROLE in columns:
        parts.append(
            _part(Part.ROLE, "role", found, _by_name(reference.roles, mapping.role_values))
        )
    if Part.TIMEZONE in columns:
        parts.append(_part(Part.TIMEZONE, "timezone", found, _by_name(reference.timezones, {})))
    return Coverage(parts=tuple(parts), unused=tuple(_unused(found, columns, mapping)))


def _words(said: Alike, mapping: Mapping) -> Iterator[tuple[tuple[Part, str], str]]:
    yield from (((Part.SITE, ""), code) for code in said.site_codes)
    yield (Part.ROLE, ""), said.role or ""
    yield (Part.TIMEZONE, ""), said.timezone or ""
    for bucket in mapping.buckets:
        yield (Part.BUCKET, bucket.name), said.attributes.get(bucket.column, "")


def _bucket(
    bucket: MappedBucket, found: MappingOf[tuple[Part, str], Counter[str]], reference: Reference
) -> PartCoverage:
    known = reference.buckets[bucket.id].values
    targets = {word: (id_, known.get(id_, "")) for word, id_ in bucket.by_word.items()}
    return _part(
        Part.BUCKET, bucket.column, found, None if bucket.is_text else targets, bucket.name
    )


def _by_name(
    known: MappingOf[int, str], words: MappingOf[str, str]
) -> dict[str, tuple[int | None, str]]:
    """Folded name or word → what it stands for; a name that stands twice stands for nothing."""
    times = Counter(map(fold, known.values()))
    named = {fold(name): (id_, name) for id_, name in known.items() if times[fold(name)] == 1}
    given = {word: named[fold(name)] for word, name in words.items() if fold(name) in named}
    lost = {word for word, name in words.items() if fold(name) not in named}
    return {word: target for word, target in {**named, **given}.items() if word not in lost}


def _part(
    part: Part,
    column: str,
    found: MappingOf[tuple[Part, str], Counter[str]],
    targets: MappingOf[str, tuple[int | None, str]] | None,
    bucket: str | None = None,
) -> PartCoverage:
    """Values of one column; without ``targets`` each stands for itself (a text bucket)."""
    spellings = found.get((part, bucket or ""), Counter())
    form = str if part is Part.SITE else fold
    rows: Counter[str] = Counter()
    for word, count in spellings.items():
        rows[form(word)] += count
    shown = {form(word): word for word, _ in sorted(spellings.items(), key=lambda w: (w[1], w[0]))}
    uses = [
        ValueUse(
            value=shown[key], rows=count,
            target=(None, shown[key]) if targets is None else targets.get(key),
        )
        for key, count in rows.items()
    ]  # fmt: skip
    uses.sort(key=lambda use: (use.target is not None, -use.rows, use.value))
    return PartCoverage(part=part, bucket=bucket, column=column, values=tuple(uses))


def _unused(
    found: MappingOf[tuple[Part, str], Counter[str]], columns: frozenset[str], mapping: Mapping
) -> Iterator[str]:
    seen = found.get((Part.SITE, ""), Counter())
    yield from (f"site {code!r}" for code in mapping.sites if code not in seen)
    for bucket in mapping.buckets:
        words = {fold(word) for word in found.get((Part.BUCKET, bucket.name), ())}
        if bucket.column in columns:
            yield from (
                f"alias {alias!r} of bucket {bucket.name!r}"
                for alias in bucket.aliases
                if fold(alias) not in words
            )
    words = {fold(word) for word in found.get((Part.ROLE, ""), ())}
    if Part.ROLE in columns:
        yield from (f"role word {word!r}" for word in mapping.role_values if word not in words)
