"""Writing: what a write answers, and what the tenant holds afterwards."""

from typing import Any


def test_a_new_person_is_answered_whole_and_can_be_read(lms: Any, newcomer: Any) -> None:
    buckets = [{"bucketId": 12, "text": "Room 9"}, {"bucketId": 9, "valueId": 51}]
    response = lms.post("/people", newcomer(employeeNumber="E1", roleId=2, buckets=buckets))
    person = response.json()
    assert response.status_code == 201
    assert person["status"] == "active"
    assert person["groupIds"] == []
    assert person["buckets"] == [{"bucketId": 9, "valueId": 51}, {"bucketId": 12, "text": "Room 9"}]
    assert lms.get(f"/people/{person['id']}").json() == person
    assert lms.get("/people", email="ZADLER@lincoln.example").json()["totalItems"] == 1


def test_what_an_update_leaves_out_stays(lms: Any) -> None:
    before = lms.person()
    after = lms.put(f"/people/{before['id']}", {"lastName": "Nuñez"}).json()
    assert after == {**before, "lastName": "Nuñez", "updatedAt": after["updatedAt"]}
    assert after["updatedAt"] > before["updatedAt"]
    assert lms.get(f"/people/{before['id']}").json() == after


def test_an_update_that_changes_nothing_leaves_the_time_alone(lms: Any) -> None:
    person = lms.person()
    assert lms.put(f"/people/{person['id']}", {"lastName": person["lastName"]}).json() == person


def test_buckets_are_merged_and_a_null_clears_one(lms: Any) -> None:
    person = lms.person()
    kept = {value["bucketId"]: value for value in person["buckets"]}
    given = [{"bucketId": 9, "valueId": 57}, {"bucketId": 10, "valueId": None}]
    after = lms.put(f"/people/{person['id']}", {"buckets": given}).json()
    del kept[10]
    kept[9] = {"bucketId": 9, "valueId": 57}
    assert after["buckets"] == [kept[bucket_id] for bucket_id in sorted(kept)]


def test_a_changed_email_is_found_and_the_old_one_is_free(lms: Any, newcomer: Any) -> None:
    person = lms.person()
    lms.put(f"/people/{person['id']}", {"email": "new@lincoln.example"})
    assert lms.get("/people", email=person["email"]).json()["totalItems"] == 0
    assert lms.get("/people", email="new@lincoln.example").json()["totalItems"] == 1
    assert lms.post("/people", newcomer(email=person["email"])).status_code == 201


def test_an_email_written_in_mixed_case_is_found_in_lower_case(lms: Any, newcomer: Any) -> None:
    lms.post("/people", newcomer(email="Zoe.Adler@Lincoln.example", username="ZAdler"))
    assert lms.get("/people", email="zoe.adler@lincoln.example").json()["totalItems"] == 1
    assert lms.post("/people", newcomer(username="other")).status_code == 201
    assert lms.post("/people", newcomer(email="third@lincoln.example")).status_code == 409


def test_a_list_read_before_shows_what_was_written_since(lms: Any, newcomer: Any) -> None:
    person = lms.person()
    seen = {status: _listed(lms, status) for status in ("active", "inactive", "all")}
    lms.put(f"/people/{person['id']}", {"lastName": "Written-Since"})
    assert _listed(lms, "active")[person["id"]]["lastName"] == "Written-Since"
    lms.post(f"/people/{person['id']}/deactivate", {})
    assert person["id"] not in _listed(lms, "active")
    assert _listed(lms, "inactive")[person["id"]]["status"] == "inactive"
    lms.post("/people", newcomer())
    assert len(_listed(lms, "all")) == len(seen["all"]) + 1
    lms.http.delete(f"/people/{person['id']}")
    assert len(_listed(lms, "inactive")) == len(seen["inactive"])


