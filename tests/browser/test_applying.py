"""A run is followed, steered and looked at in the browser: statements 14, 16, 17, 18, 20, 34 and 35."""

import re
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import expect

from shared.domain.access import Role
from shared.domain.action import ActionStatus
from shared.domain.errors import Transient
from shared.domain.run import Run, RunState
from tests.browser.conftest import Visit
from tests.browser.line import Line
from tests.browser.places import address
from tests.browser.site import Site, Working
from tests.browser.test_reviewing import newest

OwnSite = Callable[[str], Site]
SharedSite = Callable[[str], Site]
#: Of each call to the LMS, so that applying takes long enough to be looked at.
_SLOW = (
    {"fault": "latency", "ms": 900, "method": "PUT"},
    {"fault": "latency", "ms": 900, "method": "POST"},
    {"fault": "latency", "ms": 300, "method": "GET"},
)
_SAMPLES_S = 0.25


@pytest.fixture
def slow(own_site: OwnSite) -> Iterator[Site]:
    """An approved plan over a slow LMS, with workers at work."""
    site = own_site("approved")
    site.engine.simulator.faults(*_SLOW)
    with Working(site.engine):
        yield site


def start(site: Site | Line, visit: Visit) -> Any:
    """Apply as an operator; the page of its progress."""
    page = visit(site, Role.OPERATOR)
    page.goto(f"/runs/{newest(site).id}/apply")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text(re.compile("Live|Applying")).first).to_be_visible()
    return page


def wait_for(site: Site, found: RunState | Callable[[Run], bool]) -> None:
    """Until the newest run is in a state, or as is asked."""
    asked = found if callable(found) else lambda run: run.state is found
    deadline = time.monotonic() + 30
    while not asked(newest(site)):
        assert time.monotonic() < deadline, newest(site)
        time.sleep(0.05)


def percent(page: Any) -> int | None:
    found = re.search(r"(\d+) %", page.locator(".far-number").first.inner_text(timeout=1_000))
    return int(found[1]) if found else None


def books(site: Site) -> dict[str, int]:
    """Of the newest run's actions; `planned` is their sum."""
    run = newest(site)
    statuses = site.engine.statuses(run)
    kept: Any = run.books
    assert kept["balanced"]
    assert kept["planned"] == sum(statuses.values())
    return {status.value: count for status, count in statuses.items()}


def test_progress_moves_never_goes_back_and_outlives_the_network(slow: Site, visit: Visit) -> None:
    line = Line(slow)
    page = start(line, visit)
    page.evaluate("window.neverReloaded = true")
    seen: list[tuple[float, int]] = []
    said: set[str] = set()
    until = time.monotonic() + 5
    while time.monotonic() < until and newest(slow).state is RunState.APPLYING:
        at = percent(page)
        if at is not None and (not seen or seen[-1][1] != at):
            seen.append((time.monotonic(), at))
        said.update(page.locator("#live-counts dt").all_inner_texts())
        time.sleep(_SAMPLES_S)
    values = [at for _, at in seen]
    assert values == sorted(values)
    assert len(values) >= 3
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(seen)]
    assert max(gaps) <= 2 + 2 * _SAMPLES_S
    assert "About left" in said
    expect(page).to_have_title(re.compile(r"\d+ %"))
    visit.expect_failures()
    line.cut()
    expect(page.get_by_text("Reconnecting…")).to_be_visible(timeout=10_000)
    line.mend()
    expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=20_000)
    assert page.evaluate("window.neverReloaded") is True


def test_canceling_stops_after_the_calls_in_flight_and_the_books_balance(
    slow: Site, visit: Visit
) -> None:
    page = start(slow, visit)
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("main").get_by_role("button", name="Cancel").click()
    wait_for(slow, RunState.CANCELED)
    slow.engine.simulator.faults()
    wait_for(slow, lambda run: run.books is not None)
    found = books(slow)
    assert found["not_attempted"] > 0
    page.goto(f"/runs/{newest(slow).id}/report")
    expect(page.get_by_text(f"{sum(found.values()):,} actions planned = ")).to_be_visible()
    expect(page.get_by_text("not attempted").first).to_be_visible()


def test_a_pause_and_going_on_are_a_click_each(slow: Site, visit: Visit) -> None:
    page = start(slow, visit)
    page.get_by_role("button", name="Pause").click()
    wait_for(slow, RunState.PAUSED)
    expect(page.get_by_text("Paused").first).to_be_visible()
    slow.engine.simulator.faults()
    page.get_by_role("button", name="Resume").click()
    wait_for(slow, RunState.APPLIED)
    assert not slow.engine.simulator.done_twice()
    expect(page.get_by_text("Applied").first).to_be_visible(timeout=10_000)


