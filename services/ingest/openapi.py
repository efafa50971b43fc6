"""The OpenAPI 3.1 document: what each address answers, with examples, the problems included."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from services.ingest.problems import MEDIA_TYPE
from services.ingest.schemas import ProblemDocument
from shared.http.catalogue import PROBLEMS

Json = dict[str, Any]

#: They tell more to who shows a key.
WITH_AND_WITHOUT_KEY = ("/readyz", "/health")

#: What any address may answer, one that takes JSON, one that opens a stored file, and one that takes
#: an `Idempotency-Key`.
ASKED = ("unauthorized", "forbidden", "not_found", "invalid_request")
SENT = (*ASKED, "invalid_body", "too_large")
STORED = ("vault_damaged", "master_key_missing")
ORDERED = (
    *SENT,
    "idempotency_key_missing",
    "idempotency_key_invalid",
    "idempotency_in_flight",
    "idempotency_key_reused",
)


def problems(*codes: str) -> dict[int | str, Json]:
    """What an address may answer besides success, by status, with an example of each problem."""
    by_status: dict[int | str, Json] = {}
    for code in (*codes, "internal_error", "unavailable"):
        kind = PROBLEMS[code]
        found = by_status.setdefault(
            kind.status,
            {
                "description": "",
                "content": {
                    MEDIA_TYPE: {
                        "schema": {"$ref": "#/components/schemas/ProblemDocument"}, "examples": {},
                    }
                },
            },
        )  # fmt: skip
        found["description"] = "; ".join(filter(None, (found["description"], kind.title)))
        found["content"][MEDIA_TYPE]["examples"][kind.code] = {"value": _example(code)}
    return by_status


def _example(code: str) -> Json:
    kind = PROBLEMS[code]
    return {
        "type": kind.urn, "title": kind.title, "status": kind.status, "code": kind.code,
        "detail": f"{kind.means} {kind.written}", "instance": "/api/v1/…",
        "request_id": "req_7QK2M0XW3F9A", "retryable": kind.retryable,
        "help_url": f"/docs/problems/{kind.slug}", "errors": [],
    }  # fmt: skip


def body_of(kinds: Json) -> Json:
    """A request body that FastAPI doesn't read itself, by media type."""
    content = {kind: {"schema": schema} for kind, schema in kinds.items()}
    return {"requestBody": {"required": True, "content": content}}


def document(app: FastAPI) -> Json:
    """The whole document, made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, openapi_version="3.1.0",
            summary=app.summary, description=app.description, routes=app.routes, tags=app.openapi_tags,
        )  # fmt: skip
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        # Every problem is one of ours: FastAPI's own form of a validation error is never sent.
        for theirs in ("HTTPValidationError", "ValidationError"):
            schemas.pop(theirs, None)
        schemas["ProblemDocument"] = ProblemDocument.model_json_schema(
            ref_template="#/components/schemas/{model}"
        )
        schemas.update(schemas["ProblemDocument"].pop("$defs", {}))
        for path in WITH_AND_WITHOUT_KEY:
            made["paths"][path]["get"]["security"].insert(0, {})
        app.openapi_schema = made
    return app.openapi_schema
