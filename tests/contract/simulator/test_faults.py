"""Faults: each does what its name says, when its rule says, and the journal knows."""

import json
import time
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest


def test_latency_delays_the_answer(lms: Any) -> None:
    lms.faults({"fault": "latency", "ms": 120, "jitter_ms": 30})
    start = time.perf_counter()
    assert lms.get("/tenant").status_code == 200
    assert 0.12 <= time.perf_counter() - start < 1


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (7, "7"),
        (0, "0"),
        (-5, "-5"),
        (1.5, "1.5"),
        (None, None),
        ("", ""),
        ("-5", "-5"),
        ("1e9", "1e9"),
        ("soon", "soon"),
        ("Wed, 99 Nov 2026 25:61:00 GMT", "Wed, 99 Nov 2026 25:61:00 GMT"),
    ],
)
def test_a_429_carries_the_wanted_time_to_wait(lms: Any, given: object, sent: str | None) -> None:
    lms.faults({"fault": "rate_limited", "retry_after": given})
    response = lms.get("/tenant")
    assert response.status_code == 429
    assert response.headers.get("Retry-After") == sent
    assert response.headers["X-RateLimit-Remaining"] == "0"
    assert response.json()["error"]["code"] == "rate_limited"


def test_a_429_without_a_wish_asks_for_a_second(lms: Any) -> None:
    lms.faults({"fault": "rate_limited"})
    assert lms.get("/tenant").headers["Retry-After"] == "1"


@pytest.mark.parametrize("seconds", [30, -30])
@pytest.mark.parametrize("fault", ["rate_limited", "server_error"])
def test_a_time_to_wait_can_be_a_date_to_come_or_past(lms: Any, fault: str, seconds: int) -> None:
    lms.faults({"fault": fault, "retry_after": "date", "seconds": seconds})
    moment = parsedate_to_datetime(lms.get("/tenant").headers["Retry-After"])
    assert abs(moment.timestamp() - time.time() - seconds) < 5


@pytest.mark.parametrize(("rule", "sent"), [({}, None), ({"retry_after": 9}, "9")])
def test_a_server_error_may_name_a_time_to_wait(lms: Any, rule: Any, sent: str | None) -> None:
    lms.faults({"fault": "server_error", "status": 503, **rule})
    response = lms.get("/tenant")
    assert (response.status_code, response.headers.get("Retry-After")) == (503, sent)


def test_a_refusal_by_a_fault_changes_nothing(lms: Any, newcomer: Any) -> None:
    for fault in ("rate_limited", "server_error", "html", "canned", "reset", "black_hole"):
        rule = {"fault": fault, **({"hold_s": 0} if fault == "black_hole" else {})}
        lms.faults(rule)
        with suppress(httpx.TransportError):
            lms.post("/people", newcomer())
    assert lms.effects() == []


@pytest.mark.parametrize("takes_effect", [False, True])
def test_a_server_error_may_hide_an_effect(lms: Any, takes_effect: bool) -> None:
    person = lms.person()
    lms.faults({"fault": "server_error", "status": 503, "takes_effect": takes_effect})
    assert lms.put(f"/people/{person['id']}", {"lastName": "X"}).status_code == 503
    assert len(lms.effects()) == takes_effect


def test_a_reset_breaks_the_connection_before_anything_happens(lms: Any, newcomer: Any) -> None:
    lms.faults({"fault": "reset"})
    with pytest.raises(httpx.ReadError):
        lms.post("/people", newcomer())
    assert lms.effects() == []
    entry = lms.sim("GET", "journal")["entries"][-1]
    assert (entry["status"], entry["fault"]) == (0, "reset")


def test_a_black_hole_never_answers(lms: Any) -> None:
    lms.faults({"fault": "black_hole"})
    with pytest.raises(httpx.ReadTimeout):
        lms.http.get("/tenant", timeout=0.3)


