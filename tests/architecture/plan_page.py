"""What docs/reference/plan.md says of each key, from the schema and the digested bodies themselves."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from shared.domain.action import Action, ActionClass, Kind, NextVersion
from shared.pipeline.plan_schema import HEADER, PLAN_SCHEMA

#: Keys of a body that are called otherwise in the document.
_CALLED = {"group_id": "group"}


def tables() -> str:
    """Every key, whether it is digested, and what it is."""
    action = PLAN_SCHEMA["properties"]["actions"]["items"]
    parts = {
        "The document": (PLAN_SCHEMA, [*HEADER, "actions"]),
        "An action": (action, _digested_of_action()),
        "A person": (action["properties"]["person"], ["key", "ascip_id"]),
        "A record": (action["properties"]["record"], ["source_id", "idempotency_key", "follows"]),
        "A change": (action["properties"]["changes"]["items"], ["path", "before", "after", "hold"]),
        "A limit": (PLAN_SCHEMA["properties"]["gates"]["items"], None),
        "The summary": (PLAN_SCHEMA["properties"]["summary"], []),
    }
    return (
        "".join(
            f"\n### {title}\n\n| key | digested | is |\n|---|---|---|\n"
            + "".join(_rows(schema["properties"], digested))
            for title, (schema, digested) in parts.items()
        )
        + "\n"
    )


def _rows(properties: Mapping[str, Any], digested: Collection[str] | None) -> Iterator[str]:
    for name, schema in properties.items():
        yes = "yes" if digested is None or name in digested else ""
        yield f"| `{name}` | {yes} | {schema['description']} |\n"


def _digested_of_action() -> set[str]:
    common: dict[str, Any] = {
        "action_class": ActionClass.ADDS,
        "person_key": "E1",
        "ascip_id": None,
    }
    version = NextVersion(idempotency_key="", follows=None)
    bodies = [Action(kind=Kind.ADD, version=v, **common).body() for v in (None, version)]
    return {_CALLED.get(name, name) for body in bodies for name in body}
