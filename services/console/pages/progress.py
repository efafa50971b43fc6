"""How far a run is, before there is a plan too: as a page, and the same parts of it live."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, StreamingResponse

from services.console.deeds import Deed, deeds_of
from services.console.endings import ending_words, request_of
from services.console.progress_bars import bars, elapsed_s, steps
from services.console.run_frame import run_frame
from services.console.run_words import Told, told_of
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
_DONE, _BUTTONS = _PARTS[EventType.DONE], "buttons"


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
    listener = Listener(tell=told.of, may_listen=told.may_still_look, farewell=sse(_DONE, ""))
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
    #: What was said last, and which buttons were shown.
    _told: Told | None = None
    _deeds: Sequence[Deed] | None = None

    def of(self, now: Progress, events: Sequence[Event]) -> str:
        """The parts that are new; the figures too when a while has passed."""
        parts = {_PARTS[event.type]: event.id for event in events}
        for event in events:
            if event.type in (EventType.PHASE, EventType.COUNTS):
                self._pace = event.data if event.type is EventType.COUNTS else {}
        due = not at_rest(now) and time.monotonic() - self._told_at >= TELL_AGAIN_S
        if not parts and not due:
            return ""
        done = parts.pop(_DONE, None)
        values = _values(self.served, self.visitor, now.run.id, self._pace)
        for part in self._moved(values):
            parts.setdefault(part, "")
        said = "".join(sse(part, self._html(part, values), id_) for part, id_ in parts.items())
        return said if done is None else said + sse(_DONE, "", done)

    def _moved(self, values: Mapping[str, Any]) -> Iterator[str]:
        """Parts that may have changed without an event, because time has passed."""
        self._told_at = time.monotonic()
        yield _PARTS[EventType.COUNTS]
        if values["told"] != self._told:
            self._told = values["told"]
            yield _PARTS[EventType.STATE]
        if values["deeds"] != self._deeds:
            self._deeds = values["deeds"]
            yield _BUTTONS

    def may_still_look(self) -> bool:
        """Whether the session goes on; a stream doesn't outlive it."""
        visitor = visitor_of(self.request, self.served)
        return visitor is not None and visitor.principal.may(Scope.PLANS_READ)

    def _html(self, part: str, values: Mapping[str, Any]) -> str:
        made: Show = self.request.app.state.show
        return made.html(self.request, _TEMPLATE, values, part)


def _values(
    served: Service, visitor: Visitor, run_id: str, pace: Mapping[str, Any]
) -> dict[str, Any]:
    """What the page and its parts show; ``pace`` is rate and time left, known to who follows."""
    tools = served.tools
    look = look_at_run(tools, run_id)
    now = tools.clock.now()
    return {
        "look": look, "told": told_of(look), "deeds": deeds_of(look, visitor),
        "steps": steps(look, now), "bars": bars(look), "pace": pace,
        "elapsed_s": elapsed_s(look, now), "rate_limit": tools.rate_per_s,
        "errors": list(reversed(look.now.errors))[:MOST_ERRORS], "moving": not at_rest(look.now),
        "ending_words": ending_words, "request_of": request_of,
    }  # fmt: skip
