"""`/runs/{id}/events`: a run as it goes on, as server-sent events or as lines of JSON."""

import json
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from services.ingest.caller import Reader
from services.ingest.openapi import ASKED, problems
from services.ingest.schemas import Id
from shared.http.following import EVENT_STREAM, HEADERS, Listener, following, sse
from shared.http.service import Served
from shared.pipeline.follow import Event, EventType, Follower
from shared.pipeline.look import Progress, progress

router = APIRouter(tags=["runs"])

_NDJSON = "application/x-ndjson"
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


def _sse(_: Progress, events: Sequence[Event]) -> str:
    return "".join(sse(event.type.value, json.dumps(event.data), event.id) for event in events)


def _lines(_: Progress, events: Sequence[Event]) -> str:
    told = ({"type": event.type.value, "id": event.id, **event.data} for event in events)
    return "".join(json.dumps(each) + "\n" for each in told)


_EVENTS = Listener(tell=_sse)
_LINES = Listener(tell=_lines, beat="")


@router.get(
    "/runs/{run_id}/events",
    summary="Follow a run",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {EVENT_STREAM: {"schema": _EVENT}, _NDJSON: {"schema": _LINE}},
            "description": "Until nothing moves any more.",
        },
        **problems(*ASKED),
    },
)
async def follow_run(
    run_id: Id,
    served: Served,
    _: Reader,
    accept: Annotated[str, Header()] = EVENT_STREAM,
    last_event_id: Annotated[str | None, Header(max_length=64)] = None,
) -> StreamingResponse:
    """Events `phase`, `counts`, `error`, `state`, and `done` as the last.

    The first events give the whole picture. With `Last-Event-ID` the stream goes on where it broke off;
    with `Accept: application/x-ndjson` each event is a line of JSON.
    """
    first = await run_in_threadpool(progress, served.tools, run_id)
    listener = _LINES if _NDJSON in accept else _EVENTS
    stream = following(served.tools, first, Follower.after(last_event_id), listener)
    media = _NDJSON if _NDJSON in accept else EVENT_STREAM
    return StreamingResponse(stream, media_type=media, headers=HEADERS)