def test_a_retry_repeats_only_what_failed_or_was_left(own_site: OwnSite, visit: Visit) -> None:
    site = own_site("errors")
    run = newest(site)
    page = visit(site, Role.OPERATOR)
    page.goto(f"/runs/{run.id}/report")
    before = len(site.engine.simulator.writes())
    page.get_by_role("button", name="Retry 1").click()
    expect(page).to_have_url(re.compile(r"/apply(\?|$)"))
    site.engine.workers.until_quiet()
    assert len(site.engine.simulator.writes()) == before + 1
    assert ActionStatus.FAILED not in site.engine.statuses(run)
    page.goto(f"/runs/{run.id}/report")
    again = page.get_by_role("button", name="Retry")
    expect(again).to_be_disabled()
    expect(page.locator(f"#{again.get_attribute('aria-describedby')}")).to_contain_text(
        "Nothing failed"
    )


def test_a_target_that_asks_to_wait_is_no_error(own_site: OwnSite, visit: Visit) -> None:
    site = own_site("approved")
    site.engine.target.trouble = Transient("wait", code="throttled", retry_after_s=30.0)
    with Working(site.engine):
        page = visit(site, Role.OPERATOR)
        page.goto(f"/runs/{newest(site).id}/apply")
        page.get_by_role("button", name="Apply").click()
        wait_for(site, RunState.PAUSED)
        said = page.get_by_text(re.compile(r"ASCIP is throttling, waiting (2\d|30) s"))
        expect(said.first).to_be_visible(timeout=10_000)
        expect(page.get_by_role("heading", name="Last errors")).to_have_count(0)


def test_a_failure_shows_what_the_vendor_said_and_which_request(
    shared_site: SharedSite, visit: Visit
) -> None:
    site = shared_site("errors")
    page = visit(site, Role.OPERATOR)
    page.goto(f"/runs/{newest(site).id}/apply")
    main = page.get_by_role("main")
    expect(main.get_by_text("too_long").first).to_be_visible()
    expect(main.get_by_text(re.compile("PUT")).first).to_be_visible()


def test_a_reverse_plan_is_ordered_reviewed_and_restores(own_site: OwnSite, visit: Visit) -> None:
    site = own_site("empty")
    engine, extract = site.engine, site.engine.extract()
    extract.rename(extract.ids[:10])
    run = engine.approve(engine.plan(extract))
    before = {p["id"]: (p["lastName"], p["groupIds"]) for p in engine.simulator.state()["people"]}
    engine.apply(run)
    page = visit(site, Role.APPROVER)
    page.goto(f"/runs/{newest(site).id}/report")
    page.get_by_role("button", name="Make a reverse plan").click()
    engine.workers.until_quiet()
    back = newest(site)
    assert back.state is RunState.AWAITING_APPROVAL, back.detail
    page.goto(f"/runs/{back.id}/plan")
    page.get_by_role("button", name="Submit and apply now").click()
    expect(page).to_have_url(re.compile(r"/apply(\?|$)"))
    engine.workers.until_quiet()
    after = {p["id"]: (p["lastName"], p["groupIds"]) for p in engine.simulator.state()["people"]}
    assert {each: after[each] for each in before} == before


def test_unchanged_input_is_skipped_in_words_and_planned_anyway_by_a_click(
    own_site: OwnSite, visit: Visit
) -> None:
    site = own_site("history")
    page = visit(site, Role.OPERATOR)
    page.goto(address(site.engine, "/runs/{skipped_unchanged}/validation"))
    expect(page.get_by_text(re.compile("Skipped: unchanged since run_"))).to_be_visible()
    newest_before = newest(site).id
    page.get_by_role("button", name="Plan anyway").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert newest(site).id != newest_before


def test_with_ascip_down_the_console_is_there_and_says_so(own_site: OwnSite, visit: Visit) -> None:
    site = own_site("awaiting")
    site.engine.target.down = True
    site.engine.simulator.faults({"fault": "reset"})
    page = visit(site, Role.VIEWER)
    assert page.request.get("/readyz").status == 200
    assert page.goto("/").ok
    expect(page.get_by_text(re.compile("ASCIP"))).not_to_have_count(0)
    assert page.goto(address(site.engine, "/runs/{awaiting_approval}/plan")).ok
