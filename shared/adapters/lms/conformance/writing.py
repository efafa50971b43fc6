"""Rules about making and changing people. What a person must look like in full is `person_fields`'."""

from collections.abc import Sequence
from http import HTTPStatus

import httpx

from shared.adapters.lms.conformance.caller import Answer
from shared.adapters.lms.conformance.judging import Broken, NoAnswer, NotChecked, rule
from shared.adapters.lms.conformance.lms import Record
from shared.adapters.lms.conformance.sandbox import Sandbox
from shared.adapters.lms.shapes import mapping
from shared.domain.canonical import Json

_REQUIRED = ("username", "email", "firstName", "lastName")
_STAYING = (
    "username",
    "email",
    "lastName",
    "status",
    "employeeNumber",
    "personalEmail",
    "roleId",
    "timezoneId",
)
_LONGEST_NAME = 100


@rule(
    "A POST or PUT without `Content-Length`, with length 0, or in chunks is 411 `length_required`.",
    writes=True,
)
def length_required(lms: Sandbox) -> str:
    path = f"/people/{lms.own('updates').id}"
    for method, url in (("POST", f"{path}/reactivate"), ("PUT", path)):
        for bend, how in _LENGTHS.items():
            what = f"a {method} {how}"
            try:
                answer = lms.caller.send(
                    method, url, body={} if bend is _chunked else None, bend=bend
                )
            except NoAnswer:
                raise Broken(f"{what} was not answered, instead of 411") from None
            _expect(answer, HTTPStatus.LENGTH_REQUIRED, "length_required", what)
    return "without a length, with length 0 and in chunks are 411"


def _without(request: httpx.Request) -> httpx.Request:
    bare = _empty(request)
    bare.headers.pop("Content-Length", None)
    return bare


def _empty(request: httpx.Request) -> httpx.Request:
    return httpx.Request(request.method, request.url, headers=_headers(request))


def _chunked(request: httpx.Request) -> httpx.Request:
    content = iter([request.read()])
    return httpx.Request(request.method, request.url, headers=_headers(request), content=content)


def _headers(request: httpx.Request) -> httpx.Headers:
    headers = request.headers.copy()
    headers.pop("Content-Length", None)
    # A server may drop the connection after such a request; the next one must not suffer from it.
    headers["Connection"] = "close"
    return headers


#: What is sent → how to call it.
_LENGTHS = {_without: "without a length", _empty: "with length 0", _chunked: "in chunks"}


@rule("`POST /people` makes a person: 201 with the person.", writes=True)
def create(lms: Sandbox) -> str:
    try:
        own = lms.own("updates")
    except NotChecked as refused:
        raise Broken(str(refused)) from None
    if own.created.status != HTTPStatus.CREATED:
        raise Broken(f"answered {own.created.said}, not 201")
    person = mapping(own.created.document, "the person")
    wanted = {"id": own.id, "username": own.username, "email": own.email, "status": "active"}
    _same(person, wanted, "the answer")
    _same(lms.person(own.id), wanted, "the person")
    return f"answered 201 with person {own.id}"


@rule("A missing required field is 422 and named in `fields`.", writes=True)
def create_requires(lms: Sandbox) -> str:
    for name in _REQUIRED:
        body = lms.new_person()
        del body[name]
        answer = lms.create(body)
        if answer.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise Broken(f"without {name} it was answered {answer.said}, not 422")
        if name not in mapping(answer.error.get("fields"), "fields"):
            raise Broken(f"without {name} the fields of the 422 don't name it")
    return f"{', '.join(_REQUIRED)} are required"


@rule(
    "A second person with an email, in whatever case, is 409 `duplicate_email` with `personId`.",
    writes=True,
)
def email_unique(lms: Sandbox) -> str:
    own = lms.own("updates")
    answer = lms.create({**lms.new_person(), "email": own.email.upper()})
    _expect(answer, HTTPStatus.CONFLICT, "duplicate_email", "the email in another case")
    if answer.error.get("personId") != own.id:
        raise Broken("409 duplicate_email without the personId of who has it")
    return f"409 duplicate_email names person {own.id}"


@rule(
    "A second person with a username, in whatever case, is 409 `duplicate_username`.", writes=True
)
def username_unique(lms: Sandbox) -> str:
    own = lms.own("updates")
    answer = lms.create({**lms.new_person(), "username": own.username.upper()})
    _expect(answer, HTTPStatus.CONFLICT, "duplicate_username", "the username in another case")
    return "409 duplicate_username"


