"""What people write about a plan stands beside the decision, wherever the plan is shown."""

import json
from typing import Any

import httpx

from services.cli.render import decided_lines
from shared.pipeline.look import view_plan
from tests.fakes.installation import Installation
from tests.integration.ingest.conftest import post


def comment(client: httpx.Client, plan_id: str, text: str) -> httpx.Response:
    return client.post(f"/api/v1/plans/{plan_id}/comments", json={"text": text})


def test_a_comment_is_shown_beside_the_decision(
    engine: Installation, operator: httpx.Client, approver: httpx.Client, planned: Any
) -> None:
    plan_id = planned["plan_id"]
    first = comment(operator, plan_id, " HR says:\nJane Doe left \x1b[31m ")
    assert (first.status_code, first.json()["actor"]) == (201, "user:operator")
    plan = approver.get(f"/api/v1/plans/{plan_id}").json()
    assert (plan["review"], plan["comments"]) == (None, [first.json()])
    body = {"decision": "discard", "plan_digest": plan["digest"], "comment": "a cut file"}
    assert post(approver, f"/plans/{plan_id}/reviews", body).status_code == 201
    assert comment(approver, plan_id, "the next one is whole").status_code == 201, "at any time"

    plan = approver.get(f"/api/v1/plans/{plan_id}").json()
    texts = [each["text"] for each in plan["comments"]]
    assert texts == ["HR says:\nJane Doe left \x1b[31m", "the next one is whole"]
    assert (plan["review"]["actor"], plan["review"]["comment"]) == ("user:approver", "a cut file")
    lines = list(decided_lines(view_plan(engine.tools, plan_id)))
    assert lines[0].startswith("user:operator on 20")
    assert lines[0].endswith("HR says:\\nJane Doe left \\x1b[31m"), "no control character"
    assert lines[2].endswith("UTC: a cut file")

    engine.workers.until_quiet()
    reports = f"/api/v1/runs/{planned['id']}/reports"
    report = approver.get(f"{reports}/report.json").json()
    assert [each["text"] for each in report["comments"]] == texts
    assert "the next one is whole" in approver.get(f"{reports}/report.html").text


def test_the_audit_of_a_comment_names_nobody(
    engine: Installation, operator: httpx.Client, planned: Any
) -> None:
    comment(operator, planned["plan_id"], "Jane Doe left")
    assert comment(operator, planned["plan_id"], "  ").json()["code"] == "reason_missing"
    assert comment(operator, "pln_none", "x").status_code == 404
    query = "SELECT entry FROM audit_entry WHERE verb = 'plan.commented'"
    entry = engine.database.value(query)
    assert "Jane" not in entry
    assert set(json.loads(entry)["detail"]) == {"comment_id", "text_sha256"}
