"""What an operator and an approver do by REST: steer a run, decide about a plan, fetch its reports."""

import hashlib
from dataclasses import replace
from typing import Any

import httpx
import pytest

from shared.adapters.db.connection import PgTransactions, make_engine
from shared.domain.access import Role
from shared.http.service import Service
from tests.fakes.api_thread import ApiThread
from tests.fakes.installation import Installation
from tests.integration.ingest.conftest import post, upload


@pytest.fixture
def plan(approver: httpx.Client, planned: Any) -> Any:
    return approver.get(f"/api/v1/plans/{planned['plan_id']}").json()


def review(client: httpx.Client, plan: Any, **more: object) -> httpx.Response:
    body = {"decision": "approve", "plan_digest": plan["digest"], **more}
    return post(client, f"/plans/{plan['id']}/reviews", body)


def apply(client: httpx.Client, plan: Any) -> httpx.Response:
    return post(client, f"/plans/{plan['id']}/apply", {"plan_digest": plan["digest"]})


def state(client: httpx.Client, plan: Any) -> str:
    return str(client.get(f"/api/v1/runs/{plan['run_id']}").json()["state"])


def steer(client: httpx.Client, plan: Any, verb: str) -> httpx.Response:
    return client.post(f"/api/v1/runs/{plan['run_id']}/{verb}")


def test_nothing_is_applied_that_was_not_approved(
    engine: Installation, operator: httpx.Client, plan: Any
) -> None:
    answer = apply(operator, plan)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_approved")
    engine.workers.until_quiet()
    assert not engine.simulator.writes()


def test_another_digest_decides_and_applies_nothing(approver: httpx.Client, plan: Any) -> None:
    other = plan | {"digest": "sha256:" + "0" * 64}
    assert review(approver, other).json()["code"] == "digest_mismatch"
    assert review(approver, plan).status_code == 201
    assert apply(approver, other).json()["code"] == "digest_mismatch"
    assert state(approver, plan) == "approved"


def test_a_plan_is_decided_once(approver: httpx.Client, plan: Any) -> None:
    assert review(approver, plan).status_code == 201
    assert review(approver, plan).json()["code"] == "already_reviewed"


def test_a_plan_can_be_discarded(approver: httpx.Client, plan: Any) -> None:
    assert review(approver, plan, decision="discard").json()["state"] == "discarded"
    assert apply(approver, plan).json()["code"] == "wrong_state"


def test_part_of_a_plan_can_be_approved(
    engine: Installation, approver: httpx.Client, plan: Any
) -> None:
    actions = approver.get(f"/api/v1/plans/{plan['id']}/actions").json()["data"]
    chosen = [a["person"]["key"] for a in actions[:2]]
    answer = review(approver, plan, select={"people": chosen})
    assert answer.json()["actions"] == {"planned": 2, "not_approved": 3}
    apply(approver, plan)
    engine.workers.until_quiet()
    assert len(engine.simulator.writes()) == 2


def test_a_release_names_its_number(approver: httpx.Client, plan: Any) -> None:
    release = {"class": "removals", "count": 3, "reason": "closed"}
    assert review(approver, plan, releases=[release]).json()["code"] == "release_count"
    assert state(approver, plan) == "awaiting_approval"


def test_who_started_a_run_can_t_approve_it_with_four_eyes(
    engine: Installation, api: ApiThread, plan: Any
) -> None:
    approval = replace(engine.tools.policy.approval, four_eyes=True)
    policy = replace(engine.tools.policy, approval=approval)
    tools = replace(engine.tools, policy=policy)
    api.app.state.service = replace(api.service, tools=tools)
    starter = api.caller(Role.OPERATOR, Role.APPROVER, user="operator")
    assert review(starter, plan).json()["code"] == "four_eyes"
    assert apply(starter, plan).json()["code"] == "not_approved"
    anna = api.caller(Role.APPROVER, user="anna")
    assert review(anna, plan).status_code == 201
    assert review(anna, plan).json()["code"] == "already_reviewed"
    timeline = anna.get(f"/api/v1/runs/{plan['run_id']}/timeline").json()["data"]
    refused = [(e["actor"], e["detail"]["code"]) for e in timeline if e["event"] == "plan.refused"]
    assert refused == [
        ("user:operator", "four_eyes"), ("user:operator", "not_approved"),
        ("user:anna", "already_reviewed"),
    ]  # fmt: skip
    assert not engine.simulator.writes()