@rule("The email of an inactive person is taken too.", writes=True)
def inactive_count(lms: Sandbox) -> str:
    own = lms.own("statuses")
    lms.with_status(own.id, "inactive")
    answer = lms.create({**lms.new_person(), "email": own.email})
    _expect(answer, HTTPStatus.CONFLICT, "duplicate_email", "the email of an inactive person")
    return "409 duplicate_email"


@rule("What is left out of a PUT stays as it is.", writes=True)
def update_partial(lms: Sandbox) -> str:
    own = lms.own("updates")
    lms.put(own.id, {"personalEmail": f"home-{own.email}", "employeeNumber": own.username})
    before = lms.person(own.id)
    if not before.get("personalEmail"):
        raise NotChecked("personalEmail could not be set")
    _done(lms.put(own.id, {"firstName": "Changed"}), "the PUT")
    after = lms.person(own.id)
    _same(after, {name: before.get(name) for name in _STAYING}, "the person after a PUT")
    _same(after, {"firstName": "Changed"}, "the person after a PUT")
    return "firstName changed, the other fields stayed"


@rule("A PUT with one bucket leaves the others.", writes=True)
def buckets_merged(lms: Sandbox) -> str:
    own = lms.own("updates")
    if len(lms.choices) < 2:
        raise NotChecked("there are no two buckets that can be set")
    first, second = lms.choices[:2]
    _set_buckets(lms, own.id, (first.as_json, second.as_json))
    _done(lms.put(own.id, {"buckets": [second.as_json]}), "the PUT with one bucket")
    if first.as_json not in _buckets(lms, own.id):
        raise Broken(f"a PUT with bucket {second.bucket_id} dropped bucket {first.bucket_id}")
    return f"a PUT with bucket {second.bucket_id} leaves bucket {first.bucket_id}"


@rule('`{"bucketId", "valueId": null}` in a PUT clears that bucket.', writes=True)
def bucket_cleared(lms: Sandbox) -> str:
    own = lms.own("updates")
    if not lms.choices:
        raise NotChecked("there is no bucket that can be set")
    choice = lms.choices[0]
    _set_buckets(lms, own.id, (choice.as_json,))
    _done(
        lms.put(own.id, {"buckets": [{"bucketId": choice.bucket_id, "valueId": None}]}), "the PUT"
    )
    if choice.as_json in _buckets(lms, own.id):
        raise Broken(f"bucket {choice.bucket_id} keeps its value")
    return f"bucket {choice.bucket_id} is cleared"


def _set_buckets(lms: Sandbox, person_id: int, wanted: Sequence[dict[str, Json]]) -> None:
    lms.put(person_id, {"buckets": wanted})
    found = _buckets(lms, person_id)
    if any(value not in found for value in wanted):
        raise NotChecked("the buckets could not be set")


def _buckets(lms: Sandbox, person_id: int) -> list[object]:
    found = lms.person(person_id).get("buckets")
    return found if isinstance(found, list) else []


@rule("A `firstName` of 101 characters is 422 `too_long`.", writes=True)
def too_long(lms: Sandbox) -> str:
    answer = lms.put(lms.own("updates").id, {"firstName": "x" * (_LONGEST_NAME + 1)})
    _expect(answer, HTTPStatus.UNPROCESSABLE_ENTITY, "too_long", "101 characters")
    return "101 characters are 422 too_long"


@rule("Query parameters of a PUT are ignored.", writes=True)
def query_ignored(lms: Sandbox) -> str:
    own = lms.own("updates")
    path, query = f"/people/{own.id}", (("firstName", "Queried"),)
    _done(lms.caller.send("PUT", path, query, {"lastName": "Check"}), "a PUT with a query")
    if lms.person(own.id).get("firstName") == "Queried":
        raise Broken("firstName was taken from the query")
    return "a firstName in the query changed nothing"


def _expect(answer: Answer, status: HTTPStatus, code: str, what: str) -> None:
    if (answer.status, answer.code) != (status, code):
        raise Broken(f"{what} was answered {answer.said}, not {status.value} {code}")


def _done(answer: Answer, what: str) -> None:
    if answer.status != HTTPStatus.OK:
        raise Broken(f"{what} was answered {answer.said}, not 200")


def _same(person: Record, wanted: Record, what: str) -> None:
    wrong = [name for name, value in wanted.items() if person.get(name) != value]
    if wrong:
        raise Broken(f"{what} has another {', '.join(wrong)}")


WRITING = (
    length_required,
    create,
    create_requires,
    email_unique,
    username_unique,
    inactive_count,
    update_partial,
    buckets_merged,
    bucket_cleared,
)
VALUES = (too_long, query_ignored)
