"""Answers that are not what was promised: an error of the tree, never an empty list, never a stranger."""

import copy
import gzip
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.lms.retry import Budget, Retry
from shared.adapters.lms.settle import SettlePace
from shared.adapters.lms.target import AscipLms, LmsSettings
from shared.domain.action import Action, ActionClass, Change, Kind
from shared.domain.errors import TargetError, Transient
from shared.domain.snapshot import Person
from shared.ports.target import Attempt, MissingDetail, OutcomeStatus
from tests.fakes.owner import always
from tests.unit.adapters.lms.fake_time import FakeTime

PERSON: dict[str, Any] = {
    "id": 7, "username": "zoe", "email": "zoe@example.org", "firstName": "Zoë", "lastName": "Ruiz",
    "status": "active", "updatedAt": "2025-11-20T10:00:00Z", "employeeNumber": "0042",
    "personalEmail": "z@example.com", "roleId": 3, "timezoneId": 1, "groupIds": [101, 402],
    "buckets": [{"bucketId": 9, "valueId": 51}, {"bucketId": 12, "text": "East"}],
}  # fmt: skip
SUMMARY = {name: PERSON[name] for name in ("id", "username", "email", "firstName", "lastName")}
PAGE: dict[str, Any] = {"items": [SUMMARY], "page": 1, "pageSize": 200, "totalItems": 1}
TENANT = {"id": 1, "name": "Lincoln"}
ADD = Action(
    kind=Kind.ADD, action_class=ActionClass.ADDS, person_key="0042", ascip_id=None,
    changes=(
        Change(path="username", before=None, after="zoe"),
        Change(path="email", before=None, after="zoe@example.org"),
    ),
)  # fmt: skip
ADDING = Attempt(action=ADD, ascip_id=None)
UPDATING = Attempt(
    action=Action(
        kind=Kind.UPDATE, action_class=ActionClass.UPDATES, person_key="0042", ascip_id=7,
        changes=(Change(path="last_name", before="Ruiz", after="Díaz"),),
    ),
    ascip_id=7,
)  # fmt: skip


class Answering(httpx.AsyncBaseTransport):
    """One answer to the call in question; a sound LMS for everything else."""

    def __init__(self) -> None:
        self.body, self.status, self.asked = b"", 200, "GET /people/7"
        self.headers: dict[str, str] = {}
        self.person = dict(PERSON)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1")
        if f"{request.method} {path}" == self.asked:
            if request.method == "PUT":
                self.person["lastName"] = "Díaz"
            headers = {"Content-Type": "application/json", **self.headers}
            return httpx.Response(self.status, content=self.body, headers=headers)
        sound = {"/people": PAGE, "/tenant": TENANT}.get(path, self.person)
        return httpx.Response(200, json=sound)


class Client:
    """The whole client over one hostile answer; it doesn't wait."""

    def __init__(self) -> None:
        self.lms, time = Answering(), FakeTime()
        retry = Retry(sleep=time.sleep, clock=time.clock, budget=Budget(tokens=1e9, most=1e9))
        self._target = AscipLms(
            LmsSettings(base_url="https://lms.example/api/v1", key_id="key", secret="s"),
            retry=retry, transport=self.lms,
            pace=SettlePace(window_s=45, sleep=time.sleep, clock=time.clock),
        )  # fmt: skip
        self.close = self._target.close

    def answered(self, call: str, body: bytes | object, status: int = 200, **headers: str) -> None:
        self._target.ping()  # or the breaker would open in the course of many examples
        self.lms.asked, self.lms.status = call, status
        self.lms.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.lms.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.lms.person = dict(PERSON)

    def detail(self) -> Person | MissingDetail:
        ((found,),) = self._target.fetch_people([7])
        return found

    def listed(self) -> tuple[tuple[int, ...], bool]:
        people = self._target.list_people()
        return people.ids, people.complete

    def applied(self, attempt: Attempt) -> tuple[OutcomeStatus, int | None, bool]:
        (outcome,) = self._target.apply([attempt], may_send=always)
        return outcome.status, outcome.ascip_id, outcome.settled


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    client = Client()
    yield client
    client.close()


