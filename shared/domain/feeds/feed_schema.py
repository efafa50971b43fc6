"""The records of a governed feed as JSON Schema (draft-07), made from its declaration, for programs.

It says what a stored payload looks like. Whether a record is in order is the business of the feed's rules.
"""

from typing import Any

from shared.domain.feeds.cell_values import MOST_ITEMS
from shared.domain.feeds.feed import Feed, Field, FieldKind

#: As cell_values.py writes them: no superfluous zeros, no sign of a zero.
_DECIMAL = r"^(0|-?(0\.[0-9]{0,8}[1-9]|[1-9][0-9]{0,17}(\.[0-9]{0,8}[1-9])?))$"
_DATE = r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
_MOST_INTEGER = 10**15 - 1


def feed_schema(feed: Feed) -> dict[str, Any]:
    """The schema of a feed's payloads."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"urn:ascip-sync:schema:feed:{feed.name}",
        "title": f"{feed.title}: a record of the feed {feed.name}",
        "type": "object",
        "additionalProperties": False,
        "required": [each.name for each in feed.fields if each.required],
        "properties": {each.name: _field(each) for each in feed.fields},
    }


def _field(field: Field) -> dict[str, Any]:
    return {"description": field.meaning, **_value(field)}


def _value(field: Field) -> dict[str, Any]:
    if field.kind is not FieldKind.LIST:
        return _single(field, field.kind)
    return {
        "type": "array", "items": _single(field, field.items), "minItems": 1, "maxItems": MOST_ITEMS,
        "uniqueItems": not field.repeats,
    }  # fmt: skip


def _single(field: Field, kind: FieldKind) -> dict[str, Any]:
    match kind:
        case FieldKind.TEXT | FieldKind.LIST:  # an item is no list itself
            return _text(field)
        case FieldKind.INTEGER:
            return {"type": "integer", "minimum": -_MOST_INTEGER, "maximum": _MOST_INTEGER}
        case FieldKind.DECIMAL:
            return {"type": "string", "pattern": _DECIMAL}
        case FieldKind.DATE:
            return {"type": "string", "format": "date", "pattern": _DATE}
        case FieldKind.BOOLEAN:
            return {"type": "boolean"}


def _text(field: Field) -> dict[str, Any]:
    if field.choices:
        return {"type": "string", "enum": list(field.choices)}
    return {"type": "string", "minLength": 1, "maxLength": field.longest}
