"""What a form sends: read once, seen to come from our own page, with mistakes as GOV.UK shows them."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from fastapi import Depends, Request

from services.console.signed_in import Visitor
from shared.http.problem import ProblemError
from shared.pipeline.once import once
from shared.pipeline.tools import Tools
from shared.ports.access import Answer, RequestKey

#: Names of the fields that every form has.
CSRF, FORM_ID = "csrf", "form_id"
_MOST_FIELDS = 2000
_LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake in a field, in words that say how to mend it."""

    field: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The fields of a form."""

    path: str
    fields: dict[str, list[str]]
    body_sha256: str

    def one(self, name: str) -> str:
        """What was typed, without blanks around it; empty if the field isn't there."""
        return self.fields.get(name, [""])[0].strip()

    def exact(self, name: str) -> str:
        """What was typed, with its blanks: a password."""
        return self.fields.get(name, [""])[0]

    def all(self, name: str) -> Sequence[str]:
        """Every value of a field that may come more than once."""
        return self.fields.get(name, [])

    def key(self, visitor: Visitor) -> RequestKey:
        """What makes a second sending of the same form the same request: nothing is done twice."""
        form_id = self.one(FORM_ID)
        if not form_id:
            raise ProblemError("idempotency_key_missing")
        if len(form_id) > _LONGEST_ID:
            raise ProblemError("idempotency_key_invalid")
        return RequestKey(
            principal=str(visitor.actor), path=self.path, key=form_id, body_sha256=self.body_sha256
        )


async def sent_form(request: Request) -> Sent:
    """The fields of a form of ours.

    Raises:
        ProblemError: it comes from another site, or can't be read.
    """
    require_own_origin(request)
    body = await request.body()
    try:
        fields = parse_qs(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS,
            errors="strict",
        )  # fmt: skip
    except ValueError as error:
        raise ProblemError("invalid_body") from error
    if any("\0" in value for values in fields.values() for value in values):
        raise ProblemError("invalid_body")  # the database can't hold it
    return Sent(path=request.url.path, fields=fields, body_sha256=hashlib.sha256(body).hexdigest())


def require_sound_address(request: Request) -> None:
    """Refuse an address that no database can look up, whichever part of it says so."""
    typed = [word for pair in request.query_params.multi_items() for word in pair]
    if any("\0" in word for word in (request.scope["path"], *typed)):
        raise ProblemError("invalid_request")


def require_own_origin(request: Request) -> None:
    """Refuse what another site sends in somebody's name (V3.5.1). Browsers say where a form is from."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    foreign = site is not None and site not in {"same-origin", "none"}
    if origin is not None and _host(origin) != request.headers.get("host"):
        foreign = True
    if foreign:
        raise ProblemError("forbidden", "The form came from another site. Nothing was written.")


def _host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # half an address
        return ""


def require_csrf(sent: Sent, visitor: Visitor) -> None:
    """Refuse a form that doesn't know the session's word. Raises `ProblemError`."""
    if not hmac.compare_digest(sent.one(CSRF).encode(), visitor.csrf.encode()):
        raise ProblemError(
            "forbidden", "The page was older than your session. Nothing was written. Open it again."
        )


def require_ours(sent: Sent, visitor: Visitor) -> None:
    """Refuse a form that isn't of this session, or has no id of its own. Raises `ProblemError`."""
    require_csrf(sent, visitor)
    if not sent.one(FORM_ID):
        raise ProblemError("idempotency_key_missing")


def is_first(tools: Tools, sent: Sent, visitor: Visitor) -> bool:
    """Whether this form is sent for the first time, for answers that show a secret and can't be kept."""
    answer = Answer(status=200, body={})
    _, repeated = once(tools, sent.key(visitor), lambda _: answer)
    return not repeated


async def _checked(request: Request) -> Sent:
    sent = await sent_form(request)
    require_csrf(sent, request.state.visitor)
    return sent


#: For handlers that name their visitor (`Operator`, …) as an earlier parameter.
Form = Annotated[Sent, Depends(_checked)]
