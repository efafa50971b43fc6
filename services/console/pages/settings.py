"""Settings: what the configuration says and where it comes from; it is changed in its file."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.console.pictures.school_year import school_year, year_of
from services.console.show import show
from services.console.signed_in import Viewer
from shared.domain.gate_rules import RULES
from shared.domain.school_calendar import window_of
from shared.http.service import Served
from shared.readiness.shown import shown

router = APIRouter()


@router.get("/settings")
def settings(request: Request, served: Served, _: Viewer) -> HTMLResponse:
    """Where everything is."""
    tools = served.tools
    values = {
        "window": window_of(tools.policy.calendar, tools.today()),
        "mail": tools.mailer is not None,
        "rate": tools.rate_per_s,
        "files": [path.name for path in served.loaded.files],
    }
    return show(request, "settings.html.j2", values)


@router.get("/settings/limits")
def limits(request: Request, served: Served, _: Viewer) -> HTMLResponse:
    """At what a plan is held, and how fast ASCIP is called."""
    said = shown(served.loaded, "limits", "approval", "drift", "ascip")
    values = {
        "rules": RULES, "limits": served.tools.policy.limits,
        "gates": [each for each in said if each.key.startswith("limits.")],
        "review": [each for each in said if each.key.startswith(("approval.", "drift."))],
        "pace": [each for each in said if each.key in _PACE],
    }  # fmt: skip
    return show(request, "limits.html.j2", values)


@router.get("/settings/calendar")
def calendar(request: Request, served: Served, _: Viewer) -> HTMLResponse:
    """Windows of the school year, and when files are taken and expected."""
    tools = served.tools
    today, windows = tools.today(), sorted(tools.policy.calendar, key=lambda each: each.first)
    staff = shown(served.loaded, "schedule", "staff")
    values = {
        "windows": windows, "today": today, "year": year_of(today),
        "window": window_of(windows, today), "picture": school_year(windows, today),
        "times": [e for e in staff if e.key.startswith(("schedule.", "staff.expected."))],
    }  # fmt: skip
    return show(request, "calendar.html.j2", values)


@router.get("/settings/retention")
def retention(request: Request, served: Served, _: Viewer) -> HTMLResponse:
    """What is kept how long."""
    said = shown(served.loaded, "retention", "quarantine", "drop")
    kept = [each for each in said if each.key.startswith(("retention.", "quarantine."))]
    kept += [each for each in said if each.key == "drop.keep_days"]
    return show(request, "retention.html.j2", {"kept": kept})


#: How fast ASCIP is called.
_PACE = frozenset(f"ascip.{key}" for key in ("rate_per_s", "burst", "concurrency", "timeout_s"))
