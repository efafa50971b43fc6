"""One person: as the newest file and ASCIP have them, what is planned, and why, step by step."""

from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from services.console.person_fields import person_fields
from services.console.show import show
from services.console.signed_in import Viewer
from services.console.words import STEP_WORDS
from shared.domain.errors import NotFound
from shared.http.service import Served
from shared.pipeline.explain import explain
from shared.ports.views import PageOf

router = APIRouter()

_RUNS = 5
_LONGEST = 255


def address(key: str) -> str:
    """The page of whoever goes by this key."""
    return f"/people/{quote(key, safe='')}"


@router.get("/people/{key:path}")
def person(
    request: Request, key: str, served: Served, _: Viewer,
    after: Annotated[str | None, Query(max_length=_LONGEST)] = None,
) -> Response:  # fmt: skip
    """Somebody; ``after`` is the run behind which the history goes on."""
    if "@" in key:  # what stands in a path is kept in histories and logs of others
        return RedirectResponse(f"/people?{urlencode({'q': key})}", 303)
    found = explain(served.tools, key[:_LONGEST], PageOf(after=after, limit=_RUNS))
    if found.who is None:
        raise NotFound(
            "Nobody in the newest runs goes with this key. Search for part of a name, an employee id or"
            " an email address."
        )
    latest = explain(served.tools, key[:_LONGEST], PageOf(limit=1)) if after else found
    newest = latest.runs.items[0]
    values = {
        "found": found, "newest": newest, "of": {step.name: step for step in newest.steps},
        "key": key, "also": [(other, address(other)) for other in found.also], "after": after,
        "step_words": STEP_WORDS, "fields": list(person_fields(served.tools, newest)),
        "address": address(key),
    }  # fmt: skip
    return show(request, "person.html.j2", values, block="history")
