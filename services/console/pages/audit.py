"""The audit: filters in the address, pages, and a file that can be checked anywhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from services.console.forms import Fault, Form
from services.console.show import show
from services.console.signed_in import Auditor, Viewer
from shared.domain.audit import AuditVerb
from shared.http.service import Served
from shared.pipeline.audit_list import OBJECT_TYPES, AuditWish, audit_page, export_audit
from shared.ports.audit_log import MOST_COUNTED
from shared.ports.views import PageOf

router = APIRouter()

_PAGE = 50
_NAMES = ("actor", "type", "object", "run", "from", "to")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for, in words and understood."""

    said: Mapping[str, str]
    wish: AuditWish
    found: Sequence[Fault]

    def address(self, **changed: str) -> str:
        """The address of this list with other words; an empty word is left out."""
        kept = {"verb": self.verb, **self.said, **changed}
        words = urlencode({name: word for name, word in kept.items() if word})
        return f"/audit?{words}" if words else "/audit"

    @property
    def verb(self) -> str:
        """The verb that is chosen."""
        return self.wish.verbs[0].value if self.wish.verbs else ""

    def chips(self) -> Iterator[tuple[str, str]]:
        """What narrows the list, each with the address without it."""
        for name, word in {"verb": self.verb, **self.said}.items():
            if word:
                yield f"{name}: {word}", self.address(**{name: ""})


def _asked(said: Mapping[str, str]) -> Asked:
    words = {name: said.get(name, "").strip() for name in _NAMES}
    found: list[Fault] = []

    def day(name: str) -> date | None:
        try:
            return date.fromisoformat(words[name]) if words[name] else None
        except ValueError:
            found.append(Fault(name, "Write the day as year, month, day: 2026-11-23."))
            return None

    known = {verb.value: verb for verb in AuditVerb}
    verb = known.get(said.get("verb", ""))
    wish = AuditWish(
        actor=words["actor"], verbs=[verb] if verb else [], object_type=words["type"],
        object_id=words["object"], run_id=words["run"], first=day("from"), last=day("to"),
    )  # fmt: skip
    return Asked(said=words, wish=wish, found=found)


def _of_query(request: Request) -> Asked:
    return _asked(request.query_params)


@router.get("/audit")
def audit(
    request: Request,
    served: Served,
    _: Viewer,
    asked: Annotated[Asked, Depends(_of_query)],
    after: Annotated[int | None, Query(ge=1, lt=1 << 63)] = None,
) -> HTMLResponse:
    """A page of it."""
    page = PageOf(after=str(after) if after else None, limit=_PAGE)
    values = {
        "asked": asked, "page": audit_page(served.tools, asked.wish, page), "after": after,
        "found": asked.found, "types": OBJECT_TYPES, "verbs": list(AuditVerb),
        "most": MOST_COUNTED, "links": _LINKS,
    }  # fmt: skip
    return show(request, "audit.html.j2", values, status=422 if asked.found else 200)


@router.post("/audit/export")
def export(served: Served, visitor: Auditor, form: Form) -> Response:
    """The entries that the filter lets through, as `ascip-sync audit verify` reads them."""
    asked = _asked({name: form.one(name) for name in (*_NAMES, "verb")})
    lines = export_audit(served.tools, asked.wish, visitor.actor)
    day = served.tools.today().isoformat()
    headers = {"content-disposition": f'attachment; filename="audit-{day}.ndjson"'}
    return StreamingResponse(lines, media_type="application/x-ndjson", headers=headers)


#: Objects that have a page of their own.
_LINKS = {"run": "/runs/", "plan": "/plans/"}