def test_a_run_is_paused_and_goes_on(
    engine: Installation, operator: httpx.Client, approver: httpx.Client, plan: Any
) -> None:
    review(approver, plan)
    apply(operator, plan)
    assert steer(operator, plan, "pause").json()["state"] == "paused"
    assert steer(operator, plan, "pause").status_code == 202
    engine.workers.until_quiet()
    assert not engine.simulator.writes()
    assert steer(operator, plan, "retry").json()["code"] == "wrong_state"
    assert steer(operator, plan, "resume").json()["state"] == "applying"
    engine.workers.until_quiet()
    assert state(operator, plan) == "applied"
    assert len(engine.simulator.writes()) == 5


def test_a_run_is_ended_and_taken_up_again(
    engine: Installation, operator: httpx.Client, approver: httpx.Client, plan: Any
) -> None:
    review(approver, plan)
    apply(operator, plan)
    assert steer(operator, plan, "cancel").json()["state"] == "canceled"
    engine.workers.until_quiet()
    assert not engine.simulator.writes()
    assert steer(operator, plan, "resume").json()["code"] == "wrong_state"
    assert steer(operator, plan, "retry").status_code == 202
    engine.workers.until_quiet()
    assert state(operator, plan) == "applied"


def test_a_changed_mapping_file_makes_a_plan_stale(
    api: ApiThread, approver: httpx.Client, plan: Any
) -> None:
    path = api.service.loaded.mapping_path
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace('"version": 1', '"version": 2'), "utf-8")
    stale = review(approver, plan).json()
    assert (stale["code"], [e["code"] for e in stale["errors"]]) == ("plan_stale", ["mapping"])
    path.write_text(before, "utf-8")
    assert review(approver, plan).status_code == 201, "put back as it was, it is good again"
    path.write_text(before.replace('"version": 1', '"version": 2'), "utf-8")
    assert apply(approver, plan).json()["code"] == "plan_stale"


def test_reports_come_as_they_were_hashed(
    engine: Installation, operator: httpx.Client, approver: httpx.Client, plan: Any
) -> None:
    path = f"/api/v1/runs/{plan['run_id']}/reports"
    assert operator.get(path).json() == {"data": []}
    review(approver, plan)
    apply(operator, plan)
    engine.workers.until_quiet()
    files = operator.get(path).json()["data"]
    assert {"report.html", "exceptions/quarantined.csv"} <= {f["name"] for f in files}
    for file in files:
        answer = operator.get(f"{path}/{file['name']}")
        assert hashlib.sha256(answer.content).hexdigest() == file["sha256"]
        assert answer.headers["content-disposition"].startswith("attachment")
    exported = "SELECT count(*) FROM audit_entry WHERE verb = 'report.exported'"
    assert engine.database.value(exported) == len(files)
    for name in ("../../master.key", "%2e%2e/%2e%2e/master.key", "none.csv"):
        assert operator.get(f"{path}/{name}").status_code in (404, 422)


