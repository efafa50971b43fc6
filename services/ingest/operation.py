"""What the OpenAPI document says of a request: its parameters, and the fields its body has at a place."""

from collections.abc import Iterable
from typing import Any

from fastapi import Request

PREFIX = "/api/v1"


def operation_of(request: Request) -> dict[str, Any]:
    """Empty for what isn't in the document."""
    route = request.scope.get("route")
    path = getattr(route, "path_format", "")  # as its router has it, so without the prefix
    paths = request.app.openapi()["paths"]
    found: dict[str, Any] = paths.get(PREFIX + path) or paths.get(path, {})
    operation: dict[str, Any] = found.get(request.method.lower(), {})
    return operation


def known_fields(request: Request, where: Iterable[str | int]) -> list[str]:
    """Names of the fields that an object of the JSON body has, found by the way that leads to it."""
    schemas = request.app.openapi()["components"]["schemas"]
    content = operation_of(request).get("requestBody", {}).get("content", {})
    schema = _resolved(schemas, content.get("application/json", {}).get("schema", {}))
    for part in where:
        inner = schema["items"] if isinstance(part, int) else schema["properties"][part]
        schema = _resolved(schemas, inner)
    return list(schema.get("properties", ()))


def _resolved(schemas: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = schemas[name] if name else schema
    return found
