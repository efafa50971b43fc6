"""The rules about reading, each broken by the function that bears its id. Used by `broken`."""

import json
import time
from collections.abc import Callable
from secrets import token_hex
from typing import cast
from urllib.parse import quote_plus, unquote_plus

from .breaking import Place, Register
from .messages import Answer, Request
from .model import JsonObject
from .reading import LARGEST_PAGE_SIZE, parameters
from .signature import Verifier, canonical_query, pieces, sign
from .state import encoded

READS = Register()
_LISTS = r"/(people|groups|buckets|roles|timezones|groups/[0-9]+/members)"


@READS.at(Place.ARRIVING)
def signature_required(request: Request, verifier: Verifier) -> None:
    _resign(request, verifier)


@READS.at(Place.ANSWERED)
def key_known(answer: Answer) -> None:
    recode(answer, (401, "unknown_key"), (401, "bad_signature"))


@READS.at(Place.ARRIVING)
def clock_skew(request: Request, verifier: Verifier) -> None:
    if _is_signed(request, verifier):
        now = int(time.time() + request.clock_offset_s)
        _resign(request, verifier, {"X-Ascip-Timestamp": str(now)})


@READS.at(Place.ARRIVING)
def nonce_once(request: Request, verifier: Verifier) -> None:
    if _is_signed(request, verifier):
        _resign(request, verifier, {"X-Ascip-Nonce": token_hex(12)})


@READS.at(Place.ARRIVING)
def query_order(request: Request, verifier: Verifier) -> None:
    _expect_form(request, verifier, _in_the_order_sent)


@READS.at(Place.ARRIVING)
def percent_encoding(request: Request, verifier: Verifier) -> None:
    _expect_form(request, verifier, _as_forms_are_sent)


@READS.at(Place.ANSWERED)
def json_type(answer: Answer) -> None:
    answer.headers["Content-Type"] = "text/plain; charset=utf-8"


@READS.at(Place.SHOWN, "GET", "/tenant")
def tenant(document: JsonObject, _request: Request) -> None:
    del document["apiVersion"]


@READS.at(Place.SHOWN, "GET", _LISTS)
def list_frame(document: JsonObject, _request: Request) -> None:
    del document["page"]


@READS.at(Place.ASKED, "GET", _LISTS)
def page_size_default(asked: dict[str, str]) -> None:
    asked.setdefault("pageSize", "25")


@READS.at(Place.ASKED, "GET", _LISTS)
def page_size_most(asked: dict[str, str]) -> None:
    """A larger size is taken for the largest, instead of being refused."""
    size = asked.get("pageSize", "")
    if size.isdecimal() and int(size) > LARGEST_PAGE_SIZE:
        asked["pageSize"] = str(LARGEST_PAGE_SIZE)


@READS.at(Place.SHOWN, "GET", "/people")
def list_whole(document: JsonObject, request: Request) -> None:
    """Only the list of all people is one too long: look-ups and lists by status have own rules."""
    asked = parameters(request.query)
    if asked.get("status", "all") == "all" and not asked.keys() & {"email", "username"}:
        document["totalItems"] += 1


@READS.at(Place.ASKED, "GET", "/people")
def people_by_status(asked: dict[str, str]) -> None:
    asked.pop("status", None)


@READS.at(Place.SHOWN, "GET", "/people")
def people_by_email(document: JsonObject, request: Request) -> None:
    email = parameters(request.query).get("email")
    if email is not None:
        document["items"] = [each for each in document["items"] if each["email"] == email]
        document["totalItems"] = len(document["items"])


@READS.at(Place.ASKED, "GET", "/people")
def people_by_username(asked: dict[str, str]) -> None:
    asked.pop("username", None)


@READS.at(Place.SHOWN, "GET", "/people")
def summary_fields(document: JsonObject, _request: Request) -> None:
    for item in document["items"][:1]:
        del item["firstName"]


@READS.at(Place.SHOWN, "GET", r"/people/[0-9]+")
def person_fields(document: JsonObject, _request: Request) -> None:
    del document["employeeNumber"]


