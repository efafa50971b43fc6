"""What somebody says that an unmapped value is to mean, by id or name: it must exist in ASCIP. Pure."""

import re
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass

from shared.domain.mapping import Mapping
from shared.domain.mapping_coverage import Part
from shared.domain.snapshot import Reference
from shared.domain.text import fold

#: `Lincoln High (402)`, as lists show it, or the id alone.
_WITH_ID = re.compile(r"(\d{1,15})|.*\((\d{1,15})\)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A value of the extract, and what somebody says that it means."""

    part: Part
    bucket: str | None
    value: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """Why a choice can't be taken, in words for whoever made it."""

    words: str


def meanings(
    part: Part, bucket: str | None, mapping: Mapping, reference: Reference
) -> MappingOf[int, str]:
    """Id → name of everything that a value of a part may stand for; nothing for a time zone."""
    match part:
        case Part.SITE:
            return {g.id: g.name for g in reference.groups.values() if g.id != mapping.district.id}
        case Part.BUCKET:
            ids = [b.id for b in mapping.buckets if b.name == bucket and not b.is_text]
            return reference.buckets[ids[0]].values if ids and ids[0] in reference.buckets else {}
        case Part.ROLE:
            return reference.roles
        case Part.TIMEZONE:
            return {}


def meant(choice: Choice, mapping: Mapping, reference: Reference) -> tuple[int, str] | Unfit:
    """Id and name in ASCIP. A name that stands twice needs its id, and a role of such a name is nobody's."""
    known = meanings(choice.part, choice.bucket, mapping, reference)
    said = choice.meaning.strip()
    named = [(id_, name) for id_, name in known.items() if fold(name) == fold(said)]
    if len(named) > 1:
        ids = ", ".join(str(id_) for id_, _ in named)
        return Unfit(words=f"{said} stands {len(named)} times in ASCIP. Give its id: {ids}.")
    if named:
        return named[0]
    found = _WITH_ID.fullmatch(said)
    if found and (id_ := int(found[1] or found[2])) in known:
        return _unique(choice.part, id_, known)
    return Unfit(words="There is no such thing in ASCIP. Take a name or an id from the list.")


def _unique(part: Part, id_: int, known: MappingOf[int, str]) -> tuple[int, str] | Unfit:
    name = known[id_]
    times = sum(fold(other) == fold(name) for other in known.values())
    if part is Part.ROLE and times > 1:
        return Unfit(words=f"{name} stands {times} times in ASCIP, and roles are known by name.")
    return id_, name
