"""One probe for each rule of the API: what it sees where the rule holds, and where it is broken.

A probe looks through the API at its own rule alone, with people of its own where it writes, so that
any probe can run while any other rule is broken.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

_numbers = itertools.count(1)
SECRET = "simulator-secret"


@dataclass(frozen=True, slots=True)
class Probe:
    look: Callable[[Any], object]
    sound: object
    broken: object


def new_body(**fields: object) -> dict[str, Any]:
    number = next(_numbers)
    return {
        "username": f"probe{number}",
        "email": f"probe{number}@lincoln.example",
        "firstName": "Pro",
        "lastName": "Be",
        **fields,
    }


def new_person(lms: Any, **fields: object) -> dict[str, Any]:
    """As the state has the person, because answers may be what is broken."""
    return stored(lms, lms.post("/people", new_body(**fields)).json()["id"])


def stored(lms: Any, person_id: int) -> dict[str, Any]:
    (person,) = [each for each in lms.sim("GET", "state")["people"] if each["id"] == person_id]
    return dict(person)


def _with_signer(lms: Any, **changed: object) -> httpx.Response:
    before = {name: getattr(lms.signer, name) for name in changed}
    try:
        for name, value in changed.items():
            setattr(lms.signer, name, value)
        response: httpx.Response = lms.get("/tenant")
        return response
    finally:
        for name, value in before.items():
            setattr(lms.signer, name, value)


def _key_known(lms: Any) -> object:
    return _with_signer(lms, key_id="nobody").json()["error"]["code"]


def _nonce_once(lms: Any) -> object:
    nonce = f"nonce-{next(_numbers)}"
    return [_with_signer(lms, nonce=nonce).status_code for _ in range(2)]


def _query_order(lms: Any) -> object:
    queries = ("page=2&pageSize=7", "pageSize=7&page=2")
    return [lms.http.get(f"/people?{query}").status_code for query in queries]


def _percent_encoding(lms: Any) -> object:
    values = ("a+b ~ñ", "plain")
    return [lms.get("/people", email=value).status_code for value in values]


def _list_whole(lms: Any) -> object:
    there = len(lms.sim("GET", "state")["people"])
    return lms.get("/people").json()["totalItems"] - there


def _people_by_status(lms: Any) -> object:
    found = lms.get("/people", pageSize=200, status="inactive").json()["items"]
    return {item["status"] for item in found}


def _looked_up(field: str, change: Callable[[str], str]) -> Callable[[Any], object]:
    def look(lms: Any) -> object:
        value = change(lms.person()[field])
        return len(lms.get("/people", **{field: value}).json()["items"])

    return look


def _items(path: str, see: Callable[[dict[str, Any]], object]) -> Callable[[Any], object]:
    return lambda lms: {see(item) for item in lms.get(path).json()["items"]}


def _chunked(lms: Any) -> object:
    path = f"/people/{lms.person()['id']}"
    request = lms.http.build_request("PUT", path, json={"lastName": "Chunked"})
    signed = next(lms.signer.auth_flow(request))
    del signed.headers["Content-Length"]
    signed.headers["Transfer-Encoding"] = "chunked"
    return lms.http.send(signed, auth=None).status_code


def _create_requires(lms: Any) -> object:
    body = new_body()
    del body["lastName"]
    return lms.post("/people", body).status_code


def _second(field: str, change: Callable[[str], str], status: str) -> Callable[[Any], Any]:
    def post(lms: Any) -> httpx.Response:
        person = new_person(lms)
        if status == "inactive":
            lms.post(f"/people/{person['id']}/deactivate", {})
        response: httpx.Response = lms.post("/people", new_body(**{field: change(person[field])}))
        return response

    return post


def _email_unique(lms: Any) -> object:
    document = _second("email", str.upper, "active")(lms).json()
    return ["personId" in each for each in (document, document["error"])]


def _update_partial(lms: Any) -> object:
    person = new_person(lms, personalEmail="p@home.example")
    lms.put(f"/people/{person['id']}", {"firstName": "Other"})
    return stored(lms, person["id"])["personalEmail"]


def _buckets(*given: dict[str, Any]) -> Callable[[Any], object]:
    def look(lms: Any) -> object:
        both = [{"bucketId": 9, "valueId": 51}, {"bucketId": 12, "text": "Room 9"}]
        person = new_person(lms, buckets=both)
        lms.put(f"/people/{person['id']}", {"buckets": list(given)})
        return [value["bucketId"] for value in stored(lms, person["id"])["buckets"]]

    return look


def _status_repeated(lms: Any) -> object:
    path = f"/people/{new_person(lms)['id']}"
    verbs = ("deactivate", "deactivate", "reactivate", "reactivate")
    return [lms.post(f"{path}/{verb}", {}).status_code for verb in verbs]


def _status_keeps_groups(lms: Any) -> object:
    person = new_person(lms)
    lms.post("/groups/902/members", {"add": [person["id"]]})
    lms.post(f"/people/{person['id']}/deactivate", {})
    return stored(lms, person["id"])["groupIds"]


def _members_failed(lms: Any) -> object:
    person = new_person(lms)
    response = lms.post("/groups/902/members", {"add": [person["id"], 999_999]})
    return response.status_code, stored(lms, person["id"])["groupIds"]


def _members_most(lms: Any) -> object:
    ids = range(900_000, 900_101)
    return lms.post("/groups/902/members", {"remove": list(ids)}).status_code


def _too_long(lms: Any) -> object:
    person = new_person(lms)
    status = lms.put(f"/people/{person['id']}", {"firstName": "x" * 101}).status_code
    return status, len(stored(lms, person["id"])["firstName"])


def _query_ignored(lms: Any) -> object:
    person = new_person(lms)
    lms.http.put(f"/people/{person['id']}?firstName=Query", json={"lastName": "Body"})
    after = stored(lms, person["id"])
    return after["firstName"], after["lastName"]


def _rate_limited(lms: Any) -> object:
    lms.sim("PUT", "settings", {"rate_per_s": 0.01, "burst": 1})
    try:
        answers = [lms.get("/tenant") for _ in range(2)]
    finally:
        lms.sim("PUT", "settings", {"rate_per_s": 0, "burst": 20})
    return answers[1].status_code, "Retry-After" in answers[1].headers


def _write_scope(lms: Any) -> object:
    body = new_body()
    lms.sim("PUT", "settings", {"keys": {"district-sync": {"secret": SECRET, "scopes": ["read"]}}})
    try:
        status = lms.post("/people", body).status_code
    finally:
        lms.sim("PUT", "settings", {"keys": {"district-sync": {"secret": SECRET}}})
    made = any(each["email"] == body["email"] for each in lms.sim("GET", "state")["people"])
    return status, made


PROBES = {
    "signature_required": Probe(
        lambda lms: _with_signer(lms, secret="another").status_code, 401, 200
    ),
    "key_known": Probe(_key_known, "unknown_key", "bad_signature"),
    "clock_skew": Probe(lambda lms: _with_signer(lms, clock_offset_s=400).status_code, 401, 200),
    "nonce_once": Probe(_nonce_once, [200, 401], [200, 200]),
    "query_order": Probe(_query_order, [200, 200], [200, 401]),
    "percent_encoding": Probe(_percent_encoding, [200, 200], [401, 200]),
    "json_type": Probe(
        lambda lms: lms.get("/tenant").headers["Content-Type"],
        "application/json; charset=utf-8",
        "text/plain; charset=utf-8",
    ),
    "tenant": Probe(lambda lms: lms.get("/tenant").json().get("apiVersion"), "1", None),
    "list_frame": Probe(lambda lms: lms.get("/groups").json().get("page"), 1, None),
    "page_size_default": Probe(lambda lms: len(lms.get("/people").json()["items"]), 50, 25),
    "page_size_most": Probe(lambda lms: lms.get("/people", pageSize=201).status_code, 400, 200),
    "list_whole": Probe(_list_whole, 0, 1),
    "people_by_status": Probe(_people_by_status, {"inactive"}, {"inactive", "active"}),
    "people_by_email": Probe(_looked_up("email", str.upper), 1, 0),
    "people_by_username": Probe(_looked_up("username", str.lower), 1, 50),
    "summary_fields": Probe(
        _items("/people", lambda item: "firstName" in item), {True}, {True, False}
    ),
    "person_fields": Probe(
        lambda lms: "employeeNumber" in lms.get("/people/5").json(), sound=True, broken=False
    ),
    "times_utc": Probe(
        lambda lms: lms.get("/people/5").json()["updatedAt"].endswith("Z"), sound=True, broken=False
    ),
    "not_found": Probe(lambda lms: lms.get("/people/999999").status_code, 404, 400),
    "error_shape": Probe(
        lambda lms: "requestId" in lms.get("/nothing").json(), sound=True, broken=False
    ),
    "groups": Probe(_items("/groups", lambda item: "memberCount" in item), {True}, {False}),
    "group_members": Probe(_items("/groups/101/members", min), {"personId"}, {"id"}),
    "buckets": Probe(
        _items("/buckets", lambda item: item["type"]), {"choice", "text"}, {"choice", "string"}
    ),
    "roles": Probe(_items("/roles", lambda item: item["name"] is None), {False}, {True}),
    "timezones": Probe(_items("/timezones", lambda item: item["name"] is None), {False}, {True}),
    "rate_headers": Probe(
        lambda lms: "X-RateLimit-Reset" in lms.get("/tenant").headers, sound=True, broken=False
    ),
    "length_required": Probe(_chunked, 411, 200),
    "create": Probe(lambda lms: lms.post("/people", new_body()).status_code, 201, 200),
    "create_requires": Probe(_create_requires, 422, 400),
    "email_unique": Probe(_email_unique, [True, True], [False, False]),
    "username_unique": Probe(
        lambda lms: _second("username", str.upper, "active")(lms).status_code == 409,
        sound=True,
        broken=False,
    ),
    "inactive_count": Probe(
        lambda lms: _second("email", str, "inactive")(lms).status_code == 409,
        sound=True,
        broken=False,
    ),
    "update_partial": Probe(_update_partial, "p@home.example", None),
    "buckets_merged": Probe(_buckets({"bucketId": 9, "valueId": 52}), [9, 12], [9]),
    "bucket_cleared": Probe(
        _buckets({"bucketId": 9, "valueId": None}, {"bucketId": 12, "text": "Room 8"}),
        [12],
        [9, 12],
    ),
    "status_repeated": Probe(_status_repeated, [200] * 4, [200, 409, 200, 409]),
    "status_keeps_groups": Probe(_status_keeps_groups, [902], []),
    "members_counted": Probe(
        lambda lms: lms.post("/groups/902/members", {"add": [5]}).json().get("unchanged"), 0, None
    ),
    "members_failed": Probe(_members_failed, (200, [902]), (404, [])),
    "members_most": Probe(_members_most, 422, 200),
    "too_long": Probe(_too_long, (422, 3), (200, 100)),
    "query_ignored": Probe(_query_ignored, ("Pro", "Body"), ("Query", "Body")),
    "rate_limited": Probe(_rate_limited, (429, True), (429, False)),
    "write_scope": Probe(_write_scope, (403, False), (200, False)),
}