@READS.at(Place.SHOWN, path="/people.*")
def times_utc(document: JsonObject, _request: Request) -> None:
    for person in document.get("items", [document]):
        person["updatedAt"] = person["updatedAt"].removesuffix("Z")


@READS.at(Place.ANSWERED, path=r"/people/[0-9]+")
def not_found(answer: Answer) -> None:
    recode(answer, (404, "not_found"), (400, "bad_request"))


@READS.at(Place.ANSWERED)
def error_shape(answer: Answer) -> None:
    if answer.status >= 400:
        document = json.loads(answer.body)
        del document["requestId"]
        answer.body = encoded(document)


@READS.at(Place.SHOWN, "GET", "/groups")
def groups(document: JsonObject, _request: Request) -> None:
    for item in document["items"]:
        del item["memberCount"]


@READS.at(Place.SHOWN, "GET", r"/groups/[0-9]+/members")
def group_members(document: JsonObject, _request: Request) -> None:
    document["items"] = [{"id": item["personId"]} for item in document["items"]]


@READS.at(Place.SHOWN, "GET", "/buckets")
def buckets(document: JsonObject, _request: Request) -> None:
    for item in document["items"]:
        item["type"] = "string" if item["type"] == "text" else item["type"]


@READS.at(Place.SHOWN, "GET", "/roles")
def roles(document: JsonObject, _request: Request) -> None:
    _without_names(document)


@READS.at(Place.SHOWN, "GET", "/timezones")
def timezones(document: JsonObject, _request: Request) -> None:
    _without_names(document)


@READS.at(Place.ANSWERED)
def rate_headers(answer: Answer) -> None:
    answer.headers.pop("X-RateLimit-Reset", None)


def recode(answer: Answer, old: tuple[int, str], new: tuple[int, str]) -> None:
    """An answer with this status and code gets others; any other answer stays."""
    if answer.status != old[0]:
        return
    document = json.loads(answer.body)
    if document["error"]["code"] == old[1]:
        answer.status, document["error"]["code"] = new
        answer.body = encoded(document)


def _without_names(document: JsonObject) -> None:
    for item in document["items"]:
        item["name"] = None


def _in_the_order_sent(raw: str) -> str:
    return "&".join(f"{name}={value}" for name, value in pieces(raw))


def _as_forms_are_sent(raw: str) -> str:
    """As HTML forms do it: a space is `+`, and `~` is encoded."""
    written = (
        [quote_plus(unquote_plus(each), safe="").replace("~", "%7E") for each in piece]
        for piece in pieces(raw)
    )
    return "&".join("=".join(piece) for piece in sorted(written))


def _expect_form(request: Request, verifier: Verifier, form: Callable[[str], str]) -> None:
    """Right is who signed the query in this form, and wrong who signed that of the contract."""
    if form(request.query) != canonical_query(request.query):
        if _is_signed(request, verifier, form):
            _resign(request, verifier)
        else:
            _header(request, "X-Ascip-Signature", "0" * 64)


def _is_signed(
    request: Request, verifier: Verifier, form: Callable[[str], str] = canonical_query
) -> bool:
    return request.headers.get("X-Ascip-Signature") == _signature(request, verifier, form)


def _resign(request: Request, verifier: Verifier, instead: dict[str, str] | None = None) -> None:
    """Makes the signature right, with other headers if they are given."""
    for name, value in (instead or {}).items():
        _header(request, name, value)
    _header(request, "X-Ascip-Signature", _signature(request, verifier, canonical_query))


def _signature(request: Request, verifier: Verifier, form: Callable[[str], str]) -> str:
    """Empty for an unknown key, which is refused anyway."""
    key = verifier.keys.get(request.headers.get("X-Ascip-Key", ""))
    if key is None:
        return ""
    timestamp = request.headers.get("X-Ascip-Timestamp", "")
    nonce = request.headers.get("X-Ascip-Nonce", "")
    return sign(key.secret, request.signed_parts(), timestamp, nonce, form=form)


def _header(request: Request, name: str, value: str) -> None:
    cast("dict[str, str]", request.headers)[name] = value