@pytest.mark.parametrize("how", ["reset", "close"])
def test_a_lost_answer_leaves_the_effect(lms: Any, newcomer: Any, how: str) -> None:
    lms.faults({"fault": "answer_lost", "how": how, "max": 1})
    with pytest.raises(httpx.TransportError):
        lms.post("/people", newcomer())
    assert [effect["kind"] for effect in lms.effects()] == ["person_created"]
    assert lms.post("/people", newcomer()).status_code == 409


def test_a_late_effect_comes_after_the_answer_was_lost(lms: Any, newcomer: Any) -> None:
    lms.faults({"fault": "late_effect", "delay_ms": 300})
    with pytest.raises(httpx.TransportError):
        lms.post("/people", newcomer())
    assert lms.get("/people", email="zadler@lincoln.example").json()["totalItems"] == 0
    time.sleep(0.5)
    assert lms.get("/people", email="zadler@lincoln.example").json()["totalItems"] == 1
    entries = lms.sim("GET", "journal")["entries"]
    late = next(entry for entry in entries if entry["effect"])
    assert late["caused_by"] == entries[0]["sequence"]


def test_an_unsigned_write_has_no_late_effect(lms: Any, newcomer: Any) -> None:
    lms.faults({"fault": "late_effect", "delay_ms": 1})
    lms.signer.secret = "another"
    assert lms.post("/people", newcomer()).status_code == 401
    time.sleep(0.1)
    assert lms.effects() == []


def test_a_proxy_page_comes_as_html_with_status_200(lms: Any, newcomer: Any) -> None:
    lms.faults({"fault": "html"})
    response = lms.post("/people", newcomer())
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/html")
    assert lms.effects() == []


@pytest.mark.parametrize("fault", ["html", "canned", "black_hole", "empty_200"])
def test_a_fault_can_hide_an_effect(lms: Any, newcomer: Any, fault: str) -> None:
    hold = {"hold_s": 0} if fault == "black_hole" else {}
    lms.faults({"fault": fault, "takes_effect": True, **hold})
    with suppress(httpx.TransportError):
        lms.post("/people", newcomer())
    assert [effect["kind"] for effect in lms.effects()] == ["person_created"]


def test_an_empty_200_can_come_without_effect(lms: Any, newcomer: Any) -> None:
    lms.faults({"fault": "empty_200", "takes_effect": False})
    assert lms.post("/people", newcomer()).content == b""
    assert lms.effects() == []


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"items": "none"}, b'{"items":"none"}'),
        ([], b"[]"),
        (None, b"null"),
        ("[1, 2", b"[1, 2"),
        ("", b""),
    ],
)
def test_any_answer_can_be_given(lms: Any, body: object, sent: bytes) -> None:
    lms.faults({"fault": "canned", "status": 207, "body": body})
    response = lms.get("/people")
    assert (response.status_code, response.content) == (207, sent)
    assert response.headers["Content-Type"] == "application/json"


def test_an_answer_can_have_any_type(lms: Any) -> None:
    lms.faults({"fault": "canned", "body": "a;b", "content_type": "text/csv"})
    assert lms.get("/people").headers["Content-Type"] == "text/csv"


def test_an_empty_200_has_no_body(lms: Any) -> None:
    lms.faults({"fault": "empty_200"})
    response = lms.get("/people")
    assert (response.status_code, response.content) == (200, b"")


def test_a_truncated_answer_is_no_json(lms: Any) -> None:
    lms.faults({"fault": "truncated"})
    with pytest.raises(json.JSONDecodeError):
        lms.get("/people").json()


def test_a_connection_cut_in_mid_answer_is_noticed(lms: Any) -> None:
    lms.faults({"fault": "truncated", "how": "connection"})
    with pytest.raises(httpx.RemoteProtocolError):
        lms.get("/people")


@pytest.mark.parametrize("fault", ["huge_body", "gzip_bomb"])
def test_a_body_can_be_far_too_large(lms: Any, fault: str) -> None:
    lms.faults({"fault": fault, "megabytes": 3})
    assert len(lms.get("/people").content) >= 3 << 20


