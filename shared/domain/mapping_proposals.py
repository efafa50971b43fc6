"""The file of proposals: `mapping suggest` writes it, people look through it, `mapping accept` takes it."""

import copy
from collections.abc import Collection, Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from typing import Any

from shared.domain.errors import ConfigInvalid
from shared.domain.json_schema import faults
from shared.domain.mapping import Mapping
from shared.domain.mapping_coverage import Part
from shared.domain.mapping_suggest import Scored, Suggestion
from shared.domain.strict_json import read_json
from shared.domain.text import fold, tidy

FORMAT_VERSION = "1.0"
_WORD = {"type": "string", "minLength": 1, "maxLength": 255}
_TARGET = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer", "minimum": 1}, "name": _WORD},
}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["mapping", "proposals"],
    "properties": {
        "mapping": {
            "type": "object",
            "required": ["version", "sha256"],
            "properties": {"version": {"type": "integer"}, "sha256": {"type": "string"}},
        },
        "proposals": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["number", "part", "value"],
                "properties": {
                    "number": {"type": "integer"}, "part": _WORD, "value": _WORD, "target": _TARGET,
                },
            },
        },
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One value and what it is to mean."""

    number: int
    part: Part
    bucket: str | None
    value: str
    #: Id and name in ASCIP; None where nothing was found and nobody wrote one in.
    target: tuple[int, str] | None
    preselected: bool = False
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """Read from a file: for which mapping they were made, and what they are."""

    version: int
    mapping_sha256: str
    items: tuple[Proposal, ...]


def proposals_document(mapping: Mapping, found: Iterable[Suggestion]) -> dict[str, object]:
    """The file's content."""
    return {
        "format_version": FORMAT_VERSION,
        "mapping": {"version": mapping.version, "sha256": mapping.sha256},
        "proposals": [_item(number, each) for number, each in enumerate(found, start=1)],
    }


def _item(number: int, found: Suggestion) -> dict[str, object]:
    item: dict[str, object] = {
        "number": number, "part": found.part.value, "value": found.value, "rows": found.rows,
        "preselected": found.preselected,
    }  # fmt: skip
    if found.bucket:
        item["bucket"] = found.bucket
    if found.best:
        item |= _scored(found.best) | {"target": _target(found.best)}
    if found.runner_up:
        item["runner_up"] = {**_target(found.runner_up), **_scored(found.runner_up)}
    return item


def _scored(found: Scored) -> dict[str, object]:
    return {"score": found.score, "rule": found.rule}


def _target(found: Scored) -> dict[str, object]:
    return {"id": found.meaning.id, "name": found.meaning.name}


def read_proposals(text: str) -> Proposals:
    """Read a file of proposals, whether or not somebody has edited it.

    Raises:
        ConfigInvalid: `proposals_invalid`; nothing was changed.
    """
    try:
        data = read_json(text)
    except ValueError as error:
        raise _invalid(str(error)) from error
    if found := faults(_SCHEMA, data):
        raise _invalid("; ".join(found[:5]))
    try:
        items = tuple(_proposal(item) for item in data["proposals"])
    except (TypeError, ValueError) as error:
        raise _invalid("a proposal has a part or a bucket that there is not") from error
    if len({item.number for item in items}) != len(items):
        raise _invalid("a number stands twice")
    about = data["mapping"]
    return Proposals(version=about["version"], mapping_sha256=about["sha256"], items=items)


def _proposal(item: MappingOf[str, Any]) -> Proposal:
    target = item.get("target")
    return Proposal(
        number=item["number"], part=Part(item["part"]), bucket=item.get("bucket"),
        value=item["value"], target=(target["id"], target["name"]) if target else None,
        preselected=item.get("preselected") is True, rows=int(item.get("rows", 0)),
    )  # fmt: skip


def _refused(each: Proposal, why: str) -> ConfigInvalid:
    return ConfigInvalid(
        f"Proposal {each.number} {why}. The mapping was not changed. Correct the file of proposals,"
        " or leave that number out.",
        code="proposals_invalid",
    )


def _invalid(why: str) -> ConfigInvalid:
    return ConfigInvalid(
        f"The file of proposals can't be read: {why}. The mapping was not changed."
        " Make it again: ascip-sync mapping suggest --csv FILE",
        code="proposals_invalid",
    )


def accepted(
    document: MappingOf[str, Any], chosen: Collection[Proposal], version: int
) -> dict[str, Any]:
    """The mapping with the chosen proposals in it, under a new version; the rest stays as written.

    Raises:
        ConfigInvalid: one of them has no target, or is about a bucket that the mapping doesn't have.
    """
    made: dict[str, Any] = copy.deepcopy(dict(document))
    made["version"] = version
    for each in chosen:
        if each.target is None:
            raise _refused(each, "has no target")
        match each.part:
            case Part.SITE:
                id_, name = each.target
                made["groups"]["sites"][each.value] = {"id": id_, "name": name}
            case Part.BUCKET:
                _add_value(made, each, each.target)
            case Part.ROLE:
                roles = made.setdefault("roles", {}).setdefault("values", {})
                roles[each.value] = each.target[1]
            case Part.TIMEZONE:
                raise _refused(each, "is about a time zone, and those are not mapped")
    return made


def _add_value(made: dict[str, Any], each: Proposal, target: tuple[int, str]) -> None:
    """The value itself if ASCIP calls it so, else one more spelling of it."""
    bucket = made.get("buckets", {}).get(each.bucket)
    if bucket is None:
        raise _refused(each, "is about a bucket that the mapping doesn't have")
    id_, name = target
    values: dict[str, Any] = bucket.setdefault("values", {})
    owner = next((n for n, value in values.items() if value["id"] == id_), name)
    value = values.setdefault(owner, {"id": id_})
    if fold(each.value) != fold(owner):
        value.setdefault("aliases", []).append(tidy(each.value))
