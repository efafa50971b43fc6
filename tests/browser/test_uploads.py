"""A file is judged while it is chosen, and sent by mouse, keyboard or without a script."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.domain.access import Role
from tests.browser import accessibility
from tests.browser.conftest import Visit
from tests.browser.site import Site
from tests.browser.visitors import Look

BAD = b"employee_id,first_name,last_name,workemial,site_code\nE1,Zoe,Lee,z@x.example,010\n"


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    file = tmp_path / "bad.csv"
    file.write_bytes(BAD)
    return file


def test_header_errors_show_while_the_file_is_chosen_before_any_call(
    visit: Visit, own_site: Callable[[str], Site], bad: Path
) -> None:
    site = own_site("empty")
    page = visit(site, Role.OPERATOR)
    page.goto("/runs/new")
    page.get_by_label("Staff file").set_input_files(bad)
    told = page.locator("#report")
    told.get_by_text("Required columns are missing: work_email").wait_for(timeout=2_000)
    assert "did you mean work_email?" in told.inner_text()
    assert accessibility.violations(page) == []
    good = bad.with_name("good.csv")
    good.write_bytes(site.engine.extract().csv())
    page.get_by_label("Staff file").set_input_files(good)
    told.get_by_text("The header is in order").wait_for(timeout=2_000)
    assert site.engine.simulator.journal() == []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_refused_upload_leads_to_the_problem_and_a_good_one_to_its_run(
    visit: Visit, own_site: Callable[[str], Site], bad: Path, scripts: bool
) -> None:
    site = own_site("empty")
    page = visit(site, Role.OPERATOR, Look(scripts=scripts))
    page.goto("/runs/new")
    page.get_by_label("Staff file").set_input_files(bad)
    page.get_by_role("button", name="Upload and plan").click()
    summary = page.get_by_role("alert").filter(has_text="There is a problem")
    summary.get_by_role("link", name="Required columns are missing: work_email").wait_for()
    assert page.title().startswith("Error: ")
    if scripts:
        assert "There is a problem" in page.evaluate("document.activeElement.innerText")
    good = bad.with_name("good.csv")
    good.write_bytes(site.engine.extract().csv())
    page.get_by_label("Staff file").set_input_files(good)
    page.get_by_role("button", name="Upload and plan").click()
    page.wait_for_url("**/runs/run_*/**")
    assert page.get_by_role("heading", level=1).inner_text().endswith("good.csv")
