"""Every address of the console opens to the roles it is meant for, and to nobody without a session."""

import re
from collections.abc import Iterator, Mapping

import httpx
import pytest
from fastapi.routing import APIRoute

from services.console.app import PAGES
from shared.domain.access import Role
from tests.fakes.api_thread import PASSWORD, ApiThread
from tests.fakes.database import Database
from tests.fakes.installation import Installation
from tests.fakes.servers import Servers
from tests.fakes.simulator_thread import SimulatorThread
from tests.integration.ingest.conftest import serving

#: Open to whoever is there, signed in or not: the way in, and a way on that shows nothing by itself.
ANYBODY = """
    GET /sign-in        POST /sign-in       GET /search
"""
#: Everybody's own, whatever they are.
OWN = """
    GET /password       POST /password      POST /sign-out
"""
SEE = """
    GET /                                   GET /runs
    GET /runs/compare                       GET /runs/trends
    GET /runs/{run_id}                      GET /runs/{run_id}/validation
    GET /runs/{run_id}/errors.csv           GET /runs/{run_id}/plan
    GET /runs/{run_id}/plan/spot-check      GET /runs/{run_id}/apply
    GET /runs/{run_id}/live                 GET /runs/{run_id}/report
    GET /runs/{run_id}/reports/{name:path}  POST /runs/{run_id}/exports
    GET /plans/{plan_id}                    GET /exports/{export_id}
    GET /exports/{export_id}/file           GET /people
    GET /people/{key:path}                  GET /audit
    GET /settings                           GET /settings/limits
    GET /settings/calendar                  GET /settings/retention
    GET /settings/sync                      GET /mapping
    GET /mapping/file                       GET /mapping/versions
    GET /mapping/versions/{sha256}          GET /mapping/compare
    GET /quarantine                         GET /quarantine/{record_id}
    GET /quarantine/reports/{run_id}
"""
OPERATE = """
    GET /runs/new                           POST /runs/new
    GET /runs/new/sample.csv                POST /runs/new/check
    POST /runs/{run_id}/comments            POST /runs/{run_id}/apply
    POST /runs/{run_id}/pause               POST /runs/{run_id}/resume
    POST /runs/{run_id}/retry               GET /runs/{run_id}/cancel
    POST /runs/{run_id}/cancel              POST /runs/{run_id}/plan-again
    POST /settings/sync/pause               POST /settings/sync/resume
    POST /mapping/accept                    POST /mapping/proposed
    POST /mapping/read-again
"""
REVIEW = """
    POST /runs/{run_id}/review              POST /runs/{run_id}/revert
"""
REMEDY = """
    POST /quarantine/assign                 POST /quarantine/notify
    POST /quarantine/choose                 GET /quarantine/resubmissions
    POST /quarantine/resubmissions          POST /quarantine/{record_id}/assign
    POST /quarantine/{record_id}/comment    POST /quarantine/{record_id}/attest
    POST /quarantine/{record_id}/close      POST /quarantine/{record_id}/notify
"""
EXPORT = """
    POST /audit/export
"""
ADMINISTER = """
    GET /settings/users                     POST /settings/users
    GET /settings/new-user                  GET /settings/users/{name}
    POST /settings/users/{name}/roles       POST /settings/users/{name}/enable
    GET /settings/users/{name}/disable      POST /settings/users/{name}/disable
    GET /settings/users/{name}/reset        POST /settings/users/{name}/reset
    GET /settings/keys                      POST /settings/keys
    GET /settings/new-key                   POST /settings/keys/{key_id}/revoke
    GET /settings/keys/{key_id}/revoke      GET /settings/mail
    POST /settings/mail/test                GET /settings/readiness
    GET /settings/readiness/checked
"""

_R = Role
#: As decided for the roles, said here by itself: the program's own table may be what is wrong.
OPENS: Mapping[str, frozenset[Role]] = {
    ANYBODY: frozenset(Role),
    OWN: frozenset(Role),
    SEE: frozenset(Role),
    OPERATE: frozenset({_R.OPERATOR, _R.APPROVER, _R.ADMIN}),
    REVIEW: frozenset({_R.APPROVER, _R.ADMIN}),
    REMEDY: frozenset({_R.COMPLIANCE, _R.ADMIN}),
    EXPORT: frozenset({_R.AUDITOR, _R.ADMIN}),
    ADMINISTER: frozenset({_R.ADMIN}),
}

Address = tuple[str, str]
#: What stands for the parts of an address: things that are not there.
_NAMED = {"key_id": "key_0", "name": "nobody", "sha256": "0" * 64}


def _addresses(table: str) -> set[Address]:
    words = table.split()
    return set(zip(words[::2], words[1::2], strict=True))


MAY: Mapping[Address, frozenset[Role]] = {
    address: roles for table, roles in OPENS.items() for address in _addresses(table)
}
FREE = _addresses(ANYBODY)


