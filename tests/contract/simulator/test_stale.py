"""Stale reads by request number: with a large `lag_ms` no clock has a say in what is shown."""

from typing import Any

AGES_MS = 10**9


def test_the_first_reads_after_a_write_are_stale_and_the_next_is_not(lms: Any) -> None:
    person = lms.person()
    path = f"/people/{person['id']}"
    _first_three_stale(lms, "/people/")
    lms.put(path, {"lastName": "New"})
    shown = [lms.get(path).json()["lastName"] for _ in range(4)]
    assert shown == [person["lastName"]] * 3 + ["New"]


def test_a_new_person_is_not_there_yet(lms: Any, newcomer: Any) -> None:
    path = f"/people/{lms.post('/people', newcomer()).json()['id']}"
    _first_three_stale(lms, "/people/")
    assert [lms.get(path).status_code for _ in range(4)] == [404, 404, 404, 200]


def test_a_list_is_stale_on_every_page(lms: Any, newcomer: Any) -> None:
    lms.sim("PUT", "settings", {"list_order": "id"})
    person = lms.person()
    added = lms.post("/people", newcomer()).json()
    lms.put(f"/people/{person['id']}", {"lastName": "New"})
    lms.post(f"/people/{person['id']}/deactivate", {})
    before, after = _listed(lms, stale=True), _listed(lms, stale=False)
    assert before[person["id"]] == (person["lastName"], "active")
    assert after[person["id"]] == ("New", "inactive")
    assert after.keys() - before.keys() == {added["id"]}


def test_a_list_by_status_is_stale(lms: Any) -> None:
    person = lms.person()
    lms.post(f"/people/{person['id']}/deactivate", {})
    _first_three_stale(lms, "/people$")
    totals = [lms.get("/people", status="inactive").json()["totalItems"] for _ in range(4)]
    assert totals[:3] == [totals[3] - 1] * 3


def test_look_ups_find_the_old_names_and_not_the_new_ones(lms: Any) -> None:
    person = lms.person()
    new = {"email": "new@lincoln.example", "username": "newname"}
    lms.put(f"/people/{person['id']}", new)
    for field, value in new.items():
        for asked, expected in ((person[field], [1, 1, 1, 0]), (value, [0, 0, 0, 1])):
            _first_three_stale(lms, "/people$")
            found = [lms.get("/people", **{field: asked}).json()["totalItems"] for _ in range(4)]
            assert found == expected, (field, asked)


def test_a_look_up_of_somebody_unchanged_is_as_ever(lms: Any) -> None:
    one, other = lms.person(firstName="Zoë"), lms.person(firstName="José")
    lms.put(f"/people/{one['id']}", {"lastName": "New"})
    _first_three_stale(lms, "/people$")
    found = lms.get("/people", email=other["email"].upper()).json()["items"]
    assert [item["id"] for item in found] == [other["id"]]


def test_members_and_their_number_are_stale(lms: Any) -> None:
    person = lms.person()
    lms.post("/groups/902/members", {"add": [person["id"]]})
    _first_three_stale(lms, "/groups/902/members$")
    assert [person["id"] in _members(lms) for _ in range(4)] == [False, False, False, True]
    _first_three_stale(lms, "/groups$")
    counts = [_member_count(lms) for _ in range(4)]
    assert counts[:3] == [counts[3] - 1] * 3


def test_a_lag_shows_what_was_so_long_ago_and_not_before(lms: Any) -> None:
    person = lms.person()
    path = f"/people/{person['id']}"
    lms.put(path, {"lastName": "New"})
    lms.faults({"fault": "stale_read", "lag_ms": 0.001})
    assert lms.get(path).json()["lastName"] == "New"


def _first_three_stale(lms: Any, path: str) -> None:
    lms.faults({"fault": "stale_read", "request": [1, 2, 3], "lag_ms": AGES_MS, "path": path})


def _listed(lms: Any, *, stale: bool) -> dict[int, tuple[str, str]]:
    rules = [{"fault": "stale_read", "request": [1, 2], "lag_ms": AGES_MS}] if stale else []
    lms.faults(*rules)
    pages = [lms.get("/people", pageSize=200, page=page).json()["items"] for page in (1, 2)]
    return {item["id"]: (item["lastName"], item["status"]) for page in pages for item in page}


def _members(lms: Any) -> set[int]:
    page = lms.get("/groups/902/members", pageSize=200).json()
    return {item["personId"] for item in page["items"]}


def _member_count(lms: Any) -> int:
    groups = lms.get("/groups").json()["items"]
    count: int = next(each for each in groups if each["id"] == 902)["memberCount"]
    return count
