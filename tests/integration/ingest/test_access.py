"""Keys open what their roles and scopes say, and nothing else."""

import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.domain.access import PERSONS_ONLY, Role, Scope, scopes_of
from shared.domain.audit import SYSTEM
from shared.pipeline import access
from tests.fakes.api_thread import ApiThread
from tests.fakes.installation import Installation
from tests.integration.ingest.conftest import post

#: Every request there is, with the scope that opens it.
REQUESTS: list[tuple[str, str, Scope]] = [
    ("POST", "/uploads", Scope.RUNS_WRITE),
    ("GET", "/uploads/upl_1", Scope.RUNS_READ),
    ("GET", "/runs", Scope.RUNS_READ),
    ("POST", "/runs", Scope.RUNS_WRITE),
    ("GET", "/runs/compare?a=run_1&b=run_2", Scope.PLANS_READ),
    ("GET", "/runs/run_1", Scope.RUNS_READ),
    ("GET", "/runs/run_1/events", Scope.RUNS_READ),
    ("GET", "/runs/run_1/timeline", Scope.RUNS_READ),
    ("GET", "/plans/pln_1/gates", Scope.PLANS_READ),
    ("GET", "/runs/run_1/rows", Scope.PLANS_READ),
    ("GET", "/runs/run_1/reports", Scope.PLANS_READ),
    ("GET", "/runs/run_1/reports/report.html", Scope.PLANS_READ),
    ("POST", "/runs/run_1/cancel", Scope.RUNS_WRITE),
    ("POST", "/runs/run_1/pause", Scope.RUNS_WRITE),
    ("POST", "/runs/run_1/resume", Scope.RUNS_WRITE),
    ("POST", "/runs/run_1/retry", Scope.RUNS_WRITE),
    ("POST", "/runs/run_1/revert", Scope.PLANS_REVIEW),
    ("GET", "/plans/pln_1", Scope.PLANS_READ),
    ("GET", "/plans/pln_1/actions", Scope.PLANS_READ),
    ("GET", "/plans/pln_1/facets", Scope.PLANS_READ),
    ("GET", "/plans/pln_1/groups", Scope.PLANS_READ),
    ("POST", "/plans/pln_1/reviews", Scope.PLANS_REVIEW),
    ("POST", "/plans/pln_1/comments", Scope.RUNS_WRITE),
    ("POST", "/plans/pln_1/apply", Scope.RUNS_WRITE),
    ("POST", "/explain", Scope.PLANS_READ),
    ("GET", "/people/E1", Scope.PLANS_READ),
    ("GET", "/reference/groups", Scope.RUNS_READ),
    ("POST", "/plans/pln_1/exports", Scope.PLANS_READ),
    ("GET", "/exports/exp_1", Scope.PLANS_READ),
    ("GET", "/exports/exp_1/file", Scope.PLANS_READ),
    ("GET", "/removals", Scope.PLANS_READ),
    ("GET", "/shadow", Scope.PLANS_READ),
    ("GET", "/mappings/current", Scope.PLANS_READ),
    ("PUT", "/mappings/current", Scope.RUNS_WRITE),
    ("POST", "/mappings/validate", Scope.RUNS_WRITE),
    ("POST", "/mappings/suggestions", Scope.RUNS_WRITE),
    ("POST", "/mappings/rehearse", Scope.RUNS_WRITE),
    ("GET", "/records/lab", Scope.PLANS_READ),
    ("GET", "/records/lab/T/1", Scope.PLANS_READ),
    ("POST", "/records/lab/T/1/reviews", Scope.QUARANTINE_WRITE),
    ("GET", "/quarantine/records", Scope.PLANS_READ),
    ("GET", "/quarantine/records/qua_1", Scope.PLANS_READ),
    ("GET", "/quarantine/violation-codes", Scope.RUNS_READ),
    ("POST", "/quarantine/records/qua_1/assign", Scope.QUARANTINE_WRITE),
    ("POST", "/quarantine/records/qua_1/comments", Scope.QUARANTINE_WRITE),
    ("POST", "/quarantine/records/qua_1/notify", Scope.QUARANTINE_WRITE),
    ("POST", "/quarantine/records/qua_1/resubmissions", Scope.QUARANTINE_WRITE),
    ("POST", "/quarantine/records/qua_1/attest", Scope.QUARANTINE_WRITE),
    ("POST", "/quarantine/records/qua_1/close", Scope.QUARANTINE_WRITE),
    ("GET", "/keys", Scope.KEYS_WRITE),
    ("POST", "/keys", Scope.KEYS_WRITE),
    ("DELETE", "/keys/key_1", Scope.KEYS_WRITE),
    ("PUT", "/users/kim", Scope.KEYS_WRITE),
]
BODIES: dict[str, Any] = {
    "/runs": {"upload_id": "upl_1"},
    "/plans/pln_1/reviews": {"decision": "discard", "plan_digest": "ab"},
    "/plans/pln_1/comments": {"text": "x"},
    "/plans/pln_1/apply": {"plan_digest": "ab"},
    "/explain": {"key": "E1"},
    "/plans/pln_1/exports": {"format": "csv"},
    "/mappings/current": {},
    "/mappings/validate": {},
    "/mappings/rehearse": {},
    "/records/lab/T/1/reviews": {"version": 1, "reason": "seen"},
    "/quarantine/records/qua_1/assign": {"owner": "kim"},
    "/quarantine/records/qua_1/comments": {"text": "x"},
    "/quarantine/records/qua_1/notify": {"to": "kim@lab.example"},
    "/quarantine/records/qua_1/attest": {"code": "EPA-PCB", "reason": "x"},
    "/quarantine/records/qua_1/close": {"reason": "x"},
    "/keys": {"name": "x", "scopes": ["runs:read"]},
    "/users/kim": {"roles": ["viewer"]},
}


