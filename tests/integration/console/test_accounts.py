"""Signing in, changing the password, users and keys, as a browser without scripts does it."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import Request, Response

from services.console import session_cookie
from services.console.pages.sign_in import local
from shared.domain.access import Role
from shared.domain.audit import SYSTEM
from shared.pipeline import access, accounts
from tests.fakes.api_thread import PASSWORD, ApiThread
from tests.fakes.database import Database
from tests.fakes.installation import Installation
from tests.fakes.servers import Servers
from tests.fakes.simulator_thread import SimulatorThread
from tests.integration.ingest.conftest import serving

SECRET = re.compile(r'<code id="secret">([^<]+)</code>')


@pytest.fixture(scope="module")
def shared_site(
    servers: Servers, template: str, simulator_thread: SimulatorThread,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ApiThread]:  # fmt: skip
    """It takes longer to make than the tests do."""
    folder: Path = tmp_path_factory.mktemp("console")
    database = Database(servers.create("console", template))
    engine = Installation(database, simulator_thread, folder / "data")
    with serving(engine, folder) as running:
        yield running
    engine.close()
    database.close()
    servers.drop("console")


@pytest.fixture
def site(shared_site: ApiThread) -> ApiThread:
    """With one administrator, Ada."""
    return shared_site


@pytest.fixture
def ada(site: ApiThread) -> httpx.Client:
    return site.browser(Role.ADMIN, user="ada")


def send(client: httpx.Client, page: str, action: str, **fields: object) -> httpx.Response:
    """Fill in the form of a page that leads to an address, as it is."""
    text = client.get(page).text
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', text, re.DOTALL)
    assert form, text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
    return client.post(action, data={**hidden, **fields})


def sign_in(site: ApiThread, name: str, password: str, **fields: str) -> httpx.Response:
    data = {"name": name, "password": password, **fields}
    return site.client().post("/sign-in", data=data)


def secret_of(answer: httpx.Response) -> str:
    found = SECRET.search(answer.text)
    assert found, answer.text
    return found[1]


def test_a_new_user_signs_in_chooses_a_password_and_goes_where_they_wanted(
    site: ApiThread, ada: httpx.Client
) -> None:
    made = send(ada, "/settings/new-user", "/settings/users", name="kim", role=["approver"])
    assert made.status_code == 201
    first = secret_of(made)
    assert first not in ada.get("/settings/users/kim").text
    client = site.client()
    answer = client.get("/runs?state=held")
    begun = send(client, answer.headers["location"], "/sign-in", name="Kim", password=first)
    assert (begun.status_code, begun.headers["location"]) == (303, "/runs?state=held")
    assert client.get("/runs").headers["location"] == "/password"
    assert "Choose a password of your own" in client.get("/password").text
    words = {"present": first, "new": PASSWORD, "again": PASSWORD}
    changed = send(client, "/password", "/password", **words)
    assert (changed.status_code, changed.headers["location"]) == (303, "/?done=password")
    assert "Your password is changed." in client.get("/?done=password").text
    assert "notice good" not in client.get("/?done=anything").text
    page = client.get("/runs")
    assert page.status_code == 200
    assert "<summary>kim</summary>" in page.text
    assert client.get("/settings/users").status_code == 403


def test_whatever_is_wrong_reads_the_same(site: ApiThread) -> None:
    site.browser(Role.VIEWER, user="lee")
    site.browser(Role.VIEWER, user="moe")
    accounts.disable_user(site.tools, "moe", SYSTEM)
    late = accounts.create_account(site.tools, "late", [Role.VIEWER], SYSTEM)
    with site.tools.transactions.begin() as uow:
        for _ in range(5):
            uow.accounts.count_failure("late")
    pages = {
        re.sub(r'value="\w*"', "", sign_in(site, name, password).text)
        for name, password in (("lee", "wrong"), ("nobody", "x"), ("moe", PASSWORD), ("late", late))
    }
    assert len(pages) == 1
    (page,) = pages
    assert "<title>Error: Sign in" in page
    refused = sign_in(site, "lee", "wrong")
    assert (refused.status_code, "set-cookie" in refused.headers) == (422, False)
    assert 'value="lee"' in refused.text
    assert "wrong" not in refused.text.replace("five wrong passwords", "").replace(
        'class="field wrong"', ""
    )


def test_a_cookie_is_out_of_reach_of_scripts_and_by_tls_alone_where_there_is_any(
    site: ApiThread,
) -> None:
    site.browser(Role.VIEWER, user="lee")
    cookie = sign_in(site, "lee", PASSWORD).headers["set-cookie"]
    assert re.fullmatch(r"ascip_session=[\w-]+; HttpOnly; Path=/; SameSite=lax", cookie)
    given = Response()
    ours, planted = b"__Host-ascip_session=ours", b"ascip_session=planted"
    scope = {"type": "http", "scheme": "https", "path": "/", "server": ("a.example", 443)}
    by_tls = Request({**scope, "headers": [(b"cookie", planted)]})
    session_cookie.give(by_tls, site.service, given, "ours")
    assert given.headers["set-cookie"] == f"{ours.decode()}; HttpOnly; Path=/; SameSite=lax; Secure"
    assert session_cookie.token_of(by_tls, site.service) == ""
    both = Request({**scope, "headers": [(b"cookie", planted + b"; " + ours)]})
    assert session_cookie.token_of(both, site.service) == "ours"


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "", "runs",
     "/\t/evil.example", "/runs\r\nSet-Cookie: x=y", "\\\\evil.example", "/ /evil.example", "/é"],
)  # fmt: skip
def test_nobody_is_led_to_another_site(wanted: str) -> None:
    assert local(wanted) == "/"


def test_the_way_on_is_a_path_of_this_server(site: ApiThread) -> None:
    assert local("/runs?state=held&q=%C3%A9#list") == "/runs?state=held&q=%C3%A9#list"
    site.browser(Role.VIEWER, user="lee")
    assert sign_in(site, "lee", PASSWORD, next="//evil.example").headers["location"] == "/"


def test_signing_out_ends_the_session_and_signing_in_has_a_token_of_its_own(
    site: ApiThread,
) -> None:
    client = site.browser(Role.VIEWER, user="lee")
    before = client.cookies["ascip_session"]
    answer = client.post("/sign-in", data={"name": "lee", "password": PASSWORD})
    assert client.cookies["ascip_session"] not in (before, "")
    assert answer.status_code == 303
    stolen = {"ascip_session": client.cookies["ascip_session"]}
    assert client.post("/sign-out", data={"csrf": "x"}).status_code == 403
    assert client.get("/runs").status_code == 200
    assert send(client, "/runs", "/sign-out").headers["location"] == "/sign-in?done=signed-out"
    for cookies in (stolen, {"ascip_session": before}):
        again = httpx.get(f"{site.url}/runs", cookies=cookies, trust_env=False)
        assert (again.status_code, again.headers["location"]) == (303, "/sign-in?next=/runs")


def test_what_is_wrong_with_a_new_password_is_told_at_its_field(site: ApiThread) -> None:
    client = site.browser(Role.VIEWER, user="lee")
    for present, new, again, told in (
        ("x", "ladders in the snow", "ladders in the snow", "this is not it"),
        (PASSWORD, "ladders in the snow", "ladders", "these two differ"),
        (PASSWORD, "short", "short", "at least 15 characters"),
        (PASSWORD, "lee lee lee lee lee", "lee lee lee lee lee", "easy to guess"),
        (PASSWORD, PASSWORD, PASSWORD, "other than the current one"),
    ):
        words = {"present": present, "new": new, "again": again}
        answer = send(client, "/password", "/password", **words)
        assert (answer.status_code, told in answer.text) == (422, True), told
        assert "<title>Error: Change password" in answer.text
    new = " ladders in the snow "
    words = {"present": PASSWORD, "new": new, "again": new}
    assert send(client, "/password", "/password", **words).status_code == 303
    assert "Your password is changed" in client.get("/password?done=password").text
    assert sign_in(site, "lee", new.strip()).status_code == 422
    assert sign_in(site, "lee", new).status_code == 303


def test_an_administrator_gives_roles_resets_disables_and_enables(
    site: ApiThread, ada: httpx.Client
) -> None:
    lee = site.browser(Role.VIEWER, user="lee")
    page = "/settings/users/lee"
    assert send(ada, page, f"{page}/roles", role=["viewer", "auditor"]).status_code == 303
    assert "Viewer, Auditor" in ada.get("/settings/users").text.replace(
        "Auditor, Viewer", "Viewer, Auditor"
    )
    assert lee.get("/runs").status_code == 303
    first = secret_of(send(ada, f"{page}/reset", f"{page}/reset"))
    assert sign_in(site, "lee", PASSWORD).status_code == 422
    assert sign_in(site, "lee", first).status_code == 303
    assert send(ada, f"{page}/disable", f"{page}/disable").status_code == 303
    assert "Neither a password nor a key lets them in." in ada.get(page).text
    assert sign_in(site, "lee", first).status_code == 422
    assert send(ada, page, f"{page}/enable").status_code == 303
    assert sign_in(site, "lee", first).status_code == 303


def test_what_can_not_be_is_told_where_it_was_asked(site: ApiThread, ada: httpx.Client) -> None:
    for name, roles, told in (
        ("Ada", ["admin"], "There is a user ada"),
        ("ada", ["admin"], "ada has an account"),
        ("a b", ["admin"], "1 to 64 letters"),
        ("new", [], "Choose at least one role"),
        ("new", ["boss"], "Choose at least one role"),
    ):
        answer = send(ada, "/settings/new-user", "/settings/users", name=name, role=roles)
        assert (answer.status_code, told in answer.text) == (422, True), told
    with site.tools.transactions.begin() as uow:
        others = [view.user for view in uow.accounts.all_users() if view.user.name != "ada"]
    assert not any(Role.ADMIN in user.roles for user in others)
    page = "/settings/users/ada"
    answer = send(ada, page, f"{page}/roles", role=["viewer"])
    assert (answer.status_code, "the last administrator" in answer.text) == (422, True)
    answer = send(ada, f"{page}/disable", f"{page}/disable")
    assert (answer.status_code, "the last administrator" in answer.text) == (409, True)
    assert ada.get("/settings/users/nobody").status_code == 404


def test_keys_are_made_shown_once_listed_and_revoked(site: ApiThread, ada: httpx.Client) -> None:
    site.browser(Role.APPROVER, user="kim")
    made = send(ada, "/settings/new-key", "/settings/keys", name="HR <b>", kind="service",
                scope=["runs:read", "keys:write"], user="kim")  # fmt: skip
    assert made.status_code == 201
    program = access.authenticate(site.tools, secret_of(made))
    assert program
    assert set(program.scopes) == {"runs:read"}
    made = send(ada, "/settings/new-key", "/settings/keys", name="laptop", kind="personal",
                scope=["runs:read"], user="kim", days="30")  # fmt: skip
    holder = access.authenticate(site.tools, secret_of(made))
    assert holder
    assert str(holder.actor) == "user:kim"
    listed = ada.get("/settings/keys").text
    assert "HR &lt;b&gt;" in listed
    assert secret_of(made) not in listed
    address = f"/settings/keys/{program.key_id}/revoke"
    assert send(ada, address, address).headers["location"] == "/settings/keys?done=key-revoked"
    assert program.key_id not in ada.get("/settings/keys").text
    assert program.key_id in ada.get("/settings/keys?revoked=yes").text


def test_a_key_that_contradicts_itself_is_not_made(site: ApiThread, ada: httpx.Client) -> None:
    before = len(access.keys(site.tools))
    for fields, told in (
        ({"kind": "service", "scope": ["runs:read"]}, "Say what the key is for"),
        ({"name": "x"}, "a person&#39;s or a program&#39;s"),
        ({"name": "x", "kind": "personal"}, "Choose whose key it is"),
        ({"name": "x", "kind": "personal", "user": "nobody"}, "There is no user nobody"),
        ({"name": "x", "kind": "service", "scope": ["plans:review"]}, "at least one thing"),
        ({"name": "x", "kind": "service", "scope": ["runs:read"], "days": "0"}, "number of days"),
        ({"name": "x", "kind": "service", "scope": ["runs:read"], "days": "²"}, "number of days"),
    ):
        answer = send(ada, "/settings/new-key", "/settings/keys", **fields)
        assert (answer.status_code, told in answer.text) == (422, True), told
    assert len(access.keys(site.tools)) == before


def test_a_form_that_shows_a_secret_does_nothing_twice(site: ApiThread, ada: httpx.Client) -> None:
    text = ada.get("/settings/new-key").text.partition('action="/settings/keys"')[2]
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text))
    data = {**hidden, "name": "once", "kind": "service", "scope": "runs:read"}
    assert ada.post("/settings/keys", data=data).status_code == 201
    again = ada.post("/settings/keys", data=data)
    assert (again.status_code, "Nothing was made twice" in again.text) == (409, True)
    assert [key.name for key in access.keys(site.tools)].count("once") == 1


def test_only_administrators_come_to_users_and_keys_and_no_form_without_its_word(
    site: ApiThread, ada: httpx.Client
) -> None:
    kim = site.browser(Role.APPROVER, Role.AUDITOR, user="kim")
    for path in ("users", "new-user", "users/ada", "users/ada/reset", "users/ada/disable", "keys",
                 "new-key", "keys/key_1/revoke"):  # fmt: skip
        assert kim.get(f"/settings/{path}").status_code == 403, path
    word = kim.get("/password").text.partition('name="csrf" value="')[2].partition('"')[0]
    assert word
    for path in ("users", "users/ada/roles", "users/ada/reset", "users/ada/disable",
                 "users/ada/enable", "keys", "keys/key_1/revoke"):  # fmt: skip
        refused = kim.post(f"/settings/{path}", data={"csrf": word, "form_id": "x", "name": "x"})
        assert (refused.status_code, "This needs keys:write" in refused.text) == (403, True), path
        answer = ada.post(f"/settings/{path}", data={"form_id": "x", "name": "x"})
        assert (answer.status_code, "older than your session" in answer.text) == (403, True), path
        assert ada.get(f"/settings/{path}").status_code in (200, 404, 405, 422), path
