"""Refusals: duplicates, lengths, unknown ids, missing bodies; none of them has an effect."""

import socket
from typing import Any

import pytest


@pytest.mark.parametrize("field", ["email", "username"])
def test_a_duplicate_names_the_person_who_has_it(lms: Any, newcomer: Any, field: str) -> None:
    person = lms.person()
    response = lms.post("/people", newcomer(**{field: person[field].upper()}))
    assert response.status_code == 409
    assert response.json()["error"]["code"] == f"duplicate_{field}"
    assert response.json()["personId"] == person["id"]


def test_inactive_people_count_as_duplicates(lms: Any, newcomer: Any) -> None:
    person = lms.person()
    lms.post(f"/people/{person['id']}/deactivate", {})
    assert lms.post("/people", newcomer(email=person["email"])).status_code == 409


def test_an_update_to_somebody_elses_email_is_a_duplicate(lms: Any) -> None:
    one, other = lms.person(firstName="Zoë"), lms.person(firstName="José")
    response = lms.put(f"/people/{one['id']}", {"email": other["email"]})
    assert (response.status_code, response.json()["personId"]) == (409, other["id"])


def test_a_tenant_may_accept_duplicates(lms: Any, newcomer: Any) -> None:
    lms.sim("PUT", "settings", {"duplicates": "accepted"})
    person = lms.person()
    assert lms.post("/people", newcomer(email=person["email"])).status_code == 201
    assert lms.get("/people", email=person["email"]).json()["totalItems"] == 2


@pytest.mark.parametrize(
    ("field", "longest"),
    [
        ("email", 254),
        ("username", 100),
        ("firstName", 100),
        ("lastName", 100),
        ("personalEmail", 254),
    ],
)
def test_a_value_may_have_its_longest_length_and_no_more(
    lms: Any, newcomer: Any, field: str, longest: int
) -> None:
    suffix = "@a.example" if "mail" in field.lower() else ""
    fitting = "x" * (longest - len(suffix)) + suffix
    refusal = lms.post("/people", newcomer(**{field: "x" + fitting}))
    assert refusal.status_code == 422
    assert refusal.json()["error"]["code"] == "too_long"
    assert refusal.json()["error"]["fields"] == {field: "too_long"}
    assert lms.post("/people", newcomer(**{field: fitting})).status_code == 201


def test_a_text_bucket_has_a_longest_length(lms: Any) -> None:
    path = f"/people/{lms.person()['id']}"
    fits, too_long = ({"buckets": [{"bucketId": 12, "text": "x" * n}]} for n in (500, 501))
    assert lms.put(path, fits).status_code == 200
    assert lms.put(path, too_long).json()["error"]["code"] == "too_long"


@pytest.mark.parametrize("field", ["username", "email", "firstName", "lastName"])
@pytest.mark.parametrize("value", [None, "", " "])
def test_a_required_field_can_not_be_blank(
    lms: Any, newcomer: Any, field: str, value: object
) -> None:
    response = lms.post("/people", newcomer(**{field: value}))
    assert (response.status_code, response.json()["error"]["code"]) == (422, "required")
    path = f"/people/{lms.person()['id']}"
    assert lms.put(path, {field: value}).status_code == 422


def test_all_that_is_wrong_is_told_at_once(lms: Any) -> None:
    response = lms.post("/people", {"email": "a@b.example", "roleId": 99, "status": "active"})
    assert response.json()["error"]["fields"] == {
        "roleId": "unknown_id",
        "status": "not_allowed",
        "username": "required",
        "firstName": "required",
        "lastName": "required",
    }


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"roleId": 99}, "unknown_id"),
        ({"timezoneId": 99}, "unknown_id"),
        ({"roleId": "1"}, "invalid"),
        ({"roleId": True}, "invalid"),
        ({"buckets": [{"bucketId": 99, "valueId": 1}]}, "unknown_id"),
        ({"buckets": [{"bucketId": 9, "valueId": 99}]}, "unknown_id"),
        ({"buckets": [{"bucketId": 9, "text": "Teacher"}]}, "invalid"),
        ({"buckets": [{"bucketId": 12, "valueId": 51}]}, "invalid"),
        ({"buckets": [{"valueId": 51}]}, "invalid"),
        ({"buckets": [{"bucketId": 9, "valueId": 51}] * 2}, "invalid"),
        ({"buckets": {}}, "invalid"),
        ({"groupIds": [101]}, "not_allowed"),
        ({"id": 5}, "not_allowed"),
        ({"nickname": "Z"}, "unknown_field"),
        ({"firstName": 5}, "invalid"),
        ({"email": "no-at-sign"}, "invalid"),
    ],
)
def test_a_value_the_tenant_does_not_know_is_refused(
    lms: Any, fields: dict[str, Any], code: str
) -> None:
    person = lms.person()
    response = lms.put(f"/people/{person['id']}", fields)
    assert response.status_code == 422
    assert response.json()["error"]["fields"] == {next(iter(fields)): code}
    assert lms.get(f"/people/{person['id']}").json() == person
    assert lms.effects() == []