def changed(**values: object) -> dict[str, Any]:
    return PERSON | values


TEXT = json.dumps(PERSON, ensure_ascii=False)
EAST = {"bucketId": 12, "text": "East"}
#: No answer of these is a person.
GARBAGE: dict[str, bytes | object] = {
    "html": b"<!doctype html><html>Please sign in.</html>",
    "empty": b"",
    "white space": b"  \n",
    "truncated": TEXT.encode()[:-40],
    "two documents": TEXT.encode() * 2,
    "null": None,
    "a list": [PERSON],
    "an empty object": {},
    "an error": {"error": {"code": "internal", "message": "…"}, "requestId": "r"},
    "an empty list": {"items": [], "page": 1, "pageSize": 200, "totalItems": 0},
    "another id": changed(id=8),
    "an id as text": changed(id="7"),
    "an id as a fraction": changed(id=7.0),
    "an id as truth": changed(id=True),
    "an id of no database": changed(roleId=2**63),
    "an id of a thousand digits": TEXT.replace('"roleId": 3', f'"roleId": {"9" * 1000}').encode(),
    "an id of many digits": TEXT.replace('"roleId": 3', f'"roleId": {"9" * 10000}').encode(),
    "not a number": json.dumps(changed(roleId=float("nan"))).encode(),
    "infinity in a field nobody reads": json.dumps(changed(extra=float("inf"))).encode(),
    "a name twice": TEXT[:-1].encode() + b', "id": 7}',
    "deep nesting": b'{"id":' + b"[" * 100_000,
    "deep nesting that ends": b"[" * 100_000 + b"]" * 100_000,
    "bytes that are no UTF-8": TEXT.encode("latin-1"),
    "UTF-16": TEXT.encode("utf-16"),
    "a NUL in a name": changed(firstName="Zo\x00"),
    "half a surrogate pair": changed(firstName="\ud800"),
    "half a surrogate pair in bytes": TEXT.encode().replace("Zoë".encode(), b"\xed\xa0\x80"),
    "an unknown status": changed(status="sleeping"),
    "groups that are no ids": changed(groupIds=[101, 0]),
    "a bucket twice": changed(buckets=[EAST, EAST]),
    "a bucket with two values": changed(buckets=[EAST | {"valueId": 1}]),
}  # fmt: skip


@pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE.keys())
def test_what_is_not_that_person_is_a_missing_detail(client: Client, body: bytes | object) -> None:
    client.answered("GET /people/7", body)
    assert client.detail() == MissingDetail(ascip_id=7, code="garbled_answer")


@pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE.keys())
def test_a_write_with_such_an_answer_is_settled_by_reading(
    client: Client, body: bytes | object
) -> None:
    client.answered("PUT /people/7", body)
    assert client.applied(UPDATING) == (OutcomeStatus.SUCCEEDED, 7, True)


#: No answer of these is a list of people.
NO_LIST: dict[str, bytes | object] = {
    **{name: body for name, body in GARBAGE.items() if name != "an empty list"},
    "a person": PERSON,
    "items only": {"items": []},
    "a total only": {"totalItems": 0},
    "an error beside an empty list": PAGE | {"items": [], "totalItems": 0, "error": {"code": "x"}},
    "items that are null": PAGE | {"items": None, "totalItems": 0},
    "items that are an object": PAGE | {"items": {}, "totalItems": 0},
    "a total below zero": PAGE | {"totalItems": -1},
    "a total as text": PAGE | {"totalItems": "1"},
    "a total beyond belief": PAGE | {"totalItems": 10**9},
    "an item that is no person": PAGE | {"items": [{"id": 7}]},
}


@pytest.mark.parametrize("body", NO_LIST.values(), ids=NO_LIST.keys())
def test_what_is_no_list_is_an_error_and_never_an_empty_list(
    client: Client, body: bytes | object
) -> None:
    client.answered("GET /people", body)
    with pytest.raises(Transient) as caught:
        client.listed()
    assert caught.value.code == "garbled_answer"


