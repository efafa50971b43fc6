"""`/removals` and `/shadow`: who left, and what would have, by REST."""

from dataclasses import replace

import httpx
import pytest

from services.cli.verbs_left import removal_lines, shadow_lines
from shared.domain.policy import ApprovalPolicy
from shared.pipeline.shadow import look_at_shadow
from shared.pipeline.who_left import list_removals
from shared.ports.presence import RemovalFilter
from shared.ports.views import PageOf
from tests.fakes.api_thread import ApiThread
from tests.fakes.installation import Installation


def test_a_removal_is_told_with_its_evidence(engine: Installation, viewer: httpx.Client) -> None:
    extract = engine.extract()
    engine.plan(extract)
    gone = extract.ids[:2]
    extract.remove(gone[0])
    extract.row(gone[1])["end_date"] = "2026-11-03"
    run = engine.sync(extract)
    found = viewer.get("/api/v1/removals").json()
    assert (found["total"], found["has_more"]) == (2, False)
    by_key = {each["person"]["key"]: each for each in found["data"]}
    absent, ended = by_key[gone[0]], by_key[gone[1]]
    assert (absent["because"], absent["end_date"], absent["status"]) == (
        "absent", None, "succeeded",
    )  # fmt: skip
    assert (ended["because"], ended["end_date"], ended["found_in"]["row"]) == (
        "end_date", "2026-11-03", 1,
    )  # fmt: skip
    assert (ended["found_in"]["run_id"], ended["last_seen"]["row"]) == (run.id, 2)
    assert "***@" in ended["person"]["email_masked"]
    one = viewer.get("/api/v1/removals", params={"person": gone[0], "since": "2020-01-01"}).json()
    assert [each["id"] for each in one["data"]] == [absent["id"]]
    assert viewer.get("/api/v1/removals", params={"since": "soon"}).status_code == 422
    rest = viewer.get("/api/v1/removals", params={"starting_after": found["data"][0]["id"]}).json()
    assert [each["id"] for each in rest["data"]] == [found["data"][1]["id"]]

    told = list_removals(engine.tools, RemovalFilter(person=gone[1]), PageOf()).items[0]
    lines = "\n".join(removal_lines(told))
    assert "end date 2026-11-03 (row 1), found in staff.csv" in lines
    assert "approved   user:anna" in lines


def test_what_would_have_happened_is_told(
    engine: Installation, api: ApiThread, viewer: httpx.Client
) -> None:
    assert viewer.get("/api/v1/shadow").json()["extracts"] == []
    assert viewer.get("/api/v1/shadow", params={"days": 0}).status_code == 422
    policy = replace(engine.tools.policy, approval=ApprovalPolicy(mode="shadow"))
    engine.configure(policy=policy)
    object.__setattr__(api.service, "tools", engine.tools)
    extract = engine.extract()
    extract.remove(extract.ids[0])
    run = engine.plan(extract)
    found = viewer.get("/api/v1/shadow").json()
    assert found["verdict"][0].startswith("1 extract was planned in shadow mode")
    assert [each["run_id"] for each in found["extracts"]] == [run.id]
    assert found["newest"]["would_leave_total"] == 1
    lines = "\n".join(shadow_lines(look_at_shadow(engine.tools, 14)))
    assert "1 deactivate; held 0" in lines
    assert "The newest plan would remove 1" in lines


@pytest.mark.parametrize("path", ["removals", "shadow"])
def test_nobody_without_a_key_is_told(api: ApiThread, path: str) -> None:
    assert httpx.get(f"{api.url}/api/v1/{path}").status_code == 401
