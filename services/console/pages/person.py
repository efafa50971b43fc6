"""One person: as the newest file and ASCIP have them, what is planned, and why, step by step."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple, cast
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from services.console.show import show
from services.console.signed_in import Viewer
from shared.domain.errors import NotFound
from shared.domain.explanation import StepName
from shared.http.service import Served
from shared.pipeline.explain import Explanation, explain
from shared.pipeline.reference import ReferenceList, list_reference
from shared.pipeline.tools import Tools
from shared.ports.views import PageOf

router = APIRouter()

_RUNS = 5
#: More groups or roles than any tenant has.
_ALL = PageOf(limit=100_000)
_LONGEST = 255


def address(key: str) -> str:
    """The page of whoever goes by this key."""
    return f"/people/{quote(key, safe='')}"


class Field(NamedTuple):
    """A value in both places, each as it is shown; None where there is no such thing."""

    name: str
    in_file: str | None
    in_ascip: str | None

    @property
    def differs(self) -> bool:
        """Whether both say something, and not the same."""
        both = self.in_file is not None and self.in_ascip is not None
        return both and (self.in_file or "").casefold() != (self.in_ascip or "").casefold()


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
    values = {
        "found": found, "key": key, "also": [(other, address(other)) for other in found.also],
        "fields": list(_fields(served.tools, found)), "address": address(key), "after": after,
    }  # fmt: skip
    return show(request, "person.html.j2", values, block="history")


def _fields(tools: Tools, found: Explanation) -> Iterator[Field]:
    """Both places side by side, as the newest run has them; addresses are masked there already."""
    of = {step.name: step.detail for step in found.runs.items[0].steps}
    rows = cast("list[Mapping[str, Any]]", of[StepName.IMPORT].get("rows") or [])
    row, person = rows[0] if rows else None, cast("Any", of[StepName.MATCHING].get("ascip"))
    for name, ours, theirs in _PAIRS:
        yield Field(name, _text(row, ours), _text(person, theirs))
    roles, groups = _names(tools, "roles"), _names(tools, "groups")
    yield Field("Role", _text(row, "role"), person and roles.get(person["role_id"]))
    sites = sorted({site for each in rows for site in each["site_codes"]})
    of_person = [groups.get(id_, str(id_)) for id_ in person["group_ids"]] if person else []
    yield Field("Sites; groups", ", ".join(sites) if row else None, ", ".join(of_person) or None)
    attributes = row["attributes"] if row else {}
    for name, value in attributes.items():
        yield Field(name, str(value), None)


#: What it is called, the column of the extract, the field of ASCIP.
_PAIRS = (
    ("First name", "first_name", "first_name"), ("Last name", "last_name", "last_name"),
    ("Email", "work_email", "email"), ("Username", "username", "username"),
    ("Personal email", "personal_email", "personal_email"),
    ("Employee id", "employee_id", "employee_number"), ("Status", "", "status"),
    ("Hired", "hire_date", ""), ("Last working day", "end_date", ""),
)  # fmt: skip


def _text(place: Mapping[str, Any] | None, field: str) -> str | None:
    value = place.get(field) if place else None
    return None if value is None else str(value)


def _names(tools: Tools, which: ReferenceList) -> dict[int, str]:
    """What ids of ASCIP stand for; nothing is known before it was read."""
    try:
        items = list_reference(tools, which, _ALL).items.items
    except NotFound:
        return {}
    return {int(str(item["id"])): str(item["name"]) for item in items}
