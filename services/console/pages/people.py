"""People: found by part of a name, an employee id or an email address."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.console.forms import Fault
from services.console.pages.person import address
from services.console.show import show
from services.console.signed_in import Viewer
from shared.domain.errors import InputInvalid
from shared.http.service import Served
from shared.pipeline.find_people import find_people
from shared.ports.views import PageOf

router = APIRouter()

_PAGE = 50
_LONGEST_KEY = 255


@router.get("/search")
def search(q: str = "") -> RedirectResponse:
    """What is typed into the search of the header is looked for among people."""
    return RedirectResponse(f"/people?{_query(q)}", 303)


@router.get("/people")
def people(
    request: Request, served: Served, _: Viewer, q: str = "",
    after: Annotated[str | None, Query(max_length=_LONGEST_KEY)] = None,
) -> Response:  # fmt: skip
    """Whoever was looked for; the page of the one person where there is no other."""
    values: dict[str, object] = {"typed": q, "found": None, "faults": (), "more": ""}
    if not q.strip():
        return show(request, "people.html.j2", values)
    try:
        found = find_people(served.tools, q, PageOf(after=after, limit=_PAGE))
    except InputInvalid as error:
        values["faults"] = [Fault("q", str(error))]
        return show(request, "people.html.j2", values, status=422)
    if found.total == 1:
        return RedirectResponse(address(found.items[0].key), 303)
    if found.has_more:
        values["more"] = f"/people?{_query(q, found.items[-1].key)}"
    return _listed(request, {**values, "found": found, "after": after})


def _listed(request: Request, values: dict[str, object]) -> HTMLResponse:
    return show(request, "people.html.j2", values, block="list")


def _query(q: str, after: str = "") -> str:
    return urlencode({"q": q, "after": after} if after else {"q": q})
