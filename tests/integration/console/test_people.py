"""People are found from any page in two steps, and explained without a write."""

from services.console.words import STEP_WORDS
from shared.domain.access import Role
from shared.domain.explanation import StepName
from tests.fakes.installation import Installation
from tests.integration.console.conftest import SignIn


def test_somebody_is_found_and_explained_in_two_steps_and_nothing_is_written(
    engine: Installation, signed_in: SignIn
) -> None:
    extract = engine.extract()
    first, second = extract.ids[4:6]
    extract.rename([first, second])
    extract.rows[6]["work_email"] = "no email at all"
    engine.plan(extract)
    viewer = signed_in(Role.VIEWER)
    row = extract.row(first)

    listed = viewer.get("/search", params={"q": "renamed"}, follow_redirects=True)
    assert listed.status_code == 200
    assert "2 of 2 people" in listed.text
    assert f"/people/{first}" in listed.text
    assert row["work_email"] not in listed.text

    journal = engine.simulator.journal()
    one = viewer.get("/people", params={"q": row["work_email"]}, follow_redirects=True)
    assert one.url.path == f"/people/{first}"
    for step in StepName:
        assert f"<h3>{STEP_WORDS[step]}" in one.text
    assert "<title>Error" not in one.text
    assert "<strong>changes</strong>" in one.text
    assert f"{row['last_name']}" in one.text
    assert row["work_email"] not in one.text
    assert engine.simulator.journal() == journal

    refused = viewer.get("/people", params={"q": extract.ids[6]}, follow_redirects=True)
    assert refused.status_code == 200
    assert "was not taken" in refused.text
    assert "no email at all" not in refused.text


def test_empty_states_say_the_first_step(signed_in: SignIn) -> None:
    viewer = signed_in(Role.VIEWER)
    assert "Type at least two letters" in viewer.get("/people").text
    nobody = viewer.get("/people", params={"q": "zzz <b>"})
    assert "Nobody fits" in nobody.text
    assert 'href="/runs/new"' in nobody.text
    assert "<b>" not in nobody.text
    short = viewer.get("/people", params={"q": "x"})
    assert short.status_code == 422
    assert "<title>Error: People" in short.text
    assert '<a href="#q">' in short.text
    assert viewer.get("/people/E404").status_code == 404
    there = viewer.get("/people/a@b.example")
    assert (there.status_code, there.headers["location"]) == (303, "/people?q=a%40b.example")
