"""What holds of every page: who gets in, what may run in it, how mistakes are told."""

from shared.domain.access import Role
from tests.fakes.api_thread import ApiThread
from tests.integration.console.conftest import SignIn


def test_nobody_gets_in_without_signing_in(site: ApiThread) -> None:
    answer = site.client().get("/runs?state=held")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/sign-in?next=/runs%3Fstate%3Dheld",
    )


def test_nothing_foreign_may_run_in_a_page(signed_in: SignIn) -> None:
    answer = signed_in(Role.VIEWER).get("/runs")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"


def test_a_form_of_another_site_changes_nothing(site: ApiThread) -> None:
    answer = site.client().post("/sign-in", data={}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "another site. Nothing was written" in answer.text


def test_what_is_not_there_is_a_page_with_the_way_back(signed_in: SignIn) -> None:
    answer = signed_in(Role.VIEWER).get("/runs/run_none/plan")
    assert answer.status_code == 404
    assert "no run run_none" in answer.text
    assert answer.headers["request-id"] in answer.text


def test_files_are_kept_by_browsers_under_the_hash_of_their_content(signed_in: SignIn) -> None:
    client = signed_in(Role.VIEWER)
    page = client.get("/runs").text
    address = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    answer = client.get(address)
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
