"""The plan as one document (documents.py) as JSON Schema (draft-07), for programs that read it.

Closed lists are the engine's own. A key that it doesn't name is allowed: minor versions add.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from shared.domain.action import ActionClass, ActionStatus, HeldReason, Kind, Mark
from shared.domain.gate_rules import GateName
from shared.domain.gates import Verdict
from shared.domain.policy import MatchRule
from shared.domain.reversal import LeftOutReason
from shared.domain.review import Decision
from shared.domain.run import RunState
from shared.ports.target import Mismatch

Schema = dict[str, Any]

_MOST_ID = 2**53 - 1


def _text(description: str, **more: str) -> Schema:
    return {"description": description, "type": "string", **more}


def _sha256(description: str, prefix: str = "") -> Schema:
    return _text(description, pattern=f"^{prefix}[0-9a-f]{{64}}$")


def _count(description: str) -> Schema:
    return {"description": description, "type": "integer", "minimum": 0}


def _id(description: str) -> Schema:
    return {"description": description, "type": "integer", "minimum": 1, "maximum": _MOST_ID}


def _moment(description: str) -> Schema:
    return _text(description, format="date-time")


def _word(description: str, words: type[StrEnum]) -> Schema:
    return {"description": description, "enum": [word.value for word in words]}


def _list(description: str, of: Schema) -> Schema:
    return {"description": description, "type": "array", "items": of}


def _or_null(schema: Schema) -> Schema:
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    return {**schema, "type": [schema["type"], "null"]}


def _table(description: str, properties: Mapping[str, Schema], *optional: str) -> Schema:
    return {
        "description": description, "type": "object",
        "required": [name for name in properties if name not in optional],
        "properties": dict(properties),
    }  # fmt: skip


def _value(description: str) -> Schema:
    return {"description": description, "type": ["string", "integer", "null"]}


_CHANGE = _table(
    "One field of a person or record.",
    {
        "path": _text("The field; `buckets.7` is the bucket with the id 7."),
        "before": _value("As it is; null for nothing."),
        "after": _value("As it will be."),
        "before_name": _or_null(_text("What `before` is called, where it is an id.")),
        "after_name": _or_null(_text("What `after` is called.")),
        "hold": _or_null(_word("Why this change alone is left out.", HeldReason)),
    },
)

_PERSON = _or_null(
    _table(
        "Whom it is about; null in a plan of governed records.",
        {
            "key": _text("The employee id, else `ascip:` and the id in ASCIP."),
            "ascip_id": _or_null(_id("Null until an add has succeeded.")),
            "email_masked": _text("The work email, masked."),
        },
    )
)

_RECORD = _or_null(
    _table(
        "Which governed record it is about; null in a plan of people.",
        {
            "source_id": _text("Its id in the extract."),
            "idempotency_key": _sha256("The key of the version that it makes."),
            "follows": _or_null(_sha256("The key of the version before; null for the first.")),
        },
    )
)

_ACTION = {
    **_table(
        "One change to one person, one membership or one governed record.",
        {
            "id": _text(
                "The same for the same person, kind and group.", pattern="^act_[0-9a-f]{16}$"
            ),
            "kind": _word("What it does.", Kind),
            "class": _word("What limits, approvals and releases name.", ActionClass),
            "person": _PERSON,
            "record": _RECORD,
            "group": _or_null(
                _table(
                    "The group that is joined or left.",
                    {"id": _id("Its id in ASCIP."), "name": _or_null(_text("What it is called."))},
                )
            ),
            "source": _table("Where it comes from.", {"row": _or_null(_id("Row of the extract."))}),
            "match": _table(
                "How the person was found.", {"by": _or_null(_word("The rule.", MatchRule))}
            ),
            "marks": _list("What a reviewer should notice.", _word("A mark.", Mark)),
            "changes": _list("What becomes of the fields.", _CHANGE),
            "depends_on": _list("Actions that must have succeeded before.", _text("An id.")),
            "status": _word("Where it stands.", ActionStatus),
            "hold": _or_null(_word("Why the plan holds it.", HeldReason)),
            "reason": _text("Why it is proposed."),
            "outcome": _or_null(_text("Code of how it ended.")),
            "holder_id": _or_null(_id("Who has the email or username that was refused.")),
            "verified_at": _or_null(_moment("When it was read again.")),
            "mismatch": _or_null(_word("What was not as written then.", Mismatch)),
        },
    ),
    "oneOf": [
        {"properties": {"person": {"type": "object"}, "record": {"type": "null"}}},
        {"properties": {"person": {"type": "null"}, "record": {"type": "object"}}},
    ],
}

_GATE = _table(
    "A limit with its verdict; where it is reached it holds its classes, or of them what it is about.",
    {
        "gate": _word("The limit.", GateName),
        "class": _or_null(_word("The first of its classes.", ActionClass)),
        "classes": _list("What it holds.", _word("A class.", ActionClass)),
        "site": _or_null(_text("The site it is about, by its code in the mapping.")),
        "limit": _or_null({"description": "Trips at or above it.", "type": "integer"}),
        "value": {"description": "What there is.", "type": "integer"},
        "verdict": _word("What it says.", Verdict),
        "population": _or_null(_count("Of how many a percentage was taken.")),
    },
    "population", "classes", "site",
)  # fmt: skip

_CSV = _or_null(_table(
    "The extract; null of a plan that takes a run back.",
    {
        "name": _text("As its sender called it."),
        "sha256": _sha256("Of the file as it came."),
        "rows": _count("Rows read."),
        "valid": _count("Rows taken."),
        "quarantined": _count("Rows not taken."),
    },
))  # fmt: skip

_LEFT_OUT = _table(
    "People, or governed records, of whom nothing is taken back for one reason.",
    {
        "reason": _word("Why.", LeftOutReason),
        "count": _count("How many."),
        "first": _list(
            "At most 100 of them, by key; `exceptions/left_out.csv` of the reports has all.",
            _table(
                "One of them.",
                {
                    "key": _text("As actions name them."),
                    "ascip_id": _or_null(_id("Null of a record, and where nobody knows it.")),
                    "fields": _list("What stands in the way.", _text("A path.")),
                },
            ),
        ),
    },
)

_COUNTS = {
    **{kind.value: _count(f"Actions of the kind `{kind.value}`, held ones too.") for kind in Kind},
    "held": _count("Held actions."),
    "waiting_for_held": _count("Actions that depend on held ones."),
    "unchanged": _count("Rows that ask for nothing."),
    "calls_estimated": _count("ASCIP calls without what is held."),
    "minutes_estimated": _count("What they take at `facts.rate_per_s`, rounded up."),
}

_NAMES = _text("A name.")
_REVIEW = _table(
    "The decision, as it was sent; null as long as nobody has decided.",
    {
        "decision": _word("What was decided.", Decision),
        "plan_digest": _sha256("The digest it names."),
        "select": _table(
            "What an approval takes; an empty list doesn't narrow.",
            {
                "classes": _list("Classes.", _word("A class.", ActionClass)),
                "sites": _list("Sites by their codes.", _NAMES),
                "people": _list("People by their keys.", _NAMES),
                "exclude": _list("People who are left out.", _NAMES),
            },
        ),
        "releases": _list(
            "What it lifts.",
            _table(
                "The release of a class, or of people of it.",
                {
                    "class": _word("The class.", ActionClass),
                    "count": _count("How many held actions it lifts."),
                    "reason": _text("Why."),
                    "people": _list("Whom it names; nobody: all that gates hold.", _NAMES),
                },
            ),
        ),
        "comment": _text("What the reviewer wrote."),
        "actor": _text("Who decided; `system` where a rule did."),
        "decided_at": _moment("When."),
    },
)

_COMMENT = _table(
    "What somebody wrote about the plan.",
    {
        "id": _text("Its id.", pattern="^com_"),
        "at": _moment("When."),
        "actor": _text("Who."),
        "text": _text("What; it may name people."),
    },
)

#: What stands at the top of the digested body.
HEADER = {
    "format_version": _text("The form of what is digested.", pattern="^1\\.[0-9]+$"),
    "feed": _text("`staff`, or a governed feed."),
    "as_of": _text("The day it was made on, in the district.", format="date"),
    "engine_version": _text("What made it."),
    "input_sha256": _sha256("Over the set of records, whatever their order."),
    "mapping_sha256": _text(
        "Of the mapping; empty where the feed has none.", pattern="^([0-9a-f]{64})?$"
    ),
    "former_groups": _list("Groups the mapping no longer has.", _id("An id.")),
    "config_sha256": _sha256("Of what in the configuration decides a plan."),
    "snapshot_sha256": _sha256("Of the target as it was read."),
    "gates": _list("Every limit.", _GATE),
}

#: What isn't in every plan: there are two targets, and older releases.
_OPTIONAL = ("former_groups", "reverts", "left_out", "review", "comments")

PLAN_SCHEMA: Schema = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": "urn:ascip-sync:schema:plan",
    "title": "Plan of the ASCIP Sync Engine",
    **_table(
        "What one extract would change: the digested body, and around it what is not digested.",
        {
            **HEADER,
            "id": _text("The plan's id.", pattern="^pln_"),
            "run_id": _text("Its run's id.", pattern="^run_"),
            "digest": _sha256("What a review names.", "sha256:"),
            "state": _word("Of the run.", RunState),
            "applyable": {
                "description": "Whether anything can be approved without a release.",
                "type": "boolean",
            },
            "held_classes": _list("Classes a limit holds.", _word("A class.", ActionClass)),
            "inputs": _table("What it was made from.", {"csv": _CSV}),
            "reverts": _or_null(_text("The run that it takes back.", pattern="^run_")),
            "left_out": _list("Of whom it takes nothing back, the most frequent reason first.", _LEFT_OUT),
            "summary": _table(
                "Counts.", _COUNTS, *(n for n in _COUNTS if n not in ("add", "update", "held"))
            ),
            "facts": {"description": "What is said of the whole.", "type": "object"},
            "created_at": _moment("When it was made."),
            "expires_at": _or_null(_moment("Until when it may be approved and applied.")),
            "next_actor": _text("Who is to act."),
            "next_step": _text("What is to be done."),
            "review": _or_null(_REVIEW),
            "comments": _list("What people wrote about it, oldest first.", _COMMENT),
            "actions": _list("In the order of application.", _ACTION),
        },
        *_OPTIONAL,
    ),
}  # fmt: skip