def test_a_stale_read_shows_what_was_before_the_write(lms: Any, newcomer: Any) -> None:
    person = lms.person()
    lms.faults({"fault": "stale_read", "lag_ms": 60_000})
    lms.put(f"/people/{person['id']}", {"email": "new@lincoln.example"})
    lms.post("/groups/902/members", {"add": [person["id"]]})
    added = lms.post("/people", newcomer()).json()
    assert lms.get(f"/people/{person['id']}").json() == person
    assert lms.get("/people", email=person["email"]).json()["totalItems"] == 1
    assert lms.get("/people", email="new@lincoln.example").json()["totalItems"] == 0
    assert lms.get(f"/people/{added['id']}").status_code == 404
    lms.faults()
    assert lms.get(f"/people/{person['id']}").json()["email"] == "new@lincoln.example"


def test_pages_that_shift_repeat_and_miss_people(lms: Any) -> None:
    lms.faults({"fault": "page_shift"})
    ids = [item["id"] for page in range(1, 8) for item in _page(lms, page)["items"]]
    assert len(set(ids)) < len(ids) == 306


@pytest.mark.parametrize(("fault", "missing"), [("page_repeat", 3), ("page_miss", 3)])
def test_a_page_can_repeat_or_miss_people(lms: Any, fault: str, missing: int) -> None:
    lms.faults({"fault": fault, "count": 3, "request": 2})
    pages = [_page(lms, page) for page in range(1, 8)]
    ids = {item["id"] for page in pages for item in page["items"]}
    assert len(ids) == pages[0]["totalItems"] - missing


def test_the_total_can_be_wrong(lms: Any) -> None:
    lms.faults({"fault": "wrong_total", "delta": -7})
    assert _page(lms, 1)["totalItems"] == 306 - 7


def test_a_list_can_be_empty(lms: Any) -> None:
    lms.faults({"fault": "empty_list", "path": "/people$"})
    assert (_page(lms, 1)["items"], _page(lms, 1)["totalItems"]) == ([], 0)
    assert lms.get("/groups").json()["items"]


def test_a_revoked_key_stays_revoked_until_the_faults_change(lms: Any) -> None:
    lms.faults({"fault": "key_revoked", "request": 2})
    assert [lms.get("/tenant").status_code for _ in range(4)] == [200, 401, 401, 401]
    lms.faults()
    assert lms.get("/tenant").status_code == 200


def test_a_clock_that_is_off_refuses_good_requests(lms: Any) -> None:
    lms.faults({"fault": "clock_offset", "offset_s": 900})
    assert lms.get("/tenant").json()["error"]["code"] == "clock_skew"


def test_somebody_else_can_edit_a_person_in_mid_run(lms: Any) -> None:
    person = lms.person()
    rule = {"fault": "edited_elsewhere", "personId": person["id"], "fields": {"lastName": "Else"}}
    lms.faults({**rule, "request": 2})
    path = f"/people/{person['id']}"
    assert [lms.get(path).json()["lastName"] for _ in range(2)] == [person["lastName"], "Else"]
    entry = lms.sim("GET", "journal?effects=1")["entries"][0]
    assert (entry["method"], entry["effect"]["kind"]) == ("_SIM", "person_updated")


def test_a_group_and_a_bucket_can_be_deleted_in_mid_run(lms: Any) -> None:
    person = lms.person()
    site = person["groupIds"][1]
    lms.faults(
        {"fault": "group_deleted", "groupId": site, "max": 1},
        {"fault": "bucket_deleted", "bucketId": 9, "max": 1},
    )
    assert lms.get(f"/groups/{site}/members").status_code == 404
    after = lms.get(f"/people/{person['id']}").json()
    assert site not in after["groupIds"]
    assert 9 not in {value["bucketId"] for value in after["buckets"]}


def test_a_deleted_person_can_come_back(lms: Any) -> None:
    person = lms.person()
    lms.http.delete(f"/people/{person['id']}")
    lms.faults({"fault": "comes_back", "personId": person["id"], "max": 1})
    assert lms.get(f"/people/{person['id']}").json() == person


