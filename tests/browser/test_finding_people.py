"""Somebody is found and explained by the keyboard alone, and nothing is written: statements 8, 9 and 21."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from services.console.words import STEP_WORDS
from shared.domain.access import Role
from shared.domain.explanation import StepName
from tests.browser.conftest import Visit
from tests.browser.site import Site
from tests.browser.visitors import Look


@pytest.mark.parametrize("by", ["name", "email", "employee id"])
def test_a_person_is_two_steps_away_from_any_page(
    shared_site: Callable[[str], Site], visit: Visit, by: str
) -> None:
    site = shared_site("awaiting")
    row = site.engine.extract().rows[3]
    typed = {
        "name": f"{row['last_name']} {row['first_name']}", "email": row["work_email"],
        "employee id": row["employee_id"],
    }[by]  # fmt: skip
    asked = site.engine.simulator.journal()
    page = visit(site, Role.OPERATOR)
    page.goto("/runs")
    page.keyboard.press("/")
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/people/{row['employee_id']}$"))
    expect(page.get_by_role("heading", name="Explained, run by run")).to_be_visible()
    newest = page.locator("details[open]").first
    for step in StepName:
        expect(newest.get_by_role("heading", name=STEP_WORDS[step])).to_be_visible()
    assert row["work_email"] not in page.content()
    assert site.engine.simulator.journal() == asked


def test_a_person_is_found_and_explained_without_a_script(
    shared_site: Callable[[str], Site], visit: Visit
) -> None:
    site = shared_site("awaiting")
    row = site.engine.extract().rows[4]
    page = visit(site, Role.VIEWER, Look(scripts=False))
    page.goto("/people")
    page.get_by_role("main").get_by_role("searchbox").fill(row["employee_id"])
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.get_by_role("row", name="Last name")).to_contain_text("changes")
