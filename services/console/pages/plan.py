"""A plan, to be understood: what is dangerous first, what is identical as one line."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.console import action_query
from services.console.action_query import ActionAsked
from services.console.plan_words import PlanWords
from services.console.run_frame import run_frame
from services.console.show import show
from services.console.signed_in import Viewer
from shared.http.service import Served, Service
from shared.pipeline.look import count_actions, group_actions, page_actions, view_plan
from shared.pipeline.review_desk import names_of, review_desk, spot_check
from shared.ports.views import GroupBy, PageOf

router = APIRouter()

#: Rows of a page; beside groups the few riskiest.
PAGE, GROUPS, RISKY = 50, 12, 5


@router.get("/runs/{run_id}/plan")
def plan(request: Request, run_id: str, served: Served, visitor: Viewer) -> HTMLResponse:
    """The plan of a run, or what a filter leaves of it."""
    values = plan_values(request, served, run_id)
    plan_id = values["plan"].plan.id
    values |= list_values(served, plan_id, values["asked"])
    values |= {"desk": review_desk(served.tools, plan_id, visitor.actor), "found": [], "typed": {}}
    return show(request, "plan.html.j2", values, block="list")


@router.get("/runs/{run_id}/plan/spot-check")
def check(request: Request, run_id: str, served: Served, _: Viewer) -> HTMLResponse:
    """Twenty actions by chance."""
    values = plan_values(request, served, run_id)
    actions = spot_check(served.tools, values["plan"].plan.id)
    names = names_of(served.tools, values["plan"].plan.id, actions)
    return show(request, "spot_check.html.j2", {**values, "actions": actions, "names": names})


def plan_values(request: Request, served: Service, run_id: str) -> dict[str, Any]:
    """What stands above the list."""
    view = view_plan(served.tools, run_id)
    return {
        "frame": run_frame(served.tools, view.run.id), "tab_name": "Plan", "plan": view,
        "told": PlanWords(view),
        "asked": action_query.asked(f"/runs/{view.run.id}/plan", request.query_params),
    }  # fmt: skip


def list_values(served: Service, plan_id: str, asked: ActionAsked) -> dict[str, Any]:
    """What a filter leaves: actions, or groups of them."""
    tools, wanted = served.tools, asked.wanted
    groups = page = risky = None
    # Without a filter the first thing to see is what is alike: 1,204 equal changes are one line.
    by = asked.by or (GroupBy.CHANGE if asked.grouped else None)
    if by is not None:
        groups = group_actions(tools, plan_id, by, wanted, PageOf(after=asked.after, limit=GROUPS))
    if by is not None and asked.grouped:
        risky = page_actions(tools, plan_id, wanted, PageOf(limit=RISKY), sort=asked.sort)
    if by is None:
        part = PageOf(after=asked.after, limit=PAGE)
        page = page_actions(tools, plan_id, wanted, part, sort=asked.sort)
    shown = [*(page.items if page else ()), *(risky.items if risky else ())]
    return {
        "groups": groups, "by": by, "page": page, "risky": risky,
        "facets": action_query.listed(count_actions(tools, plan_id, wanted), asked),
        "names": names_of(tools, plan_id, shown),
    }  # fmt: skip
