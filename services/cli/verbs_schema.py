"""`schema NAME`, `schema feed NAME`: JSON Schemas (draft-07) for editors and programs."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import typer

from services.cli.exits import Exit
from shared.domain.feeds.feed_schema import feed_schema
from shared.domain.feeds.governed import FEEDS
from shared.domain.mapping_schema import MAPPING_SCHEMA
from shared.pipeline.plan_schema import PLAN_SCHEMA


def schema(name: str, feed: str | None) -> int:
    """Print one."""
    asked = name if feed is None else f"{name} {feed}"
    if asked not in SCHEMAS:
        raise typer.BadParameter(f"there is no schema {asked!r}; known: {', '.join(SCHEMAS)}.")
    print(json.dumps(SCHEMAS[asked](), indent=2, ensure_ascii=False))
    return Exit.DONE


def _config() -> dict[str, Any]:
    from shared.settings import Settings  # noqa: PLC0415  # slow to import

    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "urn:ascip-sync:schema:config",
        **_draft_07(Settings.model_json_schema()),
        "title": "Configuration of the ASCIP Sync Engine",
    }


def _draft_07(schema: Any) -> Any:  # noqa: ANN401  # JSON
    """Pydantic writes draft 2020-12; older editors look for `definitions`."""
    if isinstance(schema, dict):
        return {
            ("definitions" if key == "$defs" else key): _draft_07(value)
            for key, value in schema.items()
        }
    if isinstance(schema, list):
        return [_draft_07(item) for item in schema]
    return schema.replace("#/$defs/", "#/definitions/") if isinstance(schema, str) else schema


#: As they are asked for.
SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "config": _config,
    "mapping": lambda: MAPPING_SCHEMA,
    "plan": lambda: PLAN_SCHEMA,
    **{f"feed {name}": partial(feed_schema, feed) for name, feed in FEEDS.items()},
}
