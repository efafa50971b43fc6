"""A plan is understood and decided in the browser: statements 1, 3, 5, 7, 10, 11, 13 and 25."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from shared.domain.access import Role
from shared.domain.action import ActionClass, ActionStatus
from shared.domain.audit import SYSTEM
from shared.domain.run import Run, RunState
from shared.pipeline import access
from tests.browser.conftest import Visit
from tests.browser.line import Line
from tests.browser.places import address
from tests.browser.seeds.plans import HELD, IDENTICAL, QUARANTINED
from tests.browser.seeds.users import USERS
from tests.browser.site import Site

OwnSite = Callable[[str], Site]
SharedSite = Callable[[str], Site]
PLAN = "/runs/{awaiting_approval}/plan"


def newest(site: Site | Line) -> Run:
    """The newest run."""
    query = "SELECT id FROM run ORDER BY number DESC LIMIT 1"
    return site.engine.run(site.engine.database.value(query))


def submit(page: Any) -> None:
    page.get_by_role("button", name="Submit the decision").click()


def test_a_plan_without_removals_is_approved_within_three_clicks(
    own_site: OwnSite, visit: Visit
) -> None:
    site = own_site("awaiting")
    page = visit(site, Role.APPROVER)
    page.goto("/")
    page.get_by_role("main").get_by_role("link", name="Review").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Plan")
    submit(page)
    expect(page).to_have_url(re.compile(r"/apply(\?|$)"))
    assert newest(site).state is RunState.APPROVED


def test_bad_rows_are_counted_listed_and_downloaded(
    shared_site: SharedSite, visit: Visit, tmp_path: Path
) -> None:
    site = shared_site("review")
    page = visit(site, Role.OPERATOR)
    page.goto(address(site.engine, "/runs/{awaiting_approval}/validation"))
    expect(page.get_by_text(f"{QUARANTINED} rows quarantined")).to_be_visible()
    expect(page.get_by_text("staff.csv").first).to_be_visible()
    table = page.get_by_role("table", name="Rows that break").first
    for column in ("Row", "Line", "Column", "Reason"):
        expect(table.get_by_role("columnheader", name=column, exact=True)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download errors.csv").click()
    download.value.save_as(tmp_path / "errors.csv")
    lines = (tmp_path / "errors.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == QUARANTINED + 1


def test_a_tile_filters_and_its_address_shows_a_colleague_the_same(
    shared_site: SharedSite, visit: Visit
) -> None:
    site = shared_site("review")
    page = visit(site, Role.APPROVER)
    page.goto(address(site.engine, PLAN))
    plain = page.url
    page.get_by_role("link", name="deactivate").first.click()
    expect(page).not_to_have_url(plain)
    listed = page.get_by_role("table", name="Actions", exact=True)
    expect(listed).to_be_visible()
    rows = listed.locator("tbody tr").all_inner_texts()
    assert rows
    assert all("deactivate" in row for row in rows)
    colleague = visit(site, Role.VIEWER)
    colleague.goto(page.url)
    theirs = colleague.get_by_role("table", name="Actions", exact=True)
    assert theirs.locator("tbody tr").all_inner_texts() == rows


def test_identical_changes_are_one_row_that_a_click_opens(
    shared_site: SharedSite, visit: Visit
) -> None:
    site = shared_site("review")
    page = visit(site, Role.APPROVER)
    page.goto(address(site.engine, PLAN))
    row = page.get_by_role("row").filter(has_text=re.compile("Tchr.*Teacher"))
    expect(row).to_have_count(1)
    expect(row).to_contain_text(f"{IDENTICAL:,}")
    row.get_by_role("link").click()
    expect(page.get_by_text(f"{IDENTICAL:,} actions").first).to_be_visible()
    expect(page.get_by_role("table", name="Actions", exact=True)).to_be_visible()


def test_a_release_needs_the_number_and_a_reason_and_is_audited(
    own_site: OwnSite, visit: Visit
) -> None:
    site = own_site("mixed")
    page = visit(site, Role.APPROVER)
    page.goto(address(site.engine, PLAN))
    expect(page.get_by_text("12 removals").first).to_be_visible()
    page.get_by_label("Approve, and release").check()
    page.get_by_label(re.compile("Type 12 to release")).fill("11")
    submit(page)
    expect(page).to_have_title(re.compile("^Error: "))
    faults = page.get_by_role("alert")
    expect(faults).to_be_focused()
    expect(faults).to_contain_text("There is a problem")
    faults.get_by_role("link", name=re.compile("type 12", re.IGNORECASE)).click()
    expect(page.get_by_label(re.compile("Type 12 to release"))).to_be_focused()
    page.get_by_label(re.compile("Type 12 to release")).fill("12")
    page.get_by_label("Reason").fill("The school has closed.")
    submit(page)
    expect(page).to_have_url(re.compile(r"/apply(\?|$)"))
    run = newest(site)
    assert run.state is RunState.APPROVED
    assert ActionStatus.HELD not in site.engine.statuses(run)
    entry = site.engine.database.value(
        "SELECT entry FROM audit_entry WHERE verb = 'plan.reviewed' ORDER BY sequence DESC LIMIT 1"
    )
    for told in ("anna", '"count":12', "removals"):
        assert told in entry


def test_without_a_release_what_is_held_stays_and_the_report_says_so(
    own_site: OwnSite, visit: Visit
) -> None:
    site = own_site("mixed")
    page = visit(site, Role.APPROVER)
    page.goto(address(site.engine, PLAN))
    page.get_by_role("button", name="Submit and apply now").click()
    expect(page).to_have_url(re.compile(r"/apply(\?|$)"))
    site.engine.workers.until_quiet()
    run = newest(site)
    assert run.state is RunState.APPLIED
    statuses = site.engine.statuses(run)
    assert statuses[ActionStatus.HELD] == HELD
    assert set(statuses) == {ActionStatus.HELD, ActionStatus.SUCCEEDED}
    assert {kind for kind, _ in site.engine.held(run)} == {ActionClass.REMOVALS}
    page.goto(f"/runs/{run.id}/report")
    kinds = page.get_by_role("table").filter(has=page.get_by_role("columnheader", name="Held"))
    expect(kinds.get_by_role("row", name=re.compile("^.? ?Deactivate"))).to_contain_text(str(HELD))


def test_the_roles_that_may_not_decide_see_no_button(shared_site: SharedSite, visit: Visit) -> None:
    site = shared_site("review")
    for role in (Role.VIEWER, Role.OPERATOR, Role.COMPLIANCE, Role.AUDITOR):
        page = visit(site, role)
        page.goto(address(site.engine, PLAN))
        expect(page.get_by_text("This plan waits for an approver.")).to_be_visible()
        expect(page.get_by_role("button", name="Submit")).to_have_count(0)


def test_who_started_the_run_can_t_approve_it_and_reads_why(
    own_site: OwnSite, visit: Visit
) -> None:
    site = own_site("four_eyes")
    access.put_user(site.engine.tools, USERS[Role.OPERATOR], [Role.APPROVER], SYSTEM)
    run = newest(site)
    assert run.actor.endswith(USERS[Role.OPERATOR])
    page = visit(site, Role.OPERATOR)
    page.goto(f"/runs/{run.id}/plan")
    button = page.get_by_role("button", name="Approve")
    expect(button).to_be_disabled()
    why = page.locator(f"#{button.get_attribute('aria-describedby')}")
    expect(why).to_contain_text("started")


def test_a_plan_is_discarded(own_site: OwnSite, visit: Visit) -> None:
    site = own_site("awaiting")
    page = visit(site, Role.APPROVER)
    page.goto(address(site.engine, PLAN))
    page.get_by_label("Discard").check()
    submit(page)
    expect(page.get_by_text("Discarded by").first).to_be_visible()
    assert newest(site).state is RunState.DISCARDED
