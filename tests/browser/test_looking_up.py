"""People and what is said of them in the browser: statements 8 and 9."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from services.console.words import STEP_WORDS
from shared.domain.access import Role
from shared.domain.explanation import StepName
from tests.browser.conftest import Visit
from tests.browser.site import Site

SharedSite = Callable[[str], Site]


@pytest.mark.parametrize("by", ["employee_id", "work_email", "last_name"])
def test_a_person_is_found_by_one_search_and_one_click(
    shared_site: SharedSite, visit: Visit, by: str
) -> None:
    site = shared_site("mixed")
    row = site.engine.extract().rows[2]
    page = visit(site, Role.OPERATOR)
    page.goto("/")
    page.get_by_role("searchbox").first.fill(row[by])
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/people"))
    found = page.get_by_role("heading", level=1, name=re.compile(row["first_name"]))
    listed = page.get_by_role("link", name=re.compile(row["first_name"])).first
    expect(found.or_(listed).first).to_be_visible()
    if not found.is_visible():  # several fit
        listed.click()
    expect(found).to_be_visible()
    expect(page.get_by_text("Explained, run by run")).to_be_visible()


def test_every_step_of_an_explanation_is_shown_and_nothing_is_written(
    shared_site: SharedSite, visit: Visit
) -> None:
    site = shared_site("mixed")
    writes = len(site.engine.simulator.writes())
    page = visit(site, Role.VIEWER)
    row = site.engine.extract().rows[2]
    page.goto(f"/people/{row['work_email']}")
    steps = page.locator("li.step")
    assert steps.count() >= len(StepName)
    for step, name in zip(steps.all(), StepName, strict=False):
        expect(step).to_contain_text(STEP_WORDS[name])
        if "success" not in str(step.get_attribute("class")):  # what went well needs no word
            expect(step.locator(".badge").first).to_be_visible()
    assert len(site.engine.simulator.writes()) == writes