def ask(client: httpx.Client, method: str, path: str) -> httpx.Response:
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    if path == "/uploads" or path.endswith("/resubmissions"):
        headers["Content-Type"] = "text/csv"
        return client.request(method, f"/api/v1{path}", headers=headers, content=b"a\nb\n")
    return client.request(method, f"/api/v1{path}", headers=headers, json=BODIES.get(path))


def test_every_address_is_in_the_table(api: ApiThread) -> None:
    document = api.app.openapi()
    there = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, operations in document["paths"].items()
        if path.startswith("/api/v1")
        for method in operations
    }
    asked = {(method, _as_declared(path)) for method, path, _ in REQUESTS}
    assert there == asked


#: What stands in the table in the place of a parameter.
_STANDS_FOR = {
    "_1": "_id", "upl_id": "{upload_id}", "run_id": "{run_id}", "pln_id": "{plan_id}",
    "exp_id": "{export_id}",
    "qua_id": "{record_id}", "key_id": "{key_id}", "kim": "{name}", "report.html": "{name}",
    "/lab": "/{feed}", "T/1": "{source_id}", "/E1": "/{key}", "reference/groups": "reference/{which}",
}  # fmt: skip


def _as_declared(path: str) -> str:
    path = path.partition("?")[0]
    for written, parameter in _STANDS_FOR.items():
        path = path.replace(written, parameter)
    return path


@pytest.mark.parametrize("role", Role)
def test_a_role_opens_what_is_its_own(engine: Installation, api: ApiThread, role: Role) -> None:
    client = api.caller(role)
    for method, path, scope in REQUESTS:
        answer = ask(client, method, path)
        refused = scope not in scopes_of([role])
        assert (answer.status_code == 403) is refused, (method, path, answer.text)
    verbs = engine.database.rows(
        "SELECT count(*) AS n FROM audit_entry WHERE verb = 'access.refused'"
    )
    assert verbs[0].n == sum(1 for _, _, scope in REQUESTS if scope not in scopes_of([role]))


@pytest.mark.parametrize("scope", sorted(set(Scope) - PERSONS_ONLY))
def test_a_program_s_key_opens_its_scopes(api: ApiThread, scope: Scope) -> None:
    client = api.client(api.key(scopes=(scope,)))
    for method, path, needed in REQUESTS:
        assert (ask(client, method, path).status_code == 403) is (needed is not scope), path


def test_who_may_not_review_is_told_who_may(api: ApiThread) -> None:
    body = {"decision": "discard", "plan_digest": "ab"}
    program = api.client(api.key(scopes=(Scope.PLANS_READ,)))
    for caller, words in (
        (program, "Only a personal key may review: ascip-sync keys create --name WHAT"),
        (api.caller(Role.OPERATOR), "This needs the scope plans:review."),
    ):
        detail = post(caller, "/plans/pln_1/reviews", body).json()["detail"]
        assert detail.startswith(words)
        assert detail.endswith(" Nothing was written.")


@pytest.mark.parametrize("scope", sorted(PERSONS_ONLY))
def test_no_program_gets_what_is_for_people(api: ApiThread, scope: Scope) -> None:
    admin = api.caller(Role.ADMIN)
    answer = admin.post("/api/v1/keys", json={"name": "x", "scopes": [scope.value]})
    assert answer.json()["code"] == "scope_for_people"


