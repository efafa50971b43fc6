"""Holds JSON against a schema: the part of JSON Schema (draft-07) that our published schemas use.

What a file is refused for and what an editor underlines come from one place. A test compares this with
a full validator.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

_TYPES = {"object": "a table", "array": "a list", "string": "text", "integer": "a whole number"}
_ROOT = "the file"


def faults(schema: Mapping[str, Any], value: Any) -> list[str]:  # noqa: ANN401  # JSON from outside
    """What is wrong, each with its place; values are not repeated."""
    return list(_faults(schema, value, (), schema))


def _faults(
    schema: Mapping[str, Any],
    value: Any,  # noqa: ANN401  # JSON from outside
    place: tuple[str, ...],
    root: Mapping[str, Any],
) -> Iterator[str]:
    if reference := schema.get("$ref"):
        name = reference.removeprefix("#/definitions/")
        yield from _faults(root["definitions"][name], value, place, root)
        return
    wanted = schema.get("type")
    if wanted and not _is(wanted, value):
        yield f"{_at(place)} must be {_TYPES[wanted]}"
    elif isinstance(value, dict):
        yield from _of_table(schema, value, place, root)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(schema.get("items", {}), item, (*place, str(index + 1)), root)
    elif isinstance(value, str):
        yield from _of_text(schema, value, place)
    elif isinstance(value, int):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        if not low <= value <= high:
            yield f"{_at(place)} must be a whole number from {low} to {high}"


def _of_table(
    schema: Mapping[str, Any],
    table: Mapping[str, Any],
    place: tuple[str, ...],
    root: Mapping[str, Any],
) -> Iterator[str]:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for key in schema.get("required", ()):
        if key not in table:
            yield f"{_at((*place, key))} is missing"
    names = schema.get("propertyNames")
    for key, value in table.items():
        here = (*place, key)
        if key in known:
            yield from _faults(known[key], value, here, root)
        elif others is False:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            yield f"{_at(here)} is not a key{hint}"
        elif others is not True:
            yield from _faults(others, value, here, root)
        if names:
            yield from (f"{fault} (as a key)" for fault in _faults(names, key, here, root))


def _of_text(schema: Mapping[str, Any], text: str, place: tuple[str, ...]) -> Iterator[str]:
    low, high = schema.get("minLength", 0), schema.get("maxLength", len(text))
    if not low <= len(text) <= high:
        yield f"{_at(place)} must have {low} to {high} characters"
    elif (pattern := schema.get("pattern")) and not re.fullmatch(pattern, text):
        yield f"{_at(place)} holds control characters"


def _is(wanted: str, value: object) -> bool:
    match wanted:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "string":
            return isinstance(value, str)
        case _:
            return isinstance(value, int) and not isinstance(value, bool)


def _at(place: tuple[str, ...]) -> str:
    """The place as people write it: `groups.sites.010.id`."""
    return ascii(".".join(part[:50] for part in place))[1:-1] if place else _ROOT