def test_lists_come_in_pages(operator: httpx.Client, plan: Any) -> None:
    path = f"/api/v1/plans/{plan['id']}/actions"
    first = operator.get(path, params={"limit": 3}).json()
    rest = operator.get(path, params={"limit": 3, "starting_after": first["next"]}).json()
    assert (first["has_more"], rest["has_more"], first["total"]) == (True, False, 5)
    assert len({a["id"] for a in first["data"] + rest["data"]}) == 5
    assert operator.get(path, params={"class": "removals"}).json()["total"] == 0
    facets = operator.get(f"/api/v1/plans/{plan['id']}/facets").json()
    assert facets["kind"] == [{"value": "update", "name": None, "count": 5}]
    groups = operator.get(f"/api/v1/plans/{plan['id']}/groups", params={"by": "field"}).json()
    fields = {group["key"]: group["count"] for group in groups["data"]}
    assert (fields, groups["total"]) == ({"last_name": 5}, 1)
    rows = operator.get(f"/api/v1/runs/{plan['run_id']}/rows", params={"outcome": "pending"}).json()
    assert rows["total"] == 5
    assert [r["id"] for r in operator.get("/api/v1/runs").json()["data"]] == [plan["run_id"]]


def test_a_group_of_identical_changes_is_opened_by_its_key(
    operator: httpx.Client, plan: Any
) -> None:
    path = f"/api/v1/plans/{plan['id']}"
    first = operator.get(f"{path}/groups", params={"limit": 1}).json()
    rest = operator.get(f"{path}/groups", params={"starting_after": first["next"]}).json()
    assert first["total"] == 1 + len(rest["data"])
    group = first["data"][0]
    assert (group["by"], group["kind"], group["held"]) == ("change", "update", 0)
    opened = operator.get(f"{path}/actions", params={"change": group["key"]}).json()
    assert opened["total"] == group["count"]
    assert all(group["change"] in action["changes"] for action in opened["data"])
    refused = operator.get(f"{path}/groups", params={"by": "colour"})
    assert refused.status_code == 422
    lost = operator.get(f"{path}/groups", params={"starting_after": "gone"})
    assert lost.status_code == 404


def test_two_runs_are_set_side_by_side(operator: httpx.Client, plan: Any) -> None:
    path = "/api/v1/runs/compare"
    found = operator.get(path, params={"a": plan["run_id"], "b": plan["id"]}).json()
    assert set(found["same"].values()) == {True}
    assert (found["actions"]["alike"], found["actions"]["data"]) == (5, [])
    assert operator.get(path, params={"a": "run_x", "b": plan["id"]}).status_code == 404
    assert operator.get(path, params={"a": plan["id"]}).status_code == 422


def test_another_mapping_is_rehearsed(
    engine: Installation, operator: httpx.Client, plan: Any
) -> None:
    path, extract = "/api/v1/mappings/rehearse", engine.extract()
    assert operator.post(path, content=extract.mapping_text).json()["same"] is True
    code = extract.rows[-1]["site_code"]
    del extract.mapping["groups"]["sites"][code]
    found = operator.post(path, content=extract.mapping_text).json()
    assert found["same"] is False
    assert found["held_rows"]["unmapped_site"]["new"] > 0
    refused = operator.post(path, json={"version": 1})
    assert (refused.status_code, refused.json()["code"]) == (422, "mapping_invalid")
    garbled = operator.post(path, content=extract.mapping_text.encode("utf-16"))
    assert (garbled.status_code, garbled.json()["code"]) == (400, "invalid_body")
    assert operator.get(f"/api/v1/plans/{plan['id']}").json()["state"] == "awaiting_approval"


def test_drift_is_looked_for_after_something_was_applied(
    engine: Installation, operator: httpx.Client, approver: httpx.Client, plan: Any
) -> None:
    asked = {"mode": "drift"}
    assert post(operator, "/runs", asked).json()["code"] == "nothing_applied"
    review(approver, plan)
    apply(operator, plan)
    engine.workers.until_quiet()
    run = post(operator, "/runs", asked).json()
    engine.workers.until_quiet()
    assert operator.get(f"/api/v1/runs/{run['id']}").json()["state"] == "no_changes"


