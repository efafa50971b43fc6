"""`/explain`, `/people` and `/reference`: questions that leave nothing behind, in no log either."""

import httpx
import pytest

from shared.domain.access import Role
from shared.domain.explanation import StepName
from shared.observability import configure_logging
from tests.fakes.api_thread import ApiThread
from tests.fakes.installation import Installation


@pytest.fixture
def renamed(engine: Installation) -> str:
    """Somebody whose new name was applied."""
    extract = engine.extract()
    extract.rename(extract.ids[:1])
    engine.sync(extract)
    return extract.ids[0]


def test_a_person_is_explained_by_email_and_no_trace_of_the_question_stays(
    engine: Installation, viewer: httpx.Client, renamed: str, capfd: pytest.CaptureFixture[str]
) -> None:
    configure_logging("DEBUG")
    email = engine.simulator.person(renamed)["email"]
    viewer.get("/api/v1/runs")  # the key notes that it was used
    before, calls = engine.database.dump(), len(engine.simulator.journal())
    answer = viewer.post("/api/v1/explain", json={"key": email, "limit": 2})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["by"], found["person"]["employee_id"], found["also"]) == ("email", renamed, [])
    (run,) = found["runs"]["data"]
    assert [step["step"] for step in run["steps"]] == list(StepName)
    assert [step["status"] for step in run["steps"]] == ["success"] * 6
    (action,) = run["steps"][-1]["detail"]["actions"]
    assert (action["status"], action["call"]) == (
        "succeeded", f"PUT /people/{found['person']['ascip_id']}",
    )  # fmt: skip
    assert viewer.post("/api/v1/explain", json={"key": "nobody@x.example"}).json()["person"] is None
    assert viewer.get(f"/api/v1/people/{email}").status_code == 422
    assert viewer.post("/api/v1/explain", json={"key": "ascip:x"}).status_code == 422
    assert viewer.post("/api/v1/explain", json={"key": email, "x": 1}).status_code == 422
    assert engine.database.dump() == before
    assert len(engine.simulator.journal()) == calls
    logged = capfd.readouterr()
    assert "/explain" in logged.out + logged.err, "what is logged is looked at"
    local = email.partition("@")[0].casefold()
    for text in (logged.out + logged.err, answer.text):
        assert local not in text.casefold()
        assert "nobody@" not in text


def test_a_person_and_reference_data_are_what_was_read_last(
    engine: Installation, viewer: httpx.Client, renamed: str
) -> None:
    found = viewer.get(f"/api/v1/people/{renamed}").json()
    assert (found["employee_id"], found["file"]) == (renamed, "staff.csv")
    assert found["rows"][0]["last_name"].endswith(" Renamed")
    assert found["rows"][0]["work_email"][1:5] == "***@"
    assert not found["ascip"]["last_name"].endswith(" Renamed"), "as it was read, before the update"
    assert [(a["run_id"], a["kind"], a["status"]) for a in found["actions"]] == [
        (found["run_id"], "update", "succeeded")
    ]
    same = viewer.get(f"/api/v1/people/ascip:{found['ascip_id']}").json()
    assert same["employee_id"] == renamed
    assert viewer.get("/api/v1/people/nobody").json()["code"] == "not_found"

    state = engine.simulator.state()
    for which in ("groups", "buckets", "roles", "timezones"):
        found = viewer.get(f"/api/v1/reference/{which}").json()
        there = {item["id"]: item["name"] for item in state[which]}
        assert {item["id"]: item["name"] for item in found["data"]} == there
        assert (found["total"], found["has_more"]) == (len(there), False)
        assert found["read_at"].endswith("Z")
    first = viewer.get("/api/v1/reference/groups", params={"limit": 1}).json()
    rest = viewer.get("/api/v1/reference/groups", params={"starting_after": first["next"]}).json()
    assert (first["has_more"], len(rest["data"])) == (True, first["total"] - 1)
    assert viewer.get("/api/v1/reference/groups", params={"starting_after": 7}).status_code == 404
    assert viewer.get("/api/v1/reference/people").status_code == 422


def test_before_ascip_was_read_there_is_no_reference_data(idle: ApiThread) -> None:
    answer = idle.caller(Role.VIEWER).get("/api/v1/reference/roles")
    assert answer.json()["detail"].startswith("ASCIP has not been read yet")
