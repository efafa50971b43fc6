"""One plan, the same numbers everywhere: statement 4. Exports are counted in `test_exports.py`."""

import re
from collections.abc import Callable
from typing import Any

from services.cli.render import plan_lines
from shared.domain.access import Role, Scope
from shared.domain.audit import SYSTEM
from shared.pipeline import access
from shared.pipeline.look import plan_actions, view_plan
from shared.pipeline.run_letter import run_facts, table
from tests.browser.conftest import Visit
from tests.browser.site import Site
from tests.browser.test_reviewing import newest

KINDS = ("add", "update", "join", "leave", "deactivate")


def tiles(page: Any) -> dict[str, int]:
    """Name → number."""
    return {
        tile.locator(".tile-name").inner_text(): int(
            re.sub(r"\D", "", tile.locator(".tile-number").inner_text())
        )
        for tile in page.locator(".tile").all()
    }


def test_page_command_line_interface_and_mail_count_alike(
    shared_site: Callable[[str], Site], visit: Visit
) -> None:
    site = shared_site("mixed")
    tools, run = site.engine.tools, newest(site)
    view = view_plan(tools, run.id)
    page = visit(site, Role.VIEWER)
    page.goto(f"/runs/{run.id}/plan")
    told = tiles(page)
    assert {told[kind] for kind in KINDS} > {0} or all(told[kind] for kind in KINDS)
    key = access.NewKey(name="counts", scopes=(Scope.PLANS_READ, Scope.RUNS_READ))
    secret = access.create_key(tools, key, SYSTEM)[1]
    answer = page.request.get(
        f"/api/v1/plans/{view.plan.id}", headers={"Authorization": f"Bearer {secret}"}
    )
    summary = answer.json()["summary"]
    assert {name: summary[name] for name in told} == told
    lines = "\n".join(plan_lines(view, plan_actions(tools, view.plan.id)))
    for kind in KINDS:
        assert re.search(rf"\b{told[kind]}\b (to )?{kind}|{kind}\w* {told[kind]}\b", lines), kind
    with tools.transactions.begin() as uow:
        head, *rows = table(run_facts(uow, run))
    mailed = {row[0]: dict(zip(head[1:], map(int, row[1:]), strict=True)) for row in rows}
    assert mailed["removals"]["planned"] == told["deactivate"]
    assert mailed["adds"]["planned"] == told["add"]
    assert sum(each["held"] for each in mailed.values()) == told["held"]
    assert sum(each["planned"] for each in mailed.values()) == sum(told[kind] for kind in KINDS)
