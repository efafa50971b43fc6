"""How far a run is, before there is a plan too: as a page, and the same parts of it live."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, StreamingResponse

from services.console.deeds import deeds_of
from services.console.endings import ending_words, request_of
from services.console.progress_bars import bars, elapsed_s, steps
from services.console.run_frame import run_frame
from services.console.run_words import told_of
from services.console.show import Show, show
from services.console.signed_in import Viewer, Visitor, visitor_of
from shared.domain.access import Scope
from shared.http.following import EVENT_STREAM, HEADERS, Listener, following, sse
from shared.http.service import Served, Service
from shared.pipeline.follow import Event, EventType, Follower, at_rest
from shared.pipeline.look import Progress
from shared.pipeline.look_at_run import look_at_run

router = APIRouter()

#: Errors that the page shows; the report has all of them.
MOST_ERRORS = 10
#: Without anything new the figures are told again: time passes all the same.
TELL_AGAIN_S = 2.0
_TEMPLATE = "progress.html.j2"
#: Parts of the template and names of the events. A browser calls a lost line `error` itself.
_PARTS = {kind: kind.value for kind in EventType} | {EventType.ERROR: "errors"}


@router.get("/runs/{run_id}/apply")
def progress(request: Request, run_id: str, served: Served, visitor: Viewer) -> HTMLResponse:
    """The page."""
    values = {
        **_values(served, visitor, run_id, {}),
        "frame": run_frame(served.tools, run_id),
        "tab_name": "Progress",
    }
    return show(request, _TEMPLATE, values)


@router.get("/runs/{run_id}/live")
async def live(
    request: Request,
    run_id: str,
    served: Served,
    visitor: Viewer,
    last_event_id: Annotated[str | None, Header(max_length=64)] = None,
) -> StreamingResponse:
    """Its parts as they change: `phase`, `counts`, `errors`, `state`, and `done` as the last."""
    first = await run_in_threadpool(look_at_run, served.tools, run_id)
    told = _Parts(request=request, served=served, visitor=visitor)
    listener = Listener(
        tell=told.of, may_listen=told.may_still_look, farewell=sse(_PARTS[EventType.DONE], "")
    )
    stream = following(served.tools, first.now, Follower.after(last_event_id), listener)
    return StreamingResponse(stream, media_type=EVENT_STREAM, headers=HEADERS)


@dataclass(slots=True, kw_only=True)
class _Parts:
    """Says events as parts of the page."""

    request: Request
    served: Service
    visitor: Visitor
    #: The newest figures, and when they were told.
    _pace: Mapping[str, Any] = field(default_factory=dict)
    _told_at: float = 0.0

    def of(self, now: Progress, events: Sequence[Event]) -> str:
        """The parts that are new."""
        new = {event.type: event for event in events}
        if EventType.COUNTS in new:
            self._pace = new[EventType.COUNTS].data
        if not at_rest(now) and time.monotonic() - self._told_at >= TELL_AGAIN_S:
            new.setdefault(EventType.COUNTS, Event("", EventType.COUNTS, {}))
        if EventType.COUNTS in new:
            self._told_at = time.monotonic()
        if not new:
            return ""
        values = _values(self.served, self.visitor, now.run.id, self._pace)
        return "".join(self._part(event, values) for event in new.values())

    def may_still_look(self) -> bool:
        """Whether the session goes on; a stream doesn't outlive it."""
        visitor = visitor_of(self.request, self.served)
        return visitor is not None and visitor.principal.may(Scope.PLANS_READ)

    def _part(self, event: Event, values: Mapping[str, Any]) -> str:
        part = _PARTS[event.type]
        if event.type is EventType.DONE:
            return sse(part, "", event.id)
        made: Show = self.request.app.state.show
        return sse(part, made.html(self.request, _TEMPLATE, values, part), event.id)


def _values(
    served: Service, visitor: Visitor, run_id: str, pace: Mapping[str, Any]
) -> dict[str, Any]:
    """What the page and its parts show; ``pace`` is rate and time left, known to who follows."""
    tools = served.tools
    look = look_at_run(tools, run_id)
    now = tools.clock.now()
    return {
        "look": look, "told": told_of(look, now), "deeds": deeds_of(look, visitor),
        "steps": steps(look, now), "bars": bars(look), "pace": pace,
        "elapsed_s": elapsed_s(look, now), "rate_limit": tools.rate_per_s,
        "errors": list(reversed(look.now.errors))[:MOST_ERRORS], "moving": not at_rest(look.now),
        "ending_words": ending_words, "request_of": request_of,
    }  # fmt: skip
