"""Quarantined records in the browser: statements 26 and 27."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from shared.domain.access import Role
from tests.browser.conftest import Visit
from tests.browser.places import address
from tests.browser.seeds.records import chemical, table
from tests.browser.site import Site

OwnSite = Callable[[str], Site]
SharedSite = Callable[[str], Site]


def test_what_regressed_is_at_the_top_of_the_queue(shared_site: SharedSite, visit: Visit) -> None:
    page = visit(shared_site("history"), Role.COMPLIANCE)
    page.goto("/quarantine")
    first = page.locator("#records tbody tr").first
    expect(first).to_contain_text("Regressed")
    expect(first).to_contain_text("INV-000107")


def test_a_record_tells_its_rule_and_a_mended_file_makes_a_new_one(
    own_site: OwnSite, visit: Visit, tmp_path: Path
) -> None:
    site = own_site("history")
    page = visit(site, Role.COMPLIANCE)
    page.goto("/quarantine")
    page.get_by_role("link", name="INV-000106").click()  # the first click
    old = page.url
    main = page.get_by_role("main")
    for told in ("OSHA-SIGNAL-WORD", "29 CFR 1910.1200", "Authority", "Owner", "Remedy"):
        expect(main.get_by_text(told).first).to_be_visible()
    key = main.locator("dt", has_text="Idempotency key").locator("+ dd").inner_text()
    assert "Danger" not in [field.input_value() for field in main.locator("input:visible").all() if
                            field.get_attribute("type") not in {"file", "checkbox"}]  # fmt: skip
    sent = tmp_path / "mended.csv"
    sent.write_bytes(table([chemical("106", {"signal_word": "", "quantity": "0"})]))
    main.get_by_label("Corrected file").set_input_files(sent)  # the second, in the browser's dialog
    main.get_by_role("button", name="Resubmit").click()  # the third
    expect(page).not_to_have_url(old)
    site.engine.workers.until_quiet()
    page.goto(old)
    page.get_by_role("link", name="Go on with that one").click()
    expect(page).not_to_have_url(old)
    assert main.locator("dt", has_text="Idempotency key").locator("+ dd").inner_text() != key
    before = main.locator("dt", has_text="Supersedes").locator("+ dd").get_by_role("link")
    assert old.endswith(before.get_attribute("href"))
    expect(main.get_by_text("OSHA-QTY-UNIT").first).to_be_visible()


def test_a_record_can_be_mended_with_the_keyboard_alone(
    own_site: OwnSite, visit: Visit, tmp_path: Path
) -> None:
    site = own_site("history")
    page = visit(site, Role.COMPLIANCE)
    page.goto(address(site.engine, "/quarantine/{record:regressed}"))
    sent = tmp_path / "mended.csv"
    sent.write_bytes(table([chemical("107")]))
    field = page.get_by_label("Corrected file")
    field.focus()
    field.set_input_files(sent)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Resubmit")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("Resubmitted|under way|Under way")).first).to_be_visible()
