"""`/plans`: read a plan, decide about it, have it applied."""

from collections import Counter
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from services.ingest.caller import Operator, PlanReader, Reviewer
from services.ingest.json_body import Once, StrictJson
from services.ingest.openapi import ASKED, ORDERED, SENT, problems
from services.ingest.plan_schemas import (
    ActionList,
    CommentDocument,
    FacetCountDocument,
    GroupList,
    JudgedGates,
)
from services.ingest.queries import ActionQuery, GroupQuery
from services.ingest.runs import answered
from services.ingest.schemas import (
    ApplyOrder,
    Id,
    NewComment,
    NewReview,
    PlanDocument,
    ReviewDocument,
    RunDocument,
)
from shared.http.service import Served
from shared.pipeline.before_writing import gates_now
from shared.pipeline.carry_out import apply_in
from shared.pipeline.comment import comment_on_plan
from shared.pipeline.decide import decide_in
from shared.pipeline.documents import (
    action_document,
    comment_document,
    facets_document,
    group_document,
    page_document,
    plan_document,
    run_document,
)
from shared.pipeline.look import count_actions, group_actions, page_actions, view_plan
from shared.pipeline.once import once
from shared.pipeline.refusals import APPLY, refusals_noted
from shared.pipeline.staleness import require_digest
from shared.ports.access import Answer
from shared.ports.unit_of_work import UnitOfWork
from shared.ports.views import RunView

router = APIRouter(tags=["plans"])

_OF_A_PLAN = ("digest_mismatch", "plan_stale", "plan_expired", "plan_tampered", "wrong_state")


@router.get(
    "/plans/{plan_id}", summary="A plan", response_model=PlanDocument, responses=problems(*ASKED)
)
def read_plan(plan_id: Id, served: Served, _: PlanReader) -> JSONResponse:
    """The plan without its actions: summary, gates, digest, who acts next."""
    document = plan_document(view_plan(served.tools, plan_id), iter(()))
    document.pop("actions")
    return JSONResponse(document)


@router.get(
    "/plans/{plan_id}/actions",
    summary="Actions of a plan",
    response_model=ActionList,
    responses=problems(*ASKED),
)
def list_of_actions(
    plan_id: Id, asked: Annotated[ActionQuery, Query()], served: Served, _: PlanReader
) -> JSONResponse:
    """Actions of a plan, in pages; pages of one filter and sort hold each action once."""
    found = page_actions(served.tools, plan_id, asked.wanted, asked.page, sort=asked.sort)
    return JSONResponse(page_document(found, action_document))


@router.get(
    "/plans/{plan_id}/facets",
    summary="What is in a plan, counted",
    response_model=dict[str, list[FacetCountDocument]],
    responses=problems(*ASKED),
)
def facets_of_plan(
    plan_id: Id, asked: Annotated[ActionQuery, Query()], served: Served, _: PlanReader
) -> JSONResponse:
    """How many actions there are of each kind, class, status, site, …, under the same filters."""
    return JSONResponse(facets_document(count_actions(served.tools, plan_id, asked.wanted)))


@router.get(
    "/plans/{plan_id}/groups",
    summary="What is alike in a plan",
    response_model=GroupList,
    responses=problems(*ASKED),
)
def groups_of_plan(
    plan_id: Id, asked: Annotated[GroupQuery, Query()], served: Served, _: PlanReader
) -> JSONResponse:
    """Actions in groups, largest first: 1,204 identical changes are one. Filters are those of `actions`."""
    found = group_actions(served.tools, plan_id, asked.by, asked.wanted, asked.page)
    return JSONResponse(page_document(found, partial(group_document, asked.by), key="key"))


@router.get(
    "/plans/{plan_id}/gates",
    summary="The limits of a plan as applying it judges them",
    response_model=JudgedGates,
    responses=problems(*ASKED),
)
def gates_of_plan(plan_id: Id, served: Served, _: PlanReader) -> JSONResponse:
    """Each over what is not held and not left out by now, so after a review over what was approved.

    The plan itself has them as they were when it was made.
    """
    gates = [gate.to_json() for gate in gates_now(served.tools, plan_id)]
    return JSONResponse({"plan_id": plan_id, "gates": gates})


@router.post(
    "/plans/{plan_id}/reviews",
    summary="Decide about a plan",
    status_code=201,
    response_model=ReviewDocument,
    responses=problems(
        *ORDERED, *_OF_A_PLAN, "already_reviewed", "four_eyes", "release_count", "release_reason",
        "release_twice", "selection_unknown", "nothing_approved", "mapping_invalid",
        "mapping_missing",
    ),
)  # fmt: skip
def create_review(
    plan_id: Id, served: Served, caller: Reviewer, key: Once, sent: NewReview
) -> JSONResponse:
    """Approve some or all of a plan, release what gates hold, or discard it. A plan is decided once."""

    def work(uow: UnitOfWork) -> Answer:
        decide_in(
            served.tools, uow, plan_id, sent.to_review(), actor=caller.actor,
            mapping=served.loaded.mapping_sha256,
        )  # fmt: skip
        plan = uow.plans.get(plan_id)
        body = {
            "plan_id": plan_id, "run_id": plan.run_id, "decision": sent.decision.value,
            "actor": str(caller.actor), "state": uow.runs.get(plan.run_id).state.value,
            "actions": Counter({s.value: n for s, n in uow.plans.status_counts(plan_id).items()}),
        }  # fmt: skip
        return Answer(status=201, body=body)

    with refusals_noted(served.tools, plan_id, sent.decision, caller.actor):
        return answered(*once(served.tools, key, work))


@router.post(
    "/plans/{plan_id}/comments",
    summary="Write something about a plan",
    status_code=201,
    response_model=CommentDocument,
    responses=problems(*SENT, "reason_missing"),
)
def create_comment(
    plan_id: Id, served: Served, caller: Operator, _body: StrictJson, sent: NewComment
) -> JSONResponse:
    """At any time, whoever decides. The plan and its run's reports show it; it decides nothing."""
    comment = comment_on_plan(served.tools, plan_id, sent.text, caller.actor)
    return JSONResponse(comment_document(comment), 201)


@router.post(
    "/plans/{plan_id}/apply",
    summary="Apply an approved plan",
    status_code=202,
    response_model=RunDocument,
    responses=problems(
        *ORDERED,
        *_OF_A_PLAN,
        "not_approved",
        "locked",
        "calendar",
        "over_limit",
        "mapping_invalid",
        "mapping_missing",
    ),
)
def apply_plan(
    plan_id: Id, served: Served, caller: Operator, key: Once, sent: ApplyOrder
) -> JSONResponse:
    """Carry out an approved plan. It is under way when this answers; its run's events tell the rest."""

    def work(uow: UnitOfWork) -> Answer:
        require_digest(uow.plans.get(plan_id), sent.plan_digest)
        run_id = apply_in(
            served.tools, uow, plan_id, actor=caller.actor, mapping=served.loaded.mapping_sha256
        )
        run = uow.runs.get(run_id)
        view = RunView(run=run, plan_id=plan_id)
        return Answer(status=202, body=run_document(view), location=f"/api/v1/runs/{run_id}")

    with refusals_noted(served.tools, plan_id, APPLY, caller.actor):
        return answered(*once(served.tools, key, work))
