"""The mapping page: what is not mapped is said first, and given a meaning that ASCIP has."""

import json
import re
from typing import Any

import httpx
import pytest

from shared.domain.access import Role
from tests.fakes.api_thread import ApiThread
from tests.fakes.installation import Installation
from tests.integration.console.conftest import SignIn


@pytest.fixture
def lost(engine: Installation, site: ApiThread) -> dict[str, Any]:
    """A site that the mapping file lacks, as it was there: code, id and name."""
    extract = engine.extract()
    code = extract.rows[-1]["site_code"]
    group = extract.mapping["groups"]["sites"].pop(code)
    site.service.loaded.mapping_path.write_text(extract.mapping_text, encoding="utf-8")
    extract.rename(extract.ids[:2])
    engine.plan(extract)
    return {"code": code, **group}


def hidden(page: str) -> dict[str, str]:
    """What a form sends that nobody types."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))


def post(client: httpx.Client, path: str, page: str, **typed: str) -> httpx.Response:
    return client.post(path, data={**hidden(page), **typed})


def version(site: ApiThread) -> int:
    return int(json.loads(site.service.loaded.mapping_text())["version"])


@pytest.mark.slow
def test_an_unmapped_site_is_found_and_accepted_under_the_reader_s_name(
    engine: Installation, site: ApiThread, signed_in: SignIn, lost: dict[str, Any]
) -> None:
    """Slow: a plan, and each way that the form can be sent."""
    olga = signed_in(Role.OPERATOR, user="olga")
    calls = len(engine.simulator.journal())
    page = olga.get("/mapping").text
    assert len(engine.simulator.journal()) == calls, "ASCIP is not called by looking"
    assert "covered" in page
    assert "1 open plan goes out of date by it" in page
    assert len(page) < 100_000
    nothing = post(olga, "/mapping/accept", page, **{"pick-1": "leave"})
    assert nothing.status_code == 422
    assert "<title>Error: " in nothing.text
    assert "Nothing is chosen" in nothing.text
    wrong = post(olga, "/mapping/accept", page, **{"other-1": "Nowhere <b>"})
    assert f'href="#other-1">{lost["code"]}: There is no such thing in ASCIP' in wrong.text
    assert 'value="Nowhere &lt;b&gt;"' in wrong.text
    taken = post(olga, "/mapping/proposed", page, **{"other-1": lost["name"]})
    assert taken.json()["groups"]["sites"][lost["code"]]["id"] == lost["id"]
    assert version(site) == 1, "it was handed out, not written"
    done = post(olga, "/mapping/accept", page, **{"other-1": str(lost["id"]), "only": "1"})
    assert (done.status_code, done.headers["location"]) == (303, "/mapping?accepted=3"), done.text
    again = post(olga, "/mapping/accept", page, **{"other-1": str(lost["id"]), "only": "1"})
    assert (again.status_code, version(site)) == (303, 3)
    late = post(olga, "/mapping/accept", page, **{"other-1": lost["name"]})
    assert (late.status_code, version(site)) == (422, 3)
    after = olga.get("/mapping?accepted=3").text
    assert "Version 3 is in force" in after
    assert "Every value of the extract is mapped." in after
    versions = olga.get("/mapping/versions").text
    assert "user:olga" in versions
    compare = re.search(r'href="(/mapping/compare[^"]+)"', versions)
    assert compare
    said = olga.get(compare[1].replace("&amp;", "&")).text
    assert "No difference" in said or "added" in said
    assert olga.get("/mapping/versions/3").json()["version"] == 3


def test_a_mapping_that_somebody_changed_meanwhile_is_shown_anew(
    site: ApiThread, signed_in: SignIn, lost: dict[str, Any]
) -> None:
    olga = signed_in(Role.OPERATOR, user="olga")
    page = olga.get("/mapping").text
    path = site.service.loaded.mapping_path
    other = json.dumps(json.loads(path.read_text()) | {"version": 9})
    path.write_text(other, encoding="utf-8")
    changed = post(olga, "/mapping/accept", page, **{"other-1": lost["name"]})
    assert (changed.status_code, path.read_text()) == (422, other)
    assert "was changed meanwhile. Nothing was written" in changed.text
    assert "Version 9" in changed.text


def test_who_may_only_look_sees_no_form_and_gets_nothing_by_sending_one(
    site: ApiThread, signed_in: SignIn, lost: dict[str, Any]
) -> None:
    viewer = signed_in(Role.VIEWER)
    page = viewer.get("/mapping").text
    assert lost["code"] in page
    assert "/mapping/accept" in page
    assert "Accept all" not in page
    refused = post(viewer, "/mapping/accept", page, **{"other-1": lost["name"]})
    assert (refused.status_code, version(site)) == (403, 1)
    assert post(viewer, "/mapping/read-again", page).status_code == 403


def test_before_anything_was_read_the_page_says_what_to_do_first(
    engine: Installation, signed_in: SignIn
) -> None:
    operator = signed_in(Role.OPERATOR)
    page = operator.get("/mapping").text
    assert "ASCIP has not been read yet" in page
    assert operator.get("/mapping/versions").text.count("No version yet") == 1
    assert (
        post(operator, "/mapping/read-again", page).headers["location"]
        == "/mapping?done=read-again"
    )
    page = operator.get("/mapping").text
    assert "No extract has been read yet" in page
    assert "Every id exists in ASCIP under its name." in page
    verb = "SELECT count(*) FROM audit_entry WHERE verb = 'reference.fetched'"
    assert engine.database.value(verb) == 1
