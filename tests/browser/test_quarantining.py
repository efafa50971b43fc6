"""A quarantined record comes back by a corrected file, by mouse or keyboard, and what regressed is on top."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.domain.access import Role
from tests.browser.conftest import Visit
from tests.browser.seeds.records import chemical, table
from tests.browser.site import Site
from tests.browser.visitors import Look

TAG = "INV-000107"


@pytest.fixture
def corrected(tmp_path: Path) -> Path:
    file = tmp_path / "corrected.csv"
    file.write_bytes(table([chemical("107")]))
    return file


def by_mouse(page: Any, file: Path) -> None:
    """The fourth click would be a second record's."""
    page.get_by_role("link", name=TAG).click()
    read(page)
    page.get_by_label("Corrected file").set_input_files(file)
    page.get_by_role("button", name="Resubmit", exact=True).click()


def by_keyboard(page: Any, file: Path) -> None:
    page.get_by_role("link", name=TAG).focus()
    page.keyboard.press("Enter")
    read(page)
    page.get_by_label("Corrected file").set_input_files(file)
    page.get_by_label("Corrected file").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def read(page: Any) -> None:
    """What a compliance officer looks for stands there, and nothing of it can be edited."""
    page.get_by_text("Value is not changed here. Fix it at the source.").wait_for()
    wrong = page.get_by_role("article", name="OSHA-QTY-UNIT")
    assert "OSHA" in wrong.get_by_text("Authority").locator("xpath=..").inner_text()
    assert wrong.get_by_text("Citation").is_visible()
    assert page.get_by_text("Owner", exact=True).is_visible()
    assert page.get_by_text("Failed here").is_visible()
    assert page.locator("input[name=quantity]").count() == 0


@pytest.mark.parametrize(("scripts", "way"), [(True, by_keyboard), (False, by_mouse)])
def test_a_regressed_record_is_on_top_and_comes_back_in_three_clicks(
    visit: Visit, own_site: Callable[[str], Site], corrected: Path, *,
    scripts: bool, way: Callable[[Any, Path], None],
) -> None:  # fmt: skip
    """Statements 21, 26 and 27."""
    site = own_site("records")
    page = visit(site, Role.COMPLIANCE, Look(scripts=scripts))
    page.goto("/quarantine")
    first = page.locator("#records tbody tr").first
    assert TAG in first.inner_text()
    assert "Regressed" in first.inner_text()
    way(page, corrected)
    page.wait_for_url("**/quarantine/reports/run_*")
    engine, run_id = site.engine, page.url.rpartition("/")[2]
    engine.workers.until_quiet()
    engine.apply(engine.approve(engine.run(run_id)))
    page.reload()
    row = page.get_by_role("row").filter(has_text=TAG)
    assert "Resolved" in row.inner_text()
    row.get_by_role("link", name=TAG).click()
    about = page.get_by_role("region", name="The record")
    assert about.get_by_role("link", name=run_id).is_visible()
    assert about.get_by_text("Supersedes").is_visible()
    query = "SELECT idempotency_key = resolved_key FROM quarantine WHERE resolved_run = :run"
    assert engine.database.value(query, run=run_id) is False, "a key of its own"
