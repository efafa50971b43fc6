"""The sync switch: pause all syncing, resume it, and who did so before."""

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.console.confirmations import confirmed
from services.console.forms import Fault, Form, Sent
from services.console.show import show
from services.console.signed_in import Operator, Viewer
from shared.domain.errors import Conflict
from shared.http.service import Served, Service
from shared.pipeline.once import once
from shared.pipeline.sync_switch import applying, pause_syncing, pauses, resume_syncing, sync_state
from shared.ports.access import Answer
from shared.ports.unit_of_work import UnitOfWork

router = APIRouter()

_HERE = "/settings/sync"
#: Which field a refusal is about.
_FIELDS = {"reason_missing": "reason", "until_past": "until"}


@router.get(_HERE)
def switch(request: Request, served: Served, _: Viewer) -> HTMLResponse:
    """How it stands."""
    return _shown(request, served)


@router.post(f"{_HERE}/pause")
def pause(request: Request, served: Served, visitor: Operator, form: Form) -> Response:
    """Begin a pause."""

    def work(uow: UnitOfWork) -> Answer:
        until = _moment(served, form.one("until"))
        pause_syncing(served.tools, uow, visitor.actor, reason=form.one("reason"), until=until)
        return Answer(status=303, body={}, location=_HERE)

    try:
        once(served.tools, form.key(visitor), work)
    except Conflict as refused:
        if refused.code not in _FIELDS:
            raise
        return _shown(request, served, form, Fault(_FIELDS[refused.code], str(refused)))
    return confirmed(_HERE, "paused")


@router.post(f"{_HERE}/resume")
def resume(served: Served, visitor: Operator, _: Form) -> Response:
    """End it; repeating that is no error."""
    resume_syncing(served.tools, visitor.actor)
    return confirmed(_HERE, "resumed")


def _moment(served: Service, said: str) -> datetime | None:
    """A moment of the district, None for an empty field. Raises `Conflict`."""
    if not said:
        return None
    try:
        local = datetime.fromisoformat(said).replace(tzinfo=ZoneInfo(served.tools.policy.timezone))
        local.astimezone(UTC)  # the last night of the calendar is over its end there
    except (ValueError, OverflowError) as error:
        raise Conflict(
            "The end is no date with a time, such as 2026-11-23T06:00. Nothing was changed.",
            code="until_past",
        ) from error
    return local


def _shown(
    request: Request, served: Service, form: Sent | None = None, *found: Fault
) -> HTMLResponse:
    values = {
        "found": found,
        "said": _said(served, form),
        "pauses": pauses(served.tools),
        "applying": applying(served.tools),
        "timezone": served.tools.policy.timezone,
    }
    return show(request, "sync_switch.html.j2", values, status=422 if found else 200)


def _said(served: Service, form: Sent | None) -> Mapping[str, str]:
    """What was typed, or what holds, to be changed."""
    if form:
        return {name: form.one(name) for name in ("reason", "until")}
    pause = sync_state(served.tools)
    if pause is None:
        return {"reason": "", "until": ""}
    zone = ZoneInfo(served.tools.policy.timezone)
    until = f"{pause.until.astimezone(zone):%Y-%m-%dT%H:%M}" if pause.until else ""
    return {"reason": pause.reason, "until": until}