def _url(path: str) -> str:
    url = re.sub(r"\{(\w+)(:path)?\}", lambda part: _NAMED.get(part[1], "none"), path)
    return f"{url}?id=none" if path.endswith("/resubmissions") else url


@pytest.fixture(scope="module")
def database(servers: Servers, template: str) -> Iterator[Database]:
    made = Database(servers.create("access", template))
    yield made
    made.close()
    servers.drop("access")


@pytest.fixture(scope="module")
def site(
    database: Database, simulator_thread: SimulatorThread,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ApiThread]:  # fmt: skip
    """Without a run: who may is decided before anything is looked for."""
    folder = tmp_path_factory.mktemp("access")
    engine = Installation(database, simulator_thread, folder / "data")
    with serving(engine, folder) as running:
        yield running
    engine.close()


def _word(client: httpx.Client) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/password").text)
    assert found
    return found[1]


def _ask(client: httpx.Client, address: Address, word: str, **headers: str) -> httpx.Response:
    """As a form of ours would ask, with nothing filled in."""
    method, path = address
    if method == "GET":
        return client.get(_url(path), headers=headers)
    fields = {"csrf": word, "form_id": f"{address}"} if word else {"form_id": "x"}
    if path in ("/runs/new", "/quarantine/resubmissions"):
        return client.post(
            _url(path), data=fields, files={"file": ("a.csv", b"a\n1\n")}, headers=headers
        )
    return client.post(_url(path), data=fields, headers=headers)


def _to_sign_in(answer: httpx.Response) -> bool:
    return answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")


def test_every_address_is_in_the_table() -> None:
    routes = [route for page in PAGES for route in page.router.routes]
    assert all(isinstance(route, APIRoute) for route in routes)
    served = {
        (method, route.path)
        for route in routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert served == set(MAY)


@pytest.mark.parametrize("role", Role)
def test_a_role_opens_what_is_meant_for_it_and_nothing_else(site: ApiThread, role: Role) -> None:
    client = site.browser(role, user=f"may-{role}")
    word = _word(client)
    # What is everybody's is driven as a viewer, and one of it by the others: they may do more, not less.
    known = set() if role is Role.VIEWER else _addresses(SEE) - {("GET", "/runs")}
    wrong = {}
    for address in sorted(set(MAY) - known - {("POST", "/sign-out")}):
        answer = _ask(client, address, word)
        refused = answer.status_code == 403 and "Nothing was written." in answer.text
        opened = answer.status_code not in (403, 500) and not _to_sign_in(answer)
        if not (opened if role in MAY[address] else refused):
            wrong[address] = answer.status_code
    assert wrong == {}
    assert _ask(client, ("POST", "/sign-out"), word).status_code == 303


def test_without_a_session_every_address_leads_to_signing_in(
    site: ApiThread, database: Database
) -> None:
    client, before = site.client(), database.dump()
    wrong = {
        address: answer.status_code
        for address in sorted(set(MAY) - FREE)
        if not _to_sign_in(answer := _ask(client, address, "x"))
    }
    assert wrong == {}
    assert database.dump() == before


@pytest.mark.parametrize(
    ("word", "headers"),
    [
        pytest.param("", {}, id="no word"),
        pytest.param("0" * 64, {}, id="another word"),
        pytest.param("good", {"Origin": "https://evil.example"}, id="another host"),
        pytest.param("good", {"Origin": "null"}, id="a sandbox"),
        pytest.param("good", {"Sec-Fetch-Site": "cross-site"}, id="another site"),
        pytest.param("good", {"Sec-Fetch-Site": "same-site"}, id="a neighbour"),
    ],
)
def test_a_form_that_is_not_ours_does_nothing(
    site: ApiThread, database: Database, word: str, headers: Mapping[str, str]
) -> None:
    client = site.browser(Role.ADMIN, user="ada")
    good, before = _word(client), database.dump()
    posts = {address for address in MAY if address[0] == "POST"}
    if not headers:  # nothing is kept of a file's header, and there is no session before signing in
        posts -= {("POST", "/sign-in"), ("POST", "/runs/new/check")}
    answers = {
        each: _ask(client, each, good if word == "good" else word, **headers)
        for each in sorted(posts)
    }
    wrong = {each: a.status_code for each, a in answers.items() if a.status_code != 403}
    assert wrong == {}
    assert database.dump() == before


def test_a_session_does_not_open_what_keys_open_nor_the_other_way_round(site: ApiThread) -> None:
    browser = site.browser(Role.ADMIN, user="ada")
    assert browser.get("/api/v1/runs").status_code == 401
    assert _to_sign_in(site.caller(Role.ADMIN, user="ada").get("/runs"))
    assert browser.post("/sign-in", data={"name": "ada", "password": PASSWORD}).status_code == 303
