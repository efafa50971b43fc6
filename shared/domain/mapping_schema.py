"""The form of the mapping file as JSON Schema (draft-07): published for editors, used by the parser."""

from typing import Any

#: What is known of a schema's home; a file may name any copy under `$schema`.
SCHEMA_ID = "urn:ascip-sync:schema:mapping"
#: Ids and versions fit what PostgreSQL and JSON readers hold.
_MOST_ID, _MOST_VERSION = 2**53 - 1, 2**31 - 1
#: Characters of a word; the LMS has no longer names.
_MOST_WORD = 255


def _word(description: str) -> dict[str, Any]:
    return {
        "description": description, "type": "string", "minLength": 1, "maxLength": _MOST_WORD,
        "pattern": r"^[^\u0000-\u001f\u007f]*$",
    }  # fmt: skip


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/definitions/{name}"}


def _words(description: str) -> dict[str, Any]:
    return {"description": description, "type": "array", "items": _ref("word")}


def _table(description: str, required: list[str], **properties: Any) -> dict[str, Any]:  # noqa: ANN401  # a schema
    return {
        "description": description, "type": "object", "additionalProperties": False,
        "required": required, "properties": properties,
    }  # fmt: skip


def _named(description: str, of: str) -> dict[str, Any]:
    """A table whose keys are words of the district."""
    return {
        "description": description, "type": "object", "propertyNames": _ref("word"),
        "additionalProperties": _ref(of),
    }  # fmt: skip


_VERSION = {
    "description": "Raised with each change of the file.",
    "type": "integer", "minimum": 1, "maximum": _MOST_VERSION, "examples": [1],
}  # fmt: skip

_DEFINITIONS = {
    "word": _word("Text of one line."),
    "id": {
        "description": "An id of ASCIP, as `ascip-sync refs pull` lists it.",
        "type": "integer", "minimum": 1, "maximum": _MOST_ID,
    },
    "group": _table("A group of ASCIP.", ["id", "name"], id=_ref("id"), name=_ref("word")),
    "value": _table(
        "A value of the bucket.", ["id"], id=_ref("id"),
        aliases=_words("Other spellings of it in the extract."),
    ),
    "bucket": _table(
        "A bucket and the column it is filled from.", ["id", "column"], id=_ref("id"),
        column=_word("Column of the extract, such as job_title."),
        values=_named(
            "Value as ASCIP names it → id and spellings; without values the text is sent.", "value"
        ),
    ),
}  # fmt: skip

MAPPING_SCHEMA: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": SCHEMA_ID,
    "title": "Mapping file of the ASCIP Sync Engine",
    **_table(
        "How values of the extract become ids of ASCIP.",
        ["version", "groups"],
        **{"$schema": {"description": "Where an editor finds this schema.", "type": "string"}},
        version=_VERSION,
        groups=_table(
            "Groups that are filled.", ["district", "sites"],
            district=_ref("group"),
            sites=_named("Site code as in the extract → its group.", "group"),
        ),
        buckets=_named("Bucket as ASCIP names it → where it is filled from.", "bucket"),
        roles=_table(
            "Roles.", [], default=_word("Role of somebody who is added."),
            values=_named("Word in the extract → role as ASCIP names it.", "word"),
        ),
        timezones=_table(
            "Time zones.", [], default=_word("Time zone of somebody who is added."),
        ),
        protected=_table(
            "Accounts that are never touched.", [],
            usernames=_words("By username."), roles=_words("By role."),
        ),
        privileged_roles=_words("Roles that are given only when a review names the person."),
    ),
    "definitions": _DEFINITIONS,
}  # fmt: skip
