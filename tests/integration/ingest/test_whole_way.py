"""Upload, plan, review, apply: the whole way by REST, and what the simulator saw of it."""

from typing import Any

import httpx

from tests.fakes.api_thread import ApiThread
from tests.fakes.installation import Installation
from tests.integration.ingest.conftest import post


def test_an_extract_goes_all_the_way(
    engine: Installation, operator: httpx.Client, approver: httpx.Client, planned: Any
) -> None:
    assert planned["state"] == "awaiting_approval"
    assert (planned["next_actor"], planned["next_step"]) == ("approver", "review")
    assert not engine.simulator.writes()
    plan = approver.get(f"/api/v1/plans/{planned['plan_id']}").json()
    assert plan["summary"]["update"] == 5
    review = post(
        approver,
        f"/plans/{plan['id']}/reviews",
        {"decision": "approve", "plan_digest": plan["digest"]},
    )
    assert review.status_code == 201, review.text
    assert review.json()["actions"] == {"planned": 5}
    judged = approver.get(f"/api/v1/plans/{plan['id']}/gates").json()["gates"]
    assert {gate["gate"]: gate["value"] for gate in judged}["updates"] == 5
    applied = post(operator, f"/plans/{plan['id']}/apply", {"plan_digest": plan["digest"]})
    assert applied.status_code == 202, applied.text
    engine.workers.until_quiet()
    run = operator.get(applied.headers["location"]).json()
    assert run["state"] == "applied"
    assert len(engine.simulator.writes()) == 5


def test_docs_and_the_document_are_there_for_anybody(api: ApiThread) -> None:
    with httpx.Client(base_url=api.url) as anybody:
        assert anybody.get("/docs").status_code == 200
        assert "out of date" in anybody.get("/docs/problems/plan-stale").text
        assert anybody.get("/api/v1/openapi.json").json()["openapi"] == "3.1.0"