def test_who_was_deleted_comes_back_first(lms: Any) -> None:
    person = lms.person()
    lms.http.delete(f"/people/{person['id']}")
    lms.faults({"fault": "comes_back", "request": 1})
    lms.get("/tenant")
    assert lms.effects()[-1] == {"kind": "person_restored", "personId": person["id"]}


def test_an_inactive_person_can_come_back(lms: Any) -> None:
    person = lms.person()
    lms.post(f"/people/{person['id']}/deactivate", {})
    lms.faults({"fault": "comes_back", "personId": person["id"], "max": 1})
    assert lms.get(f"/people/{person['id']}").json()["status"] == "active"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("edited_elsewhere", "person_updated"),
        ("bucket_deleted", "bucket_deleted"),
        ("group_deleted", "group_deleted"),
        ("comes_back", "person_reactivated"),
    ],
)
def test_without_a_victim_the_seed_picks_one(lms: Any, fault: str, kind: str) -> None:
    seen = []
    for _ in range(2):
        lms.sim("POST", "reset")
        lms.faults({"fault": fault, "max": 1}, seed=5)
        lms.get("/tenant")
        seen.append(lms.effects())
    assert seen[0] == seen[1]
    assert [effect["kind"] for effect in seen[0]] == [kind]


def test_latency_goes_together_with_another_fault(lms: Any) -> None:
    lms.faults({"fault": "latency", "ms": 100}, {"fault": "server_error", "status": 502})
    start = time.perf_counter()
    assert lms.get("/tenant").status_code == 502
    assert time.perf_counter() - start >= 0.1
    assert lms.sim("GET", "journal")["entries"][-1]["fault"] == "latency+server_error"


def test_a_slow_write_takes_effect_though_its_client_has_left(lms: Any, newcomer: Any) -> None:
    lms.faults({"fault": "latency", "ms": 200, "request": 1})
    with pytest.raises(httpx.ReadTimeout):
        lms.http.post("/people", json=newcomer(), timeout=0.05)
    assert lms.effects() == []
    time.sleep(0.3)
    assert [effect["kind"] for effect in lms.effects()] == ["person_created"]


def test_a_rule_counts_only_what_it_could_hit(lms: Any) -> None:
    rule = {"fault": "server_error", "method": "GET", "path": "/people/", "request": [2]}
    lms.faults(rule)
    statuses = [lms.get(path).status_code for path in ("/people/1", "/tenant", "/people/1")]
    assert statuses == [200, 200, 500]
    assert lms.sim("GET", "faults")["counts"] == [{"seen": 2, "fired": 1}]


def test_a_rule_can_end_after_so_many_hits(lms: Any) -> None:
    lms.faults({"fault": "server_error", "max": 2})
    assert [lms.get("/tenant").status_code for _ in range(3)] == [500, 500, 200]


def test_the_same_seed_hits_the_same_requests(lms: Any) -> None:
    runs = []
    for seed in (5, 5, 6):
        lms.faults({"fault": "server_error", "probability": 0.5}, seed=seed)
        runs.append([lms.get("/tenant").status_code for _ in range(24)])
    assert runs[0] == runs[1] != runs[2]
    assert {200, 500} == set(runs[0])


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "no_such"},
        {"fault": "reset", "probability": 1.5},
        {"fault": "reset", "probability": 0.5, "request": [1]},
        {"fault": "reset", "request": [0]},
        {"fault": "reset", "path": "("},
        {"fault": "reset", "max": -1},
    ],
)
def test_a_rule_that_makes_no_sense_changes_nothing(lms: Any, rule: dict[str, Any]) -> None:
    lms.faults({"fault": "server_error"})
    assert lms.sim_refusal("PUT", "faults", {"seed": 1, "rules": [rule]})
    assert lms.get("/tenant").status_code == 500


def _page(lms: Any, page: int) -> dict[str, Any]:
    answer: dict[str, Any] = lms.get("/people", page=page).json()
    return answer