def test_a_run_is_taken_back_by_who_may_review(
    engine: Installation, operator: httpx.Client, approver: httpx.Client, plan: Any
) -> None:
    """The same request twice is one run; what it proposes is reviewed like any other plan."""
    path, key = f"/api/v1/runs/{plan['run_id']}/revert", {"Idempotency-Key": "1"}
    early = approver.post(path, headers=key)
    assert (early.status_code, early.json()["code"]) == (409, "wrong_state")
    review(approver, plan)
    apply(operator, plan)
    engine.workers.until_quiet()
    ordered = approver.post(path, headers=key)
    assert ordered.status_code == 202
    assert approver.post(path, headers=key).json() == ordered.json()
    run = ordered.json()
    assert ordered.headers["location"] == f"/api/v1/runs/{run['id']}"
    assert (run["mode"], run["reverts"], run["upload_id"]) == ("revert", plan["run_id"], None)
    engine.workers.until_quiet()
    back = approver.get(f"/api/v1/runs/{run['id']}").json()
    inverse = approver.get(f"/api/v1/plans/{back['plan_id']}").json()
    assert (inverse["reverts"], inverse["left_out"]) == (plan["run_id"], [])
    assert inverse["summary"]["update"] == 5
    never = post(approver, "/runs", {"mode": "revert", "upload_id": "upl_000000000001"})
    assert (never.status_code, never.json()["code"]) == (422, "invalid_request")


def test_an_unchanged_file_is_no_error(
    engine: Installation, operator: httpx.Client, approver: httpx.Client, plan: Any
) -> None:
    review(approver, plan)
    apply(operator, plan)
    engine.workers.until_quiet()
    sent = operator.get(f"/api/v1/runs/{plan['run_id']}").json()["upload_id"]
    run = post(operator, "/runs", {"upload_id": sent}).json()
    engine.workers.until_quiet()
    assert operator.get(f"/api/v1/runs/{run['id']}").json()["state"] == "skipped_unchanged"


def test_a_damaged_copy_is_replaced_by_the_next_sender(
    engine: Installation, operator: httpx.Client
) -> None:
    content = engine.extract().csv()
    sent = upload(operator, content)
    stored = engine.folder / "raw" / sent["id"]
    stored.write_bytes(stored.read_bytes()[:-5])
    assert upload(operator, content) == sent
    run = post(operator, "/runs", {"upload_id": sent["id"]}).json()
    engine.workers.until_quiet()
    assert operator.get(f"/api/v1/runs/{run['id']}").json()["state"] == "no_changes"


def test_a_database_that_is_gone_is_said_to_be(api: ApiThread) -> None:
    key = api.key(Role.VIEWER)
    nobody = make_engine("postgresql://nobody@127.0.0.1:1/nothing")
    tools = replace(api.tools, transactions=PgTransactions(nobody))
    gone = ApiThread(Service(loaded=api.service.loaded, tools=tools))
    answer = gone.client(key).get("/api/v1/runs")
    gone.close()
    nobody.dispose()
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "5"
    assert "nobody" not in answer.text


def test_reports_that_were_given_up_are_told_and_made_again(
    engine: Installation, operator: httpx.Client
) -> None:
    """Of a run that is done: nothing else of it could be retried."""
    extract = engine.extract()
    extract.rename(extract.ids[:2])
    run = engine.sync(extract)
    engine.database.change("UPDATE work_item SET state = 'dead', error = 'storage_full', attempt = 5"
                           " WHERE kind = 'report'")  # fmt: skip
    engine.database.change("UPDATE run SET archive = NULL")
    address = f"/api/v1/runs/{run.id}"
    (told,) = operator.get(address).json()["given_up"]
    assert (told["work"], told["code"], told["attempts"]) == ("report", "storage_full", 5)
    assert operator.post(f"{address}/retry").status_code == 202
    engine.workers.until_quiet()
    after = operator.get(address).json()
    assert (after["state"], after["given_up"], after["archive"]) == ("applied", [], run.id)
    assert operator.post(f"{address}/retry").json()["code"] == "wrong_state"