def test_without_a_good_key_everything_is_answered_alike(
    engine: Installation, api: ApiThread
) -> None:
    revoked, expired = api.key(Role.ADMIN), api.key(
        Role.ADMIN, expires_at=engine.clock.now() + timedelta(seconds=1)
    )  # fmt: skip
    for known in access.keys(engine.tools):
        if known.expires_at is None:
            access.revoke_key(engine.tools, known.id, SYSTEM)
    said = set()
    for key in (None, "ascip_nonsense", "nonsense", revoked, expired, ""):
        for method, path, _ in REQUESTS:
            answer = ask(api.client(key), method, path)
            assert answer.status_code == 401, (key, path)
            assert answer.headers["www-authenticate"] == "Bearer"
            said.add((answer.json()["detail"], answer.json()["title"]))
    assert len(said) == 1


def test_a_key_is_shown_once_and_kept_nowhere(engine: Installation, api: ApiThread) -> None:
    admin = api.caller(Role.ADMIN)
    made = admin.post("/api/v1/keys", json={"name": "HR", "scopes": ["runs:read"]}).json()
    assert api.client(made["key"]).get("/api/v1/runs/run_none").status_code == 404
    assert made["key"] not in admin.get("/api/v1/keys").text
    assert made["key"] not in engine.database.dump()


def test_a_key_that_is_taken_back_opens_nothing_any_more(api: ApiThread) -> None:
    admin = api.caller(Role.ADMIN)
    made = admin.post("/api/v1/keys", json={"name": "HR", "scopes": ["runs:read"]}).json()
    assert admin.delete(f"/api/v1/keys/{made['id']}").status_code == 204
    assert api.client(made["key"]).get("/api/v1/runs/run_none").status_code == 401
    assert admin.delete(f"/api/v1/keys/{made['id']}").status_code == 204
    assert admin.delete("/api/v1/keys/key_none").status_code == 404


def test_other_roles_count_at_once(api: ApiThread) -> None:
    admin, viewer = api.caller(Role.ADMIN), api.caller(Role.VIEWER, user="kim")
    assert post(viewer, "/runs", {"upload_id": "upl_1"}).status_code == 403
    assert admin.put("/api/v1/users/kim", json={"roles": ["operator"]}).status_code == 204
    assert post(viewer, "/runs", {"upload_id": "upl_1"}).status_code == 404


def test_the_installation_s_key_is_needed_to_find_a_key(
    engine: Installation, api: ApiThread
) -> None:
    key = api.key(Role.ADMIN)
    lookup = engine.database.value("SELECT lookup FROM api_key")
    assert bytes(lookup) == engine.tools.keyring.lookups(key)[0]
    engine.database.change("UPDATE api_key SET lookup = sha256(:key)", key=key.encode())
    assert api.client(key).get("/api/v1/keys").status_code == 401


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"user": "admin", "scopes": ["runs:read"]}, "scopes_and_user"),
        (
            {"scopes": ["runs:read"], "expires_at": "9999-12-31T23:59:59-14:00"},
            "expiry_out_of_range",
        ),
        (
            {"scopes": ["runs:read"], "expires_at": "0001-01-01T00:00:00+14:00"},
            "expiry_out_of_range",
        ),
        ({"scopes": ["runs:read"], "expires_at": "2030-01-01T00:00:00"}, "invalid_request"),
    ],
)
def test_a_key_is_what_its_maker_meant(api: ApiThread, wanted: Any, code: str) -> None:
    admin = api.caller(Role.ADMIN)
    answer = admin.post("/api/v1/keys", json={"name": "x", **wanted})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert admin.get("/api/v1/keys").status_code == 200


def test_without_roles_nothing_is_open(api: ApiThread) -> None:
    admin, kim = api.caller(Role.ADMIN), api.caller(Role.OPERATOR, user="kim")
    assert admin.put("/api/v1/users/kim", json={"roles": []}).status_code == 204
    assert kim.get("/api/v1/runs").status_code == 403
    assert (
        admin.put("/api/v1/users/a%0ab", json={"roles": []}).json()["code"] == "user_name_invalid"
    )


def test_a_refusal_is_noted_without_what_the_caller_typed(
    engine: Installation, api: ApiThread
) -> None:
    api.caller(Role.VIEWER).put("/api/v1/users/jane.doe", json={"roles": []})
    query = "SELECT object_id FROM audit_entry WHERE verb = 'access.refused'"
    assert engine.database.value(query) == "/users/{name}"
