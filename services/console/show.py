"""Shows a template: the whole page, or the one block of it that the page itself asks for anew."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.console import files, words
from services.console.confirmations import CONFIRMED
from shared.http.service import Service

_TEMPLATES = Path(__file__).parent / "templates"


class Show:
    """Templates with what all of them use."""

    def __init__(self, service: Service) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        zone = ZoneInfo(service.tools.policy.timezone)
        self._environment.filters |= {
            **words.FILTERS, **words.times(zone, service.tools.clock.now),
        }  # fmt: skip
        self._environment.globals |= {
            "static": files.address, "district": service.tools.district,
            "environment": service.tools.environment, "engine_version": service.tools.engine_version,
            "confirmed": CONFIRMED,
            "form_id": lambda: secrets.token_urlsafe(12), "words": words,
        }  # fmt: skip

    def html(
        self, request: Request, name: str, values: Mapping[str, Any], block: str | None
    ) -> str:
        """A template in words; with ``block`` that part alone."""
        template = self._environment.get_template(name)
        visitor = getattr(request.state, "visitor", None)
        # Known since the visitor is: a page that says what went wrong asks nothing of a database that
        # may be what went wrong.
        pause = getattr(request.state, "pause", None)
        common = {"request": request, "visitor": visitor, "pause": pause}
        ui = self._environment.get_template("parts/ui.html.j2").make_module(common)
        context = template.new_context({**common, "ui": ui, **values})
        if block is None:
            return "".join(template.root_render_func(context))
        return "".join(template.blocks[block](context))


def show(
    request: Request,
    name: str,
    values: Mapping[str, Any],
    *,
    block: str | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The page; only ``block`` of it where HTMX asks for a part that it puts in its place.

    A page that the browser itself asks for, or gets back from its history, is always whole.
    """
    asked = request.headers.get("hx-request") and not request.headers.get(
        "hx-history-restore-request"
    )
    made: Show = request.app.state.show
    answer = HTMLResponse(made.html(request, name, values, block if asked else None), status)
    answer.headers["vary"] = "HX-Request"
    return answer