@pytest.mark.parametrize("status", [202, 203, 204, 205, 206])
def test_another_success_than_was_promised_is_none(client: Client, status: int) -> None:
    body: bytes | object = b"" if status in (204, 205) else PERSON
    client.answered("GET /people/7", body, status)
    assert client.detail() == MissingDetail(ascip_id=7, code=f"http_{status}")
    client.answered("PUT /people/7", body, status)
    assert client.applied(UPDATING) == (OutcomeStatus.SUCCEEDED, 7, True)


@pytest.mark.parametrize("status", [200, 201])
def test_a_create_may_be_answered_by_200_as_the_person_is_the_proof(
    client: Client, status: int
) -> None:
    client.answered("POST /people", PERSON, status)
    assert client.applied(ADDING) == (OutcomeStatus.SUCCEEDED, 7, False)


@pytest.mark.parametrize("field", ["email", "username"])
def test_a_create_answered_with_somebody_else_gives_us_no_stranger_s_id(
    client: Client, field: str
) -> None:
    client.answered("POST /people", changed(id=99, **{field: "somebody@example.org"}), 201)
    assert client.applied(ADDING) == (OutcomeStatus.SUCCEEDED, 7, True)


def test_case_and_a_byte_order_mark_do_no_harm(client: Client) -> None:
    client.answered("POST /people", changed(email="ZOE@example.org"), 201)
    assert client.applied(ADDING)[0] is OutcomeStatus.SUCCEEDED
    client.answered("GET /people/7", TEXT.encode("utf-8-sig"))
    assert isinstance(client.detail(), Person)


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "deflate", "gzip, gzip", "br", "x-other"])
def test_an_encoding_that_was_not_asked_for_is_not_undone(client: Client, encoding: str) -> None:
    body = TEXT.encode()
    if "gzip" in encoding.lower():
        body = gzip.compress(body)
    client.answered("GET /people/7", body, Content_Encoding=encoding)
    assert isinstance(client.detail(), Person) is (encoding.lower() == "gzip")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
#: Fields that may be null, or whose text nobody can check.
OPTIONAL = {"employeeNumber", "personalEmail", "roleId", "timezoneId"}


@given(st.data())
def test_a_person_with_something_of_another_type_is_that_person_or_none(
    client: Client, data: st.DataObject
) -> None:
    """A field is dropped, or gets a value of another type: what nobody reads may be anything."""
    name = data.draw(st.sampled_from(sorted(PERSON)))
    mutated = dict(PERSON)
    if data.draw(st.booleans()):
        del mutated[name]
    else:
        mutated[name] = data.draw(
            json_values.filter(lambda value: type(value) is not type(PERSON[name]))
        )
    client.answered("GET /people/7", PERSON)
    true = client.detail()
    client.answered("GET /people/7", mutated)
    found = client.detail()
    nulled = name in OPTIONAL and name in mutated and mutated[name] is None
    assert found == true or isinstance(found, MissingDetail) or nulled


@given(st.data())
def test_whatever_bytes_come_the_result_is_about_who_was_asked_for_or_an_error_of_the_tree(
    client: Client, data: st.DataObject
) -> None:
    call, document = data.draw(
        st.sampled_from([("GET /people/7", PERSON), ("GET /people", PAGE), ("PUT /people/7", PERSON)])
    )  # fmt: skip
    body = json.dumps(copy.deepcopy(document), ensure_ascii=False).encode()
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 12)))
    mutated = body[:start] + data.draw(st.binary(max_size=6)) + body[end:]
    client.answered(call, mutated)
    match call:
        case "GET /people/7":
            found = client.detail()
            assert (found.id if isinstance(found, Person) else found.ascip_id) == 7
        case "PUT /people/7":
            assert client.applied(UPDATING)[:2] == (OutcomeStatus.SUCCEEDED, 7)
        case _:
            try:
                ids, complete = client.listed()
            except TargetError:
                return
            assert len(ids) == 1 or not complete
