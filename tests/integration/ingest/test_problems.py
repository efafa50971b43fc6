"""What goes wrong is said in one form, with a page each, and never repeats what was sent."""

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from shared.domain.access import Role
from shared.http.catalogue import PROBLEMS
from tests.fakes.api_thread import ApiThread
from tests.integration.ingest.conftest import post


def headers() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": "application/json"}


@pytest.fixture(scope="module")
def anybody(idle: ApiThread) -> httpx.Client:
    """Somebody who may ask everything, of an installation where nothing has happened."""
    return idle.caller(Role.ADMIN)


def send(client: httpx.Client, body: bytes, path: str = "/api/v1/runs") -> Any:
    answer = client.post(path, content=body, headers=headers())
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()


def test_a_problem_says_all_it_should(api: ApiThread) -> None:
    answer = api.caller(Role.VIEWER).get("/api/v1/runs/run_none")
    document = answer.json()
    assert answer.status_code == document["status"] == 404
    assert document["type"] == "urn:ascip-sync:problem:not-found"
    assert document["instance"] == "/api/v1/runs/run_none"
    assert document["request_id"] == answer.headers["request-id"]
    assert api.client().get(document["help_url"]).status_code == 200


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("runs/run_none", " Nothing was written. By REST: GET /api/v1/runs."),
        ("plans/pln_none", " Nothing was written. By REST: GET /api/v1/runs."),
        ("uploads/upl_NONE", "There is no upload upl_NONE. Nothing was written."),
    ],
)
def test_what_isn_t_there_says_what_was_written_and_where_to_look(
    anybody: httpx.Client, path: str, hint: str
) -> None:
    assert anybody.get(f"/api/v1/{path}").json()["detail"].endswith(hint)


def test_a_slip_in_a_digest_leads_to_the_plan(approver: httpx.Client, planned: Any) -> None:
    path = f"/plans/{planned['plan_id']}"
    said = post(
        approver, f"{path}/reviews", {"decision": "discard", "plan_digest": "0" * 64}
    ).json()
    assert said["code"] == "digest_mismatch"
    assert said["detail"].endswith(f" By REST: GET /api/v1{path}.")


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_problem_has_a_page(idle: ApiThread, code: str) -> None:
    page = idle.client().get(f"/docs/problems/{PROBLEMS[code].slug}")
    assert page.status_code == 200
    assert code in page.text


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_body"),
        (b"{", "invalid_body"),
        (b'{"mode": "plan", "mode": "plan_and_apply"}', "invalid_body"),
        (b'{"force": NaN}', "invalid_body"),
        (b"[" * 100_000, "invalid_body"),
        (b"\xff", "invalid_body"),
        (b"[]", "invalid_request"),
        (b"{}", "invalid_request"),
        (b'{"upload_id": "upl_1", "approved": true}', "invalid_request"),
        (b'{"upload_id": "../x"}', "invalid_request"),
        (b'{"upload_id": "upl_1", "mode": "all"}', "invalid_request"),
        (b'{"upload_id": "upl_NONE"}', "not_found"),
        (b" " * (1 << 20) + b"{}", "too_large"),
    ],
)
def test_bodies_are_read_strictly(anybody: httpx.Client, body: bytes, code: str) -> None:
    assert send(anybody, body)["code"] == code


def test_a_body_of_unknown_length_is_not_read_without_end(operator: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield bytes(1 << 18)

    try:
        answer = operator.post("/api/v1/runs", content=endless(), headers=headers())
    except httpx.WriteError:  # it was hung up on
        return
    assert answer.json()["code"] in ("invalid_body", "too_large")


def test_errors_point_at_the_place_and_not_at_the_value(anybody: httpx.Client) -> None:
    document = send(anybody, b'{"upload_id": "zoe@example.org", "admin": "zoe@example.org"}')
    assert {e["pointer"] for e in document["errors"]} == {"/upload_id", "/?"}
    assert "zoe" not in str(document)


@pytest.mark.parametrize(
    ("body", "pointer", "known"),
    [
        ({}, "/?", "decision, plan_digest, select, releases, comment"),
        ({"select": {"zoe": 1}}, "/select/?", "classes, sites, people, exclude"),
        ({"releases": [{"zoe": 1}]}, "/releases/0/?", "class, count, reason, people"),
    ],
)
def test_what_is_not_known_is_told_what_is(
    anybody: httpx.Client, body: dict[str, Any], pointer: str, known: str
) -> None:
    document = post(anybody, "/plans/pln_1/reviews", {"zoe": 1, **body}).json()
    words = {e["pointer"]: e["detail"] for e in document["errors"]}
    assert words[pointer] == f"is not known here; known here: {known}"
    assert "zoe" not in str(document)


def test_an_unknown_query_parameter_is_refused(anybody: httpx.Client) -> None:
    for path in ("/plans/pln_1/actions", "/plans/pln_1", "/runs/run_1", "/runs", "/keys"):
        answer = anybody.get(f"/api/v1{path}", params={"klass": "removals"})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), path


@pytest.mark.parametrize("path", ["/docs/", "/docs/problems", "/docs/problems/"])
def test_what_people_type_leads_to_the_pages(idle: ApiThread, path: str) -> None:
    answer = idle.client().get(path, follow_redirects=True)
    assert (answer.status_code, answer.url.path) == (200, "/docs")


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v2/runs", "/api/v1/runs/", "/docs/nothing"]
)
def test_an_address_that_isn_t_there(idle: ApiThread, path: str) -> None:
    assert idle.client().get(path).json()["code"] == "not_found"


def test_a_method_that_doesn_t_fit_names_the_ones_that_do(anybody: httpx.Client) -> None:
    answer = anybody.delete("/api/v1/uploads")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"


def test_answers_can_t_be_taken_for_something_else(anybody: httpx.Client) -> None:
    said = anybody.get("/api/v1/runs").headers
    assert said["x-content-type-options"] == "nosniff"
    assert said["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in said["content-security-policy"]
    assert "server" not in said


def test_the_mapping_is_looked_at_when_a_run_is_asked_for(
    api: ApiThread, operator: httpx.Client, planned: Any
) -> None:
    api.service.loaded.mapping_path.write_text("{", encoding="utf-8")
    answer = post(operator, "/runs", {"upload_id": planned["upload_id"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "mapping_invalid")
    api.service.loaded.mapping_path.unlink()
    answer = post(operator, "/runs", {"upload_id": planned["upload_id"]})
    assert (answer.status_code, answer.json()["code"]) == (503, "mapping_missing")
    assert answer.headers["retry-after"] == "5"


@pytest.mark.parametrize(
    "path", ["runs/%00", "plans/a%00b", "runs/\u00e9", "runs/" + "x" * 65, "plans/a'b"]
)
def test_an_id_that_can_t_be_one_is_refused(anybody: httpx.Client, path: str) -> None:
    answer = anybody.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_text_that_no_database_holds_is_refused(approver: httpx.Client, planned: Any) -> None:
    path = f"/api/v1/plans/{planned['plan_id']}"
    for text in (r"\u0000", r"\ud800"):
        body = f'{{"decision": "discard", "plan_digest": "ab", "comment": "{text}"}}'
        assert send(approver, body.encode(), f"{path}/reviews")["code"] == "invalid_request"
    for query in ("q=%00", "q=row:999999999999999999", "site=%00", "person=%00", "field=%ff"):
        assert approver.get(f"{path}/actions?{query}").status_code in (200, 422), query
