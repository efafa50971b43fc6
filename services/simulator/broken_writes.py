"""The rules about writing, each broken by the function that bears its id. Used by `broken`."""

import json
from typing import cast

from .breaking import Place, Register
from .broken_reads import recode
from .checks import LONGEST
from .messages import Answer, Request
from .model import JsonObject, Person
from .reading import parameters
from .refusals import Refusal, not_found
from .signature import Verifier
from .state import Leniency, State, encoded

WRITES = Register()
_PERSON = r"/people/[0-9]{1,18}"
_MEMBERS = r"/groups/[0-9]+/members"


@WRITES.at(Place.ARRIVING)
def length_required(request: Request, _verifier: Verifier) -> None:
    headers = cast("dict[str, str]", request.headers)
    if headers.pop("Transfer-Encoding", None):
        headers["Content-Length"] = str(len(request.body))


@WRITES.at(Place.ANSWERED, "POST", "/people")
def create(answer: Answer) -> None:
    answer.status = 200 if answer.status == 201 else answer.status


@WRITES.at(Place.ANSWERED, "POST", "/people")
def create_requires(answer: Answer) -> None:
    recode(answer, (422, "required"), (400, "required"))


@WRITES.at(Place.ANSWERED)
def email_unique(answer: Answer) -> None:
    if answer.status == 409:
        document = json.loads(answer.body)
        if document["error"]["code"] == "duplicate_email":
            del document["personId"], document["error"]["personId"]
            answer.body = encoded(document)


@WRITES.at(Place.LENIENT)
def username_unique(leniency: Leniency) -> None:
    def differs_in_case(field: str, wanted: str, holder: Person) -> bool:
        return field == "username" and holder["username"] != wanted

    leniency.sharing.append(differs_in_case)


@WRITES.at(Place.LENIENT)
def inactive_count(leniency: Leniency) -> None:
    def is_inactive(_field: str, _wanted: str, holder: Person) -> bool:
        return holder["status"] == "inactive"

    leniency.sharing.append(is_inactive)


@WRITES.at(Place.SENT, "PUT", _PERSON)
def update_partial(body: JsonObject, _request: Request, _state: State) -> None:
    body.setdefault("personalEmail", None)


@WRITES.at(Place.SENT, "PUT", _PERSON)
def buckets_merged(body: JsonObject, request: Request, state: State) -> None:
    person, given = _person(request, state), body.get("buckets")
    if person is None or not isinstance(given, list):
        return
    named = [item.get("bucketId") for item in given if isinstance(item, dict)]
    others = [value["bucketId"] for value in person["buckets"] if value["bucketId"] not in named]
    body["buckets"] = [*given, *({"bucketId": each, "valueId": None} for each in others)]


@WRITES.at(Place.SENT, "PUT", _PERSON)
def bucket_cleared(body: JsonObject, _request: Request, _state: State) -> None:
    if isinstance(body.get("buckets"), list):
        body["buckets"] = [
            item
            for item in body["buckets"]
            if not isinstance(item, dict) or item.get("valueId", 0) is not None
        ]


@WRITES.at(Place.SENT, "POST", f"{_PERSON}/(de|re)activate")
def status_repeated(_body: JsonObject, request: Request, state: State) -> None:
    person = _person(request, state)
    wanted = "inactive" if request.path.endswith("/deactivate") else "active"
    if person is not None and person["status"] == wanted:
        raise Refusal(409, "conflict", f"This person is {wanted} already.")


@WRITES.at(Place.SENT, "POST", f"{_PERSON}/deactivate")
def status_keeps_groups(_body: JsonObject, request: Request, state: State) -> None:
    person = _person(request, state)
    if person is not None:
        state.put({**person, "groupIds": []})


@WRITES.at(Place.SHOWN, "POST", _MEMBERS)
def members_counted(document: JsonObject, _request: Request) -> None:
    del document["unchanged"]


@WRITES.at(Place.SENT, "POST", _MEMBERS)
def members_failed(body: JsonObject, _request: Request, state: State) -> None:
    named = [each for ids in body.values() if isinstance(ids, list) for each in ids]
    few_enough = len(named) <= state.leniency.largest_batch
    if few_enough and any(type(each) is int and each not in state.people for each in named):
        raise not_found("person")


@WRITES.at(Place.LENIENT)
def members_most(leniency: Leniency) -> None:
    leniency.largest_batch = 1_000_000


@WRITES.at(Place.SENT, path=r"/people(/[0-9]+)?")
def too_long(body: JsonObject, _request: Request, _state: State) -> None:
    if isinstance(body.get("firstName"), str):
        body["firstName"] = body["firstName"][: LONGEST["firstName"]]


@WRITES.at(Place.SENT, "PUT", _PERSON)
def query_ignored(body: JsonObject, request: Request, _state: State) -> None:
    asked = parameters(request.query)
    if "firstName" in asked:
        body["firstName"] = asked["firstName"]


@WRITES.at(Place.ANSWERED)
def rate_limited(answer: Answer) -> None:
    if answer.status == 429:
        answer.headers.pop("Retry-After", None)


@WRITES.at(Place.ANSWERED)
def write_scope(answer: Answer) -> None:
    """Only says that it was done."""
    if answer.status == 403:
        answer.status, answer.body = 200, b"{}"


def _person(request: Request, state: State) -> Person | None:
    number = request.path.split("/")[4]
    return state.people.get(int(number))
