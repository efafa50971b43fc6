"""The mapping: what it covers of the newest extract, and new meanings for what it doesn't know."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.console.confirmations import confirmed
from services.console.forms import Fault, Form, Sent
from services.console.mapping_view import VALUES, choices_of, mapping_page
from services.console.show import show
from services.console.signed_in import Operator, Viewer
from shared import bootstrap
from shared.domain.errors import ConfigInvalid, Conflict
from shared.domain.mapping import parse_mapping
from shared.http.problem import ProblemError
from shared.http.service import Served, Service
from shared.pipeline.choose_mapping import Chosen, chosen, take, take_away
from shared.pipeline.look_at_mapping import look_at_mapping
from shared.pipeline.once import once_in_all
from shared.pipeline.reference import read_reference
from shared.pipeline.tools import Tools

router = APIRouter()

#: A row's number has fewer.
_DIGITS = 10
_NOTHING = "Nothing is chosen. Pick a meaning for a value, or type another one beside it."
_CHANGED = "The mapping was changed meanwhile. Nothing was written. Below is what it says now: choose again."


@router.get("/mapping")
def mapping(
    request: Request, served: Served, _: Viewer, first: int = 0, accepted: int = 0
) -> HTMLResponse:
    """The newest extract under the mapping in force; ASCIP is not called."""
    return _page(request, served, first=first, accepted=accepted)


@router.post("/mapping/accept")
def accept(request: Request, served: Served, visitor: Operator, sent: Form) -> Response:
    """Write what was chosen into the next version of the file."""

    def write(text: str, made: Chosen) -> Response:
        file = bootstrap.mapping_file(served.loaded)

        def deed(tools: Tools) -> None:
            take(tools, file, text, made, visitor.actor)

        once_in_all(served.tools, sent.key(visitor), deed)
        version = parse_mapping(served.loaded.mapping_text()).version
        return RedirectResponse(f"/mapping?accepted={version}", 303)

    return _with_choices(request, served, sent, write)


@router.post("/mapping/proposed")
def proposed(request: Request, served: Served, visitor: Operator, sent: Form) -> Response:
    """The next version as a file, kept under its author's name, for who can put it in its place."""

    def hand_out(text: str, made: Chosen) -> Response:
        body = take_away(served.tools, text, made, visitor.actor)
        return file_answer(body, "mapping.json")

    return _with_choices(request, served, sent, hand_out)


@router.post("/mapping/read-again")
def read_again(served: Served, visitor: Operator, _: Form) -> Response:
    """Ask ASCIP for its groups, buckets, roles and time zones."""
    read_reference(served.tools, visitor.actor)
    return confirmed("/mapping", "read-again")


def file_answer(body: str, name: str) -> Response:
    """A file that a browser saves."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type="application/json", headers=headers)


def _with_choices(
    request: Request, served: Service, sent: Sent, deed: Callable[[str, Chosen], Response]
) -> Response:
    """Do something with what was chosen, or show the page again with what is wrong."""
    text = served.loaded.mapping_text()
    try:
        choices = choices_of(sent)
    except ValueError as error:
        raise ProblemError("invalid_request") from error
    if not choices:
        return _page(request, served, sent=sent, found=[Fault("rows", _NOTHING)])
    made = chosen(served.tools, text, choices, made_for=sent.one("made_for"))
    if made.unfit:
        found = [Fault(f"other-{n}", f"{choices[n].value}: {why}") for n, why in made.unfit.items()]
        return _page(request, served, sent=sent, found=found)
    try:
        return deed(text, made)
    except Conflict as error:
        words = _CHANGED if error.code == "mapping_changed" else str(error)
        return _page(request, served, found=[Fault("", words)])
    except ConfigInvalid as error:
        return _page(request, served, sent=sent, found=[Fault("take-away", str(error))])


def _page(
    request: Request, served: Service, *, first: int = 0, accepted: int = 0,
    sent: Sent | None = None, found: list[Fault] | None = None,
) -> HTMLResponse:  # fmt: skip
    typed = sent.one("first") if sent else ""
    first = int(typed) if typed.isdecimal() and len(typed) < _DIGITS else max(0, first)
    view = look_at_mapping(served.tools, parse_mapping(served.loaded.mapping_text()))
    page = mapping_page(view, first=first, sent=sent, found=found or ())
    values = {
        "page": page, "view": view, "accepted": accepted == view.mapping.version,
        "values_shown": VALUES, "four_eyes": served.tools.policy.approval.four_eyes,
    }  # fmt: skip
    return show(request, "mapping.html.j2", values, status=422 if found else 200)
