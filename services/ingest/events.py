"""`/runs/{id}/events`: a run as it goes on, as server-sent events or as lines of JSON."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from services.ingest.caller import Reader
from services.ingest.openapi import ASKED, problems
from services.ingest.schemas import Id
from shared.http.service import Served, Service
from shared.pipeline.follow import Event, EventType, Follower, at_rest
from shared.pipeline.look import Progress, progress

router = APIRouter(tags=["runs"])

POLL_S = 0.5
#: Proxies close connections on which nothing comes.
HEARTBEAT_S = 15.0
_SSE, _NDJSON = "text/event-stream", "application/x-ndjson"
_TYPES = {"type": "string", "enum": [kind.value for kind in EventType]}
#: One event of the stream, and one line.
_EVENT = {
    "type": "object",
    "required": ["id", "event", "data"],
    "properties": {"id": {"type": "string"}, "event": _TYPES, "data": {"type": "string"}},
}
_LINE = {
    "type": "object",
    "required": ["id", "type"],
    "properties": {"id": {"type": "string"}, "type": _TYPES},
}


@router.get(
    "/runs/{run_id}/events",
    summary="Follow a run",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {_SSE: {"schema": _EVENT}, _NDJSON: {"schema": _LINE}},
            "description": "Until nothing moves any more.",
        },
        **problems(*ASKED),
    },
)
async def follow_run(
    run_id: Id,
    served: Served,
    _: Reader,
    accept: Annotated[str, Header()] = _SSE,
    last_event_id: Annotated[str | None, Header(max_length=64)] = None,
) -> StreamingResponse:
    """Events `phase`, `counts`, `error`, `state`, and `done` as the last.

    The first events give the whole picture. With `Last-Event-ID` the stream goes on where it broke off;
    with `Accept: application/x-ndjson` each event is a line of JSON.
    """
    first = await run_in_threadpool(progress, served.tools, run_id)
    lines = _NDJSON in accept
    stream = _stream(served, first, Follower.after(last_event_id), lines=lines)
    headers = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
    return StreamingResponse(stream, media_type=_NDJSON if lines else _SSE, headers=headers)


async def _stream(
    served: Service, now: Progress, follower: Follower, *, lines: bool
) -> AsyncIterator[str]:
    form = _line if lines else _sse
    said = time.monotonic()
    while True:
        for event in follower.events(now, at=time.monotonic()):
            said = time.monotonic()
            yield form(event)
        if at_rest(now):
            return
        if not lines and time.monotonic() - said > HEARTBEAT_S:
            said = time.monotonic()
            yield ": still here\n\n"
        await asyncio.sleep(POLL_S)
        now = await run_in_threadpool(progress, served.tools, now.run.id)


def _sse(event: Event) -> str:
    return f"id: {event.id}\nevent: {event.type.value}\ndata: {json.dumps(event.data)}\n\n"


def _line(event: Event) -> str:
    return json.dumps({"type": event.type.value, "id": event.id, **event.data}) + "\n"
