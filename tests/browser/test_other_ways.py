"""Without scripts, with the keyboard alone, and with 50,000 actions: statements 2, 6, 21, 23 and 25."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from shared.domain.access import Role
from shared.domain.run import RunState
from tests.browser import accessibility
from tests.browser.conftest import Visit
from tests.browser.places import address
from tests.browser.site import Site
from tests.browser.test_reviewing import PLAN, newest, submit
from tests.browser.visitors import Look

OwnSite = Callable[[str], Site]
SharedSite = Callable[[str], Site]
_MOST_TABS = 250


def tab_to(page: Any, target: Any) -> None:
    """Go on with the Tab key until it has the focus; each stop is shown, and nothing lies over it."""
    for _ in range(_MOST_TABS):
        page.keyboard.press("Tab")
        found = accessibility.focused(page)
        led_here = found is not None and 'tabindex="-1"' in found.html  # by the page, not by a key
        assert found is None or led_here or (found.shown and not found.covered), found
        if target.evaluate("e => e === document.activeElement"):
            return
    raise AssertionError(f"the keyboard doesn't reach {target}")


def test_a_plan_is_filtered_explained_and_approved_with_the_keyboard_alone(
    own_site: OwnSite, visit: Visit
) -> None:
    site = own_site("awaiting")
    page = visit(site, Role.APPROVER)
    page.goto(address(site.engine, PLAN))
    tab_to(page, page.get_by_label("Find in this plan"))
    page.keyboard.type("kind:add")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("q=kind"))
    tab_to(page, page.get_by_role("table", name="Groups of actions").get_by_role("link").first)
    page.keyboard.press("Enter")
    listed = page.get_by_role("table", name="Actions", exact=True)
    expect(listed).to_be_visible()
    who = listed.get_by_role("link").first
    tab_to(page, who)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Explained, run by run")).to_be_visible()
    page.go_back()
    tab_to(page, page.get_by_role("button", name="Submit the decision"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/apply(\?|$)"))
    assert newest(site).state is RunState.APPROVED


def test_single_keys_go_through_rows_and_can_be_switched_off(
    shared_site: SharedSite, visit: Visit
) -> None:
    page = visit(shared_site("history"), Role.VIEWER)
    page.goto("/runs")
    page.keyboard.press("j")
    expect(page.locator("main tbody tr.at")).to_have_count(1)
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_label("Single-key shortcuts are on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#search")).not_to_be_focused()


def test_without_scripts_a_plan_is_reviewed_downloaded_and_approved(
    own_site: OwnSite, visit: Visit, tmp_path: Path
) -> None:
    site = own_site("mixed")
    page = visit(site, Role.APPROVER, Look(scripts=False))
    page.goto("/")
    page.get_by_role("main").get_by_role("link", name="Review").first.click()
    page.get_by_role("link", name="deactivate").first.click()
    expect(page.get_by_role("table", name="Actions", exact=True)).to_contain_text("deactivate")
    run = newest(site)
    page.get_by_role("link", name="Download").first.click()
    page.locator("form[action$='/exports']").get_by_role("button").first.click()
    site.engine.workers.until_quiet()
    page.reload()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^Download ")).click()
    download.value.save_as(tmp_path / "export")
    assert (tmp_path / "export").stat().st_size
    page.goto(f"/runs/{run.id}/plan")
    submit(page)
    expect(page).to_have_url(re.compile(r"/apply(\?|$)"))
    assert newest(site).state is RunState.APPROVED


def test_wrong_headers_are_told_at_once_and_ascip_is_not_asked(
    shared_site: SharedSite, visit: Visit, tmp_path: Path
) -> None:
    site = shared_site("empty")
    asked = len(site.engine.simulator.journal())
    wrong = tmp_path / "staff.csv"
    wrong.write_text("Nummer,Vorname\n1,Anna\n", encoding="utf-8")
    page = visit(site, Role.OPERATOR)
    page.goto("/runs/new")
    page.get_by_label("Staff file").set_input_files(wrong)
    expect(page.locator("#report")).to_contain_text("employee_id", timeout=2_000)
    assert len(site.engine.simulator.journal()) == asked


def test_a_file_is_uploaded_and_leads_to_its_run(
    own_site: OwnSite, visit: Visit, tmp_path: Path
) -> None:
    site = own_site("empty")
    extract = site.engine.extract()
    extract.rename(extract.ids[:3])
    right = tmp_path / "staff.csv"
    right.write_bytes(extract.csv())
    page = visit(site, Role.OPERATOR)
    page.goto("/runs/new")
    page.get_by_label("Staff file").set_input_files(right)
    page.get_by_role("button", name="Upload and plan").click()
    expect(page).to_have_url(re.compile("/runs/run_"))
    site.engine.workers.until_quiet()
    assert newest(site).state is RunState.AWAITING_APPROVAL


def test_a_wrong_password_is_told_where_the_reader_begins(
    shared_site: SharedSite, visit: Visit
) -> None:
    page = visit(shared_site("empty"))
    page.goto("/sign-in")
    page.get_by_label("User name").fill("nobody")
    page.get_by_label("Password").fill("wrong words of mine")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_title(re.compile("^Error: "))
    faults = page.get_by_role("alert")
    expect(faults).to_be_focused()
    expect(faults.get_by_role("heading")).to_have_text("There is a problem")
    faults.get_by_role("link").click()
    expect(page.get_by_label("User name")).to_be_focused()


def test_a_plan_of_fifty_thousand_actions_is_as_light_as_any(
    shared_site: SharedSite, visit: Visit
) -> None:
    """How quick it is, is measured by the benchmark P11-HTML: nothing fails on a timing."""
    site = shared_site("large")
    page = visit(site, Role.APPROVER)
    path = address(site.engine, PLAN)
    page.goto(path)
    assert page.locator("*").count() <= accessibility.MOST_NODES
    assert len(page.content()) <= accessibility.MOST_BYTES
    page.goto(f"{path}?class=adds&status=held")
    assert page.locator("*").count() <= accessibility.MOST_NODES
