"""Reading: shapes, paging, filters, order, and the limit headers."""

from typing import Any

import pytest

SUMMARY = {"id", "username", "email", "firstName", "lastName", "status", "updatedAt"}
DETAIL = SUMMARY | {
    "employeeNumber",
    "personalEmail",
    "roleId",
    "timezoneId",
    "groupIds",
    "buckets",
}


def test_the_tenant_names_its_scopes_and_version(lms: Any) -> None:
    tenant = lms.get("/tenant").json()
    assert tenant["scopes"] == ["read", "write"]
    assert tenant["apiVersion"] == "1"
    assert set(tenant) == {"id", "name", "timezoneId", "scopes", "apiVersion"}


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/roles", {"id", "name"}),
        ("/timezones", {"id", "name"}),
        ("/groups", {"id", "name", "code", "memberCount"}),
        ("/groups/101/members", {"personId"}),
        ("/buckets", {"id", "name", "type", "values"}),
        ("/people", SUMMARY),
    ],
)
def test_a_list_has_items_of_the_contract(lms: Any, path: str, fields: set[str]) -> None:
    page = lms.get(path).json()
    assert set(page) == {"items", "page", "pageSize", "totalItems"}
    assert page["items"]
    assert all(set(item) == fields for item in page["items"])


def test_a_detail_has_what_the_list_leaves_out(lms: Any) -> None:
    person = lms.person()
    assert lms.get(f"/people/{person['id']}").json() == person
    assert set(person) == DETAIL


def test_all_pages_together_hold_every_person_once(lms: Any) -> None:
    ids: list[int] = []
    for page in range(1, 10):
        answer = lms.get("/people", page=page, pageSize=50).json()
        ids += [item["id"] for item in answer["items"]]
    assert len(ids) == len(set(ids)) == answer["totalItems"] == len(_people(lms))


def test_a_page_behind_the_last_one_is_empty(lms: Any) -> None:
    assert lms.get("/people", page=99).json()["items"] == []


def test_the_default_page_has_fifty_items(lms: Any) -> None:
    answer = lms.get("/people").json()
    assert (len(answer["items"]), answer["page"], answer["pageSize"]) == (50, 1, 50)


@pytest.mark.parametrize(
    "params",
    [{"page": 0}, {"page": "x"}, {"pageSize": 0}, {"pageSize": 201}, {"status": "gone"}],
)
def test_a_parameter_out_of_range_is_refused(lms: Any, params: dict[str, Any]) -> None:
    assert lms.get("/people", **params).status_code == 400


def test_the_largest_page_has_two_hundred_items(lms: Any) -> None:
    assert len(lms.get("/people", pageSize=200).json()["items"]) == 200


@pytest.mark.parametrize("status", ["active", "inactive"])
def test_people_can_be_asked_for_by_status(lms: Any, status: str) -> None:
    answer = lms.get("/people", status=status, pageSize=200).json()
    expected = [person for person in _people(lms) if person["status"] == status]
    assert answer["totalItems"] == len(expected) > 0
    assert {item["status"] for item in answer["items"]} == {status}


@pytest.mark.parametrize("field", ["email", "username"])
def test_people_are_found_exactly_and_without_regard_to_case(lms: Any, field: str) -> None:
    person = lms.person()
    found = lms.get("/people", **{field: person[field].upper()}).json()["items"]
    assert [item["id"] for item in found] == [person["id"]]
    assert lms.get("/people", **{field: person[field][:-1]}).json()["totalItems"] == 0


def test_filters_work_together(lms: Any) -> None:
    one, other = lms.person(firstName="Zoë"), lms.person(firstName="José")
    assert lms.get("/people", email=one["email"], username=one["username"]).json()["items"]
    assert not lms.get("/people", email=one["email"], username=other["username"]).json()["items"]
    assert not lms.get("/people", email=one["email"], status="inactive").json()["items"]


def test_a_list_is_not_in_the_order_of_ids(lms: Any) -> None:
    ids = _first_page(lms)
    assert ids != sorted(ids)


def test_the_order_of_lists_can_be_set(lms: Any) -> None:
    shuffled = _first_page(lms)
    lms.sim("PUT", "settings", {"order_seed": 99})
    assert _first_page(lms) != shuffled
    lms.sim("PUT", "settings", {"list_order": "id"})
    ids = _first_page(lms)
    assert ids == sorted(ids)


def test_members_and_group_ids_agree(lms: Any) -> None:
    answer = lms.get("/groups/402/members", pageSize=200).json()
    members = {item["personId"] for item in answer["items"]}
    assert members == {person["id"] for person in _people(lms) if 402 in person["groupIds"]}
    groups = lms.get("/groups").json()["items"]
    assert next(each for each in groups if each["id"] == 402)["memberCount"] == len(members)


@pytest.mark.parametrize(
    "path",
    ["/people/999999", "/people/x", "/people/01", "/groups/1/members", "/nothing", "/people/"],
)
def test_what_is_not_there_is_not_found(lms: Any, path: str) -> None:
    response = lms.get(path)
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


def test_every_answer_carries_the_limit(lms: Any) -> None:
    lms.sim("PUT", "settings", {"rate_per_s": 10, "burst": 20})
    for path in ("/tenant", "/people/999999"):
        headers = lms.get(path).headers
        assert headers["X-RateLimit-Limit"] == "10"
        assert 0 <= int(headers["X-RateLimit-Remaining"]) < 20
        assert int(headers["X-RateLimit-Reset"]) > 1_700_000_000


def test_requests_beyond_the_burst_are_refused_with_a_time_to_wait(lms: Any) -> None:
    lms.sim("PUT", "settings", {"rate_per_s": 0.5, "burst": 3})
    answers = [lms.get("/tenant") for _ in range(4)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert answers[3].json()["error"]["code"] == "rate_limited"
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 2


def test_the_limit_is_counted_per_key(lms: Any) -> None:
    secret = {"secret": "simulator-secret"}
    settings = {"rate_per_s": 0.1, "burst": 1, "keys": {"a": secret, "b": secret}}
    lms.sim("PUT", "settings", settings)
    statuses = []
    for lms.signer.key_id in ("a", "a", "b"):
        statuses.append(lms.get("/tenant").status_code)
    assert statuses == [200, 429, 200]


def _people(lms: Any) -> list[dict[str, Any]]:
    people: list[dict[str, Any]] = lms.sim("GET", "state")["people"]
    return people


def _first_page(lms: Any) -> list[int]:
    return [item["id"] for item in lms.get("/people").json()["items"]]
