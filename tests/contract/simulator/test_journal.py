"""The journal: an independent witness of each request and of what it changed."""

import hashlib
from typing import Any

import httpx


def test_each_request_is_in_the_journal_with_its_status(lms: Any) -> None:
    after = lms.sim("GET", "journal")["last"]
    lms.get("/people", status="active")
    lms.get("/people/999999")
    entries = lms.sim("GET", f"journal?after={after}")["entries"]
    shown = [(each["method"], each["path"], each["query"], each["status"]) for each in entries]
    assert shown == [
        ("GET", "/api/v1/people", "status=active", 200),
        ("GET", "/api/v1/people/999999", "", 404),
    ]
    assert [each["sequence"] for each in entries] == [after + 1, after + 2]
    assert all(each["effect"] is None and each["time"].endswith("Z") for each in entries)


def test_a_write_is_there_with_its_effect_and_the_hash_of_its_body(lms: Any, newcomer: Any) -> None:
    person = lms.post("/people", newcomer()).json()
    lms.put(f"/people/{person['id']}", {"lastName": "Other", "firstName": "Zoë"})
    lms.post("/groups/101/members", {"add": [person["id"]]})
    lms.http.delete(f"/people/{person['id']}")
    assert lms.effects() == [
        {"kind": "person_created", "personId": person["id"]},
        {"kind": "person_updated", "personId": person["id"], "fields": ["lastName"]},
        {"kind": "members_changed", "groupId": 101, "added": [person["id"]], "removed": []},
        {"kind": "person_deleted", "personId": person["id"]},
    ]
    entry = lms.sim("GET", "journal?effects=1")["entries"][2]
    body = b'{"add":[%d]}' % person["id"]
    assert entry["body_sha256"] == hashlib.sha256(body).hexdigest()


def test_a_write_that_changes_nothing_has_no_effect(lms: Any) -> None:
    person = lms.person()
    lms.put(f"/people/{person['id']}", {"lastName": person["lastName"]})
    lms.post(f"/people/{person['id']}/reactivate", {})
    lms.post("/groups/101/members", {"add": [person["id"]]})
    assert lms.effects() == []


def test_a_refused_request_is_in_the_journal_without_effect(lms: Any) -> None:
    lms.signer.secret = "another"
    lms.put("/people/5", {"lastName": "X"})
    entry = lms.sim("GET", "journal")["entries"][-1]
    assert (entry["status"], entry["effect"]) == (401, None)


def test_connections_are_told_apart(lms: Any) -> None:
    lms.get("/tenant")
    lms.get("/tenant")
    with httpx.Client(auth=lms.signer, trust_env=False) as other:
        other.get(f"{lms.root}/api/v1/tenant")
    one, same, another = (each["connection"] for each in lms.sim("GET", "journal")["entries"])
    assert one == same != another


def test_looking_at_the_simulator_leaves_no_trace(lms: Any) -> None:
    lms.sim("GET", "state")
    lms.sim("GET", "settings")
    assert lms.sim("GET", "journal")["entries"] == []


def test_the_sequence_goes_on_after_a_reset(lms: Any) -> None:
    lms.get("/tenant")
    last = lms.sim("GET", "journal")["last"]
    lms.sim("POST", "reset")
    for _ in range(3):
        lms.get("/tenant")
    for after, expected in ((0, [1, 2, 3]), (last, [1, 2, 3]), (last + 1, [2, 3]), (last + 3, [])):
        entries = lms.sim("GET", f"journal?after={after}")["entries"]
        assert [each["sequence"] - last for each in entries] == expected


def test_a_reader_can_ask_for_so_many(lms: Any, newcomer: Any) -> None:
    for _ in range(3):
        lms.get("/tenant")
    lms.post("/people", newcomer())
    assert len(lms.sim("GET", "journal?limit=2")["entries"]) == 2
    (entry,) = lms.sim("GET", "journal?limit=1&effects=1")["entries"]
    assert entry["effect"]["kind"] == "person_created"