def test_half_a_surrogate_pair_is_refused(lms: Any) -> None:
    content = b'{"firstName": "\\ud800"}'
    response = lms.http.put(f"/people/{lms.person()['id']}", content=content)
    assert (response.status_code, response.json()["error"]["code"]) == (422, "invalid")


@pytest.mark.parametrize(("count", "status"), [(100, 200), (101, 422)])
def test_a_batch_of_members_has_a_largest_size(lms: Any, count: int, status: int) -> None:
    ids = list(range(1, count + 1))
    body = {"add": ids[: count // 2], "remove": ids[count // 2 :]}
    assert lms.post("/groups/902/members", body).status_code == status


@pytest.mark.parametrize(
    "body", [{"add": "5"}, {"add": [True]}, {"add": [5], "remove": [5]}, {"ids": [5]}]
)
def test_a_batch_that_makes_no_sense_is_refused(lms: Any, body: dict[str, Any]) -> None:
    assert lms.post("/groups/902/members", body).status_code == 422
    assert lms.effects() == []


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[]", b"[" * 100_000, b'"x"'])
def test_a_body_that_is_no_json_object_is_refused(lms: Any, content: bytes) -> None:
    response = lms.http.post("/people", content=content)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "malformed_json")


def test_a_write_to_nobody_is_not_found(lms: Any) -> None:
    assert lms.put("/people/999999", {"lastName": "X"}).status_code == 404
    assert lms.post("/people/999999/deactivate", {}).status_code == 404
    assert lms.post("/groups/5/members", {"add": []}).status_code == 404
    assert lms.http.delete("/people/999999").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/people/5"),
        ("PUT", "/people"),
        ("POST", "/people/5"),
        ("POST", "/people/5/archive"),
        ("DELETE", "/groups/101"),
        ("POST", "/groups"),
        ("PUT", "/buckets/9"),
        ("POST", "/tenant"),
    ],
)
def test_what_the_contract_does_not_know_is_not_found(lms: Any, method: str, path: str) -> None:
    response = lms.http.request(method, path, json={"lastName": "X"})
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")
    assert lms.effects() == []


@pytest.mark.parametrize("state", [{}, {"people": 5}, {"people": [{"id": 1, "email": None}]}])
def test_a_state_that_makes_no_sense_changes_nothing(lms: Any, state: dict[str, Any]) -> None:
    before = lms.sim("GET", "state")
    assert lms.sim_refusal("PUT", "state", {**before, **state} if state else {})
    assert lms.sim("GET", "state") == before


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_write_with_content_length_zero_is_refused(lms: Any, method: str) -> None:
    response = lms.http.request(method, "/people/5/deactivate", content=b"")
    assert (response.status_code, response.json()["error"]["code"]) == (411, "length_required")


def test_a_chunked_write_is_refused(lms: Any, newcomer: Any) -> None:
    request = lms.http.build_request("POST", "/people", json=newcomer())
    signed = next(lms.signer.auth_flow(request))
    del signed.headers["Content-Length"]
    signed.headers["Transfer-Encoding"] = "chunked"
    assert lms.http.send(signed, auth=None).status_code == 411
    assert lms.effects() == []


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_write_without_any_length_is_refused(lms: Any, method: str) -> None:
    raw = f"{method} /api/v1/people/5/deactivate HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", lms.port), timeout=5) as connection:
        connection.sendall(raw.encode())
        assert connection.recv(64).startswith(b"HTTP/1.1 411 ")
