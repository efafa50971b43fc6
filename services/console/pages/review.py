"""Decide about a plan, and write something about it."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.console.confirmations import confirmed
from services.console.forms import Fault, Form, Sent
from services.console.pages.plan import list_values, plan_values
from services.console.review_form import read_review
from services.console.show import show
from services.console.signed_in import Operator, Reviewer, Visitor
from shared.domain.errors import EngineError
from shared.domain.review import Decision, Review
from shared.http.problem import problem_of, what_happened
from shared.http.service import Served, Service
from shared.pipeline.carry_out import apply_in
from shared.pipeline.comment import comment_on_plan
from shared.pipeline.decide import decide_in
from shared.pipeline.look import view_plan
from shared.pipeline.once import once
from shared.pipeline.refusals import refusals_noted
from shared.pipeline.review_desk import review_desk
from shared.ports.access import Answer
from shared.ports.unit_of_work import UnitOfWork

router = APIRouter()

#: What the buttons send; a key pressed in a field sends something else.
_BUTTONS = {"decide", "apply"}


@router.post("/runs/{run_id}/review")
def review(
    request: Request, run_id: str, served: Served, visitor: Reviewer, sent: Form
) -> Response:
    """Approve some or all of a plan, release what limits hold, or discard it."""
    plan_id = view_plan(served.tools, run_id).plan.id
    reading = read_review(sent, review_desk(served.tools, plan_id, visitor.actor))
    if reading.review is not None and sent.one("do") not in _BUTTONS:
        found = [
            Fault("decide-now", "Nothing was decided: Enter alone decides nothing. Use a button.")
        ]
        return _again(request, served, run_id, visitor=visitor, sent=sent, found=found)
    if reading.review is None:
        return _again(request, served, run_id, visitor=visitor, sent=sent, found=reading.found)
    try:
        _decide(served, plan_id, reading.review, visitor=visitor, sent=sent)
    except EngineError as error:
        found = [Fault("", what_happened(error, problem_of(error)))]
        return _again(request, served, run_id, visitor=visitor, sent=sent, found=found)
    if reading.review.decision is Decision.DISCARD:
        return confirmed(f"/runs/{run_id}/plan", "discarded")
    return confirmed(f"/runs/{run_id}/apply", "approved")


def _decide(served: Service, plan_id: str, wanted: Review, *, visitor: Visitor, sent: Sent) -> None:
    """In one transaction, and once: a second click finds it done."""
    mapping = served.loaded.mapping_sha256

    def work(uow: UnitOfWork) -> Answer:
        decide_in(served.tools, uow, plan_id, wanted, actor=visitor.actor, mapping=mapping)
        if sent.one("do") == "apply" and wanted.decision is Decision.APPROVE:
            apply_in(served.tools, uow, plan_id, actor=visitor.actor, mapping=mapping)
        return Answer(status=303, body={})

    with refusals_noted(served.tools, plan_id, wanted.decision, visitor.actor):
        once(served.tools, sent.key(visitor), work)


@router.post("/runs/{run_id}/comments")
def comment(
    request: Request, run_id: str, served: Served, visitor: Operator, sent: Form
) -> Response:
    """Keep what somebody wrote."""
    if not sent.one("text"):
        found = [Fault("text", "Write something first")]
        return _again(request, served, run_id, visitor=visitor, sent=sent, found=found)
    comment_on_plan(
        served.tools, view_plan(served.tools, run_id).plan.id, sent.one("text"), visitor.actor
    )
    return RedirectResponse(f"/runs/{run_id}/plan#review", 303)


def _again(
    request: Request,
    served: Service,
    run_id: str,
    *,
    visitor: Visitor,
    sent: Sent,
    found: list[Fault],
) -> Response:
    """The page once more, with what was typed and what is wrong with it."""
    values: dict[str, Any] = plan_values(request, served, run_id)
    plan_id = values["plan"].plan.id
    values |= list_values(served, plan_id, values["asked"])
    desk = review_desk(served.tools, plan_id, visitor.actor)
    typed = {name: sent.one(name) for name in sent.fields} | {"classes": list(sent.all("classes"))}
    return show(
        request,
        "plan.html.j2",
        {**values, "desk": desk, "found": found, "typed": typed},
        status=422,
    )
