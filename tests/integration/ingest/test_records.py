"""`/records`: the store by REST, as it is and was, and who may confirm a version."""

import httpx
import pytest

from shared.domain.access import Role, Scope
from tests.fakes.api_thread import ApiThread
from tests.fakes.installation import Installation
from tests.fakes.lab_feed import LAB
from tests.integration.db.governed import Shelf, bottle
from tests.integration.ingest.conftest import post

FEED = f"/api/v1/records/{LAB.name}"


@pytest.fixture
def shelf(engine: Installation, api: ApiThread) -> Shelf:
    """Three records; `room 1/T1` has two versions, `T3` is retired."""
    engine.configure(feeds={LAB.name: LAB})
    object.__setattr__(api.service, "tools", engine.tools)
    made = Shelf(engine.database, LAB)
    made.store("run_1", *(bottle(n, s, name="A") for n, s in enumerate(["room 1/T1", "T2", "T3"])))
    made.store("run_2", bottle(0, "room 1/T1", name="B"), bottle(2, "T3", record_status="retired"))
    return made


@pytest.fixture
def compliance(api: ApiThread) -> httpx.Client:
    return api.caller(Role.COMPLIANCE)


@pytest.mark.usefixtures("shelf")
def test_records_are_listed_in_pages(viewer: httpx.Client) -> None:
    first = viewer.get(FEED, params={"limit": 2}).json()
    assert [each["source_id"] for each in first["data"]] == ["T2", "T3"]
    assert (first["has_more"], first["next"], first["total"]) == (True, "T3", 3)
    rest = viewer.get(FEED, params={"starting_after": first["next"]}).json()
    assert [each["source_id"] for each in rest["data"]] == ["room 1/T1"]
    active = viewer.get(FEED, params={"status": "active"}).json()
    assert active["total"] == 2


@pytest.mark.usefixtures("shelf")
def test_records_are_listed_as_they_were(viewer: httpx.Client) -> None:
    newest = viewer.get(f"{FEED}/room 1/T1").json()
    then = viewer.get(FEED, params={"as_of": newest["versions"][-1]["recorded_at"]}).json()
    assert {each["payload"].get("name") for each in then["data"]} == {"A"}
    now = viewer.get(FEED, params={"as_of": newest["recorded_at"]}).json()
    assert {each["payload"].get("name") for each in now["data"]} == {"A", "B", None}


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("path", ["room 1/T1", "room%201%2FT1"])
def test_a_record_has_its_versions_with_what_they_changed(viewer: httpx.Client, path: str) -> None:
    found = viewer.get(f"{FEED}/{path}").json()
    assert (found["source_id"], found["version"]) == ("room 1/T1", 2)
    assert [each["version"] for each in found["versions"]] == [2, 1]
    assert found["versions"][0]["changes"] == [{"path": "name", "before": "A", "after": "B"}]
    assert found["versions"][1]["changes"] == []


@pytest.mark.usefixtures("shelf")
def test_what_is_not_there_is_not_found(viewer: httpx.Client) -> None:
    for path in (f"{FEED}/T9", "/api/v1/records/other", "/api/v1/records/staff/T1"):
        assert viewer.get(path).status_code == 404, path


@pytest.mark.usefixtures("shelf")
def test_compliance_confirms_a_version_once(compliance: httpx.Client) -> None:
    path, body = f"/records/{LAB.name}/room 1/T1/reviews", {"version": 2, "reason": "label seen"}
    stale = post(compliance, path, {**body, "version": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "version_changed")
    answer = post(compliance, path, body, key="once")
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert (found["hazcom_verified"], found["reviewed_by"]) == (True, "user:compliance")
    again = post(compliance, path, body, key="once")
    assert again.headers["idempotent-replayed"] == "true"
    assert post(compliance, path, body).json()["code"] == "nothing_to_review"


@pytest.mark.usefixtures("shelf")
def test_a_program_reviews_nothing_and_nobody_without_a_reason(
    api: ApiThread, compliance: httpx.Client
) -> None:
    path, body = f"/records/{LAB.name}/T2/reviews", {"version": 1, "reason": "seen"}
    program = api.client(api.key(scopes=(Scope.QUARANTINE_WRITE,)))
    assert post(program, path, body).json()["code"] == "person_needed"
    assert post(compliance, path, {**body, "reason": " "}).status_code == 422
