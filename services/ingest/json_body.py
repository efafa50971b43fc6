"""JSON bodies, read strictly, and the `Idempotency-Key` that goes with them."""

import hashlib
import json
import re
from typing import Annotated, Any

from fastapi import Depends, Header, Request

from services.ingest.caller import MaybeCaller
from shared.http.problem import ProblemError
from shared.ports.access import RequestKey

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


async def strict_json(request: Request) -> bytes:
    """The body, seen to be JSON as RFC 8259 has it: UTF-8, no key twice, no NaN, not nested without end.

    pydantic would take the last of two equal keys: another reader of the same bytes, the first.
    """
    body = await request.body()
    try:
        json.loads(body.decode("utf-8-sig"), object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ProblemError("invalid_body") from error
    return body


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def named_key(
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="Yours, new for each request; the same one with each repeat of it.",
            examples=["0d9f2f0e-7c4e-4a53-9f3e-1f0f6f8a1c55"],
        ),
    ] = None,
) -> str:
    """What the caller calls this request."""
    if not key:
        raise ProblemError("idempotency_key_missing")
    if not _KEY.fullmatch(key):
        raise ProblemError("idempotency_key_invalid")
    return key


NamedKey = Annotated[str, Depends(named_key)]


def request_key(
    request: Request,
    caller: MaybeCaller,
    body: Annotated[bytes, Depends(strict_json)],
    key: NamedKey,
) -> RequestKey:
    """What makes a repeat of this request the same request."""
    return RequestKey(
        principal=str(caller.actor) if caller else "", path=request.url.path, key=key,
        body_sha256=hashlib.sha256(body).hexdigest(),
    )  # fmt: skip


async def bare_request_key(request: Request, caller: MaybeCaller, key: NamedKey) -> RequestKey:
    """The same, where the address says it all and no body is wanted."""
    return request_key(request, caller, await request.body(), key)


Once = Annotated[RequestKey, Depends(request_key)]
StrictJson = Annotated[bytes, Depends(strict_json)]
BareOnce = Annotated[RequestKey, Depends(bare_request_key)]