def test_another_state_shows_in_lists_read_before(lms: Any) -> None:
    state = lms.sim("GET", "state")
    assert len(_listed(lms, "all")) == len(state["people"])
    lms.sim("PUT", "state", {**state, "people": state["people"][:7]})
    assert sorted(_listed(lms, "all")) == [person["id"] for person in state["people"][:7]]


def test_own_email_in_other_case_is_no_duplicate(lms: Any) -> None:
    person = lms.person()
    response = lms.put(f"/people/{person['id']}", {"email": person["email"].upper()})
    assert response.status_code == 200


def test_status_changes_keep_memberships_and_may_be_repeated(lms: Any) -> None:
    person = lms.person()
    for verb, status in (("deactivate", "inactive"), ("reactivate", "active")):
        for _ in range(2):
            response = lms.post(f"/people/{person['id']}/{verb}", {})
            assert response.status_code == 200
            assert response.json()["status"] == status
            assert response.json()["groupIds"] == person["groupIds"]
    assert [effect["kind"] for effect in lms.effects()] == [
        "person_deactivated",
        "person_reactivated",
    ]


def test_a_deleted_person_is_gone_everywhere(lms: Any) -> None:
    person = lms.person()
    response = lms.http.delete(f"/people/{person['id']}")
    assert (response.status_code, response.content) == (204, b"")
    assert lms.get(f"/people/{person['id']}").status_code == 404
    members = lms.get("/groups/101/members", pageSize=200, page=1).json()
    assert person["id"] not in {item["personId"] for item in members["items"]}


def test_members_are_added_and_removed_in_one_call(lms: Any) -> None:
    inside = lms.person()
    site = inside["groupIds"][1]
    outside = next(
        each for each in lms.sim("GET", "state")["people"] if site not in each["groupIds"]
    )
    body = {"add": [outside["id"]], "remove": [inside["id"]]}
    answer = lms.post(f"/groups/{site}/members", body).json()
    assert answer == {"added": 1, "removed": 1, "unchanged": 0, "failed": []}
    assert site in lms.get(f"/people/{outside['id']}").json()["groupIds"]
    assert site not in lms.get(f"/people/{inside['id']}").json()["groupIds"]


def test_members_that_need_no_change_and_people_unknown_are_told_apart(lms: Any) -> None:
    person = lms.person()
    body = {"add": [person["id"], 999_999], "remove": [888_888]}
    answer = lms.post("/groups/101/members", body).json()
    assert answer["unchanged"] == 1
    assert answer["failed"] == [
        {"personId": 999_999, "code": "not_found"},
        {"personId": 888_888, "code": "not_found"},
    ]
    assert lms.effects() == []


def test_query_parameters_of_a_write_are_ignored(lms: Any) -> None:
    person = lms.person()
    response = lms.http.put(
        f"/people/{person['id']}", params={"lastName": "Query"}, json={"firstName": "Body"}
    )
    assert response.json()["firstName"] == "Body"
    assert response.json()["lastName"] == person["lastName"]


def test_the_state_can_be_saved_and_loaded(lms: Any) -> None:
    before = lms.sim("GET", "state")
    lms.put(f"/people/{lms.person()['id']}", {"lastName": "Other"})
    assert lms.sim("GET", "state") != before
    lms.sim("PUT", "state", before)
    assert lms.sim("GET", "state") == before


def test_a_reset_can_make_another_tenant(lms: Any) -> None:
    start = len(lms.sim("GET", "state")["people"])
    lms.sim("POST", "reset", {"people": 20, "seed": 3})
    assert len(lms.sim("GET", "state")["people"]) == 20 + 1 + 2 + 2
    lms.sim("POST", "reset")
    assert len(lms.sim("GET", "state")["people"]) == start


def _listed(lms: Any, status: str) -> dict[int, dict[str, Any]]:
    pages = [lms.get("/people", status=status, pageSize=200, page=page).json() for page in (1, 2)]
    return {item["id"]: item for page in pages for item in page["items"]}
