"""Addresses and forms that mean nothing are pages that say so; fields that nobody asked for do nothing."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from shared.domain.access import Role
from shared.domain.run import RunState
from tests.fakes.api_thread import ApiThread
from tests.fakes.database import Database
from tests.fakes.installation import Installation
from tests.fakes.servers import Servers
from tests.fakes.simulator_thread import SimulatorThread
from tests.integration.console.filled_in import send
from tests.integration.ingest.conftest import serving

#: Addresses with what each of them may be asked for.
_ASKED = {
    "/runs": "after", "/audit": "actor type object run from to after", "/people": "q after",
    "/quarantine": "owner code feed authority after", "/quarantine/resubmissions": "id",
    "/runs/compare": "run after", "/runs/trends": "feed", "/mapping": "first",
    "/mapping/versions": "first", "/mapping/compare": "old new", "/settings/users": "after",
}  # fmt: skip
_FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def shared_engine(
    servers: Servers, template: str, simulator_thread: SimulatorThread,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:  # fmt: skip
    """With a plan that waits, made by Olga, where two persons are asked for."""
    database = Database(servers.create("nonsense", template))
    engine = Installation(database, simulator_thread, tmp_path_factory.mktemp("nonsense"))
    policy = engine.tools.policy
    engine.configure(policy=replace(policy, approval=replace(policy.approval, four_eyes=True)))
    yield engine
    engine.close()
    database.close()
    servers.drop("nonsense")


@pytest.fixture(scope="module")
def site(
    shared_engine: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiThread]:
    with serving(shared_engine, tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture
def ada(site: ApiThread) -> httpx.Client:
    return site.browser(Role.ADMIN, user="ada")


def _word(client: httpx.Client) -> str:
    return client.get("/password").text.partition('name="csrf" value="')[2].partition('"')[0]


@pytest.mark.parametrize(
    "nonsense", ["\0", "9" * 5000, "9999-12-31", "0001-01-01", "'\"--;", "x" * 30_000]
)
def test_a_list_s_address_that_means_nothing_is_a_page(ada: httpx.Client, nonsense: str) -> None:
    asked = {(path, name): nonsense for path, names in _ASKED.items() for name in names.split()}
    answers = {where: ada.get(where[0], params={where[1]: word}) for where, word in asked.items()}
    assert {where: a.status_code for where, a in answers.items() if a.status_code >= 500} == {}
    assert all("<h1" in answer.text for answer in answers.values() if answer.status_code != 303)


@pytest.mark.parametrize(
    "path", ["/runs/a%00b", "/people/%00", "/runs/%FF/plan", "/mapping/versions/%00"]
)
def test_an_address_that_no_database_can_look_up_is_a_page(ada: httpx.Client, path: str) -> None:
    answer = ada.get(path)
    assert answer.status_code in (404, 422)
    assert "<h1" in answer.text


def test_another_method_is_told_which_ones_there_are(ada: httpx.Client) -> None:
    answer = ada.put("/runs")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert "<h1" in answer.text


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"\xff\xfe=1", _FORM, 400),
        (b"a=%ff", _FORM, 400),
        (b"text=a%00b", _FORM, 400),
        (b'{"role": "admin"}', "application/json", 403),
        (b"--x\r\n", "multipart/form-data; boundary=x", 403),
        (b"&".join(b"f%d=1" % n for n in range(10_000)), _FORM, 400),
        (b"a=" + b"x" * (2 << 20), _FORM, 413),
    ],
    ids=["no ASCII", "no UTF-8", "NUL", "JSON", "multipart", "10,000 fields", "2 MB"],
)
def test_a_body_that_is_no_form_is_a_page(
    ada: httpx.Client, body: bytes, kind: str, status: int
) -> None:
    answer = ada.post("/settings/sync/pause", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, "<h1" in answer.text) == (status, True)


def test_fields_that_a_form_does_not_have_do_nothing(site: ApiThread, ada: httpx.Client) -> None:
    lee = site.browser(Role.VIEWER, user="lee")
    more = {"role": "admin", "roles": "admin", "name": "ada", "disabled": "no", "approved": "true"}
    words = {"present": "wrong", "new": "ladders in the snow", "again": "ladders in the snow"}
    assert send(lee, "/password", "/password", **words, **more).status_code == 422
    assert lee.get("/settings/users").status_code == 403
    assert "Viewer" in ada.get("/settings/users/lee").text


@pytest.mark.slow
def test_who_began_a_run_can_t_approve_it_as_an_approver_of_a_minute_ago(
    site: ApiThread, shared_engine: Installation, ada: httpx.Client
) -> None:
    """Slow: a plan is made, and decided over real HTTP. Other roles end the session; the next one is new."""
    extract = shared_engine.extract()
    extract.rename(extract.ids[:2])
    run = shared_engine.plan(extract)  # by Olga
    site.browser(Role.OPERATOR, user="olga")
    page = "/settings/users/olga"
    assert send(ada, page, f"{page}/roles", role="approver").status_code == 303
    olga = site.browser(Role.APPROVER, user="olga")
    digest = shared_engine.plan_of(run).digest
    fields = {"csrf": _word(olga), "form_id": "1", "plan_digest": digest, "decision": "approve"}
    refused = olga.post(f"/runs/{run.id}/review", data={**fields, "four_eyes": "no", "by": "anna"})
    assert "Ask another approver" in refused.text
    anna = site.browser(Role.APPROVER, user="anna")
    stale = {**fields, "csrf": _word(anna), "form_id": "2", "plan_digest": "0" * 64}
    assert anna.post(f"/runs/{run.id}/review", data=stale).status_code in (409, 422)
    assert shared_engine.run(run.id).state is RunState.AWAITING_APPROVAL


def test_an_id_that_was_guessed_is_a_page_that_says_so(ada: httpx.Client) -> None:
    for path in ("/runs/{}", "/runs/{}/plan", "/runs/{}/report", "/runs/{}/live", "/plans/{}",
                 "/exports/{}/file", "/quarantine/{}", "/quarantine/reports/{}"):  # fmt: skip
        for guess in ("run_999999999999", "pln_999999999999", "1"):
            answer = ada.get(path.format(guess))
            assert (answer.status_code, "There is no " in answer.text) == (404, True), path


@pytest.mark.parametrize(
    ("page", "field", "nonsense"),
    [
        ("/settings/sync/pause", "until", "9999-12-31T23:59"),
        ("/settings/sync/pause", "until", "0001-01-01T00:00"),
        ("/settings/keys", "days", "9" * 5000),
        ("/mapping/accept", "first", "9" * 5000),
        ("/mapping/accept", "value-" + "9" * 5000, "x"),
        ("/settings/users/lee/reset", "form_id", "z" * 5000),
        ("/audit/export", "to", "9999-12-31"),
        ("/audit/export", "actor", "x" * 30_000),
    ],
)
def test_a_form_that_holds_nonsense_is_a_page(
    ada: httpx.Client, page: str, field: str, nonsense: str
) -> None:
    fields = {
        "csrf": _word(ada),
        "form_id": field[:9],
        "reason": "x",
        "name": "x",
        "kind": "service",
    }
    assert ada.post(page, data={**fields, field: nonsense}).status_code < 500
    assert ada.get("/runs").status_code == 200  # every page tells of a pause


def test_an_origin_that_is_no_address_is_another_site(ada: httpx.Client) -> None:
    fields = {"csrf": _word(ada), "form_id": "1"}
    answer = ada.post("/settings/sync/resume", data=fields, headers={"Origin": "http://[::1"})
    assert answer.status_code == 403
