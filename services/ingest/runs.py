"""`/runs`: set one going, see where it stands, steer it."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from services.ingest.caller import Operator, PlanReader, Reader, Reviewer
from services.ingest.json_body import BareOnce, Once
from services.ingest.openapi import ASKED, ORDERED, problems
from services.ingest.plan_schemas import ComparisonDocument, TimelineDocument
from services.ingest.queries import CompareQuery, RunQuery, TimelineQuery
from services.ingest.schemas import (
    Id,
    NewRun,
    RunDocument,
    RunList,
)
from shared.domain.audit import Actor
from shared.domain.run import Run
from shared.http.service import Served, Service
from shared.pipeline import carry_out, redrive
from shared.pipeline.compare import compare_runs
from shared.pipeline.compare_document import comparison_document
from shared.pipeline.documents import page_document, run_document, timeline_document
from shared.pipeline.drift import order_drift
from shared.pipeline.land import Order, Sender, order_run
from shared.pipeline.look import list_runs, timeline, view_run
from shared.pipeline.once import once
from shared.pipeline.revert import order_revert
from shared.ports.access import Answer
from shared.ports.unit_of_work import UnitOfWork
from shared.ports.views import RunFilter, RunView

router = APIRouter(tags=["runs"])


@router.post(
    "/runs",
    summary="Set a run going",
    status_code=202,
    response_model=RunDocument,
    responses=problems(
        *ORDERED, "mapping_invalid", "mapping_missing", "nothing_applied", "too_many_runs"
    ),
)
def create_run(served: Served, caller: Operator, key: Once, wanted: NewRun) -> JSONResponse:
    """Set a run going. It is queued when this answers; its events tell how it goes on.

    An unchanged file is no error: the run ends `skipped_unchanged` unless `force` is set.
    """

    def work(uow: UnitOfWork) -> Answer:
        run = uow.runs.get(_ordered(served, uow, wanted, caller.actor).id)
        view = RunView(run=run)
        location = f"/api/v1/runs/{run.id}"
        return Answer(status=202, body=run_document(view), location=location)

    return answered(*once(served.tools, key, work))


def _ordered(served: Service, uow: UnitOfWork, wanted: NewRun, actor: Actor) -> Run:
    if wanted.upload_id is None:
        return order_drift(served.tools, uow, actor, "api")
    upload = uow.runs.upload(wanted.upload_id)
    order = Order(
        trigger="api",
        mapping_text=served.loaded.mapping_text_for(upload.feed),
        mode=wanted.mode,
        force=wanted.force,
    )
    sender = Sender(actor=actor, name=upload.name, feed=upload.feed)
    return order_run(served.tools, uow, upload, sender, order)


def answered(answer: Answer, repeated: bool) -> JSONResponse:  # noqa: FBT001  # what `once` returns
    """An answer as it is sent, the first time and each time after."""
    headers = {"Location": answer.location} if answer.location else {}
    if repeated:
        headers["Idempotent-Replayed"] = "true"
    return JSONResponse(dict(answer.body), answer.status, headers)


@router.get("/runs", summary="List of runs", response_model=RunList, responses=problems(*ASKED))
def list_of_runs(asked: Annotated[RunQuery, Query()], served: Served, _: Reader) -> JSONResponse:
    """Runs, newest first."""
    wanted = RunFilter(states=asked.state, feeds=asked.feed, triggers=asked.trigger)
    found = list_runs(served.tools, wanted, asked.page)
    return JSONResponse(page_document(found, run_document))


@router.get(
    "/runs/compare",
    summary="Two runs side by side",
    response_model=ComparisonDocument,
    responses=problems(*ASKED),
)
def compare(asked: Annotated[CompareQuery, Query()], served: Served, _: PlanReader) -> JSONResponse:
    """What two runs were made from, what they propose, and the actions that not both have alike."""
    found = compare_runs(served.tools, asked.a, asked.b, asked.page)
    return JSONResponse(comparison_document(found))


@router.get(
    "/runs/{run_id}", summary="A run", response_model=RunDocument, responses=problems(*ASKED)
)
def read_run(run_id: Id, served: Served, _: Reader) -> JSONResponse:
    """Where a run stands, what it read, and who acts next."""
    return _document(served, run_id)


@router.get(
    "/runs/{run_id}/timeline",
    summary="What happened to a run",
    response_model=TimelineDocument,
    responses=problems(*ASKED),
)
def read_timeline(
    run_id: Id, asked: Annotated[TimelineQuery, Query()], served: Served, _: Reader
) -> JSONResponse:
    """States, plan, reviews, pauses and what was taken out, each with its time and who did it."""
    return JSONResponse(timeline_document(timeline(served.tools, run_id, asked.page)))


def _document(served: Service, run_id: str, status: int = 200) -> JSONResponse:
    return JSONResponse(run_document(view_run(served.tools, run_id)), status)


def _steering(path: str, summary: str, *codes: str) -> Callable[..., Callable[..., JSONResponse]]:
    """The form that all four verbs of an operator have."""
    return router.post(
        f"/runs/{{run_id}}/{path}", status_code=202, response_model=RunDocument, summary=summary,
        responses=problems(*ASKED, "wrong_state", *codes),
    )  # fmt: skip


@_steering("cancel", "End a run where it stands")
def cancel_run(run_id: Id, served: Served, caller: Operator) -> JSONResponse:
    """Calls in flight finish; what is left is `not_attempted`, what was done stays done."""
    carry_out.cancel(served.tools, run_id, caller.actor)
    return _document(served, run_id, 202)


@_steering("pause", "Pause a run that is applying")
def pause_run(run_id: Id, served: Served, caller: Operator) -> JSONResponse:
    """Calls in flight finish; `resume` goes on with the same plan."""
    carry_out.pause_by(served.tools, run_id, caller.actor)
    return _document(served, run_id, 202)


_STALE = (
    "plan_stale",
    "plan_expired",
    "plan_tampered",
    "locked",
    "calendar",
    "over_limit",
    "mapping_invalid",
    "mapping_missing",
)


@_steering("resume", "Go on with a paused run", *_STALE)
def resume_run(run_id: Id, served: Served, caller: Operator) -> JSONResponse:
    """The same plan, what is left of it."""
    carry_out.go_on_with(
        served.tools, run_id, caller.actor, states=carry_out.RESUMABLE,
        mapping=served.loaded.mapping_sha256,
    )  # fmt: skip
    return _document(served, run_id, 202)


@_steering("retry", "Try again what failed or was left", *_STALE)
def retry_run(run_id: Id, served: Served, caller: Operator) -> JSONResponse:
    """Only failed and not-attempted actions of the same approved plan; with none left, nothing changes.

    Of a run whose reports were given up these are made again instead, whatever its state.
    """
    redrive.retry(served.tools, run_id, caller.actor, mapping=served.loaded.mapping_sha256)
    return _document(served, run_id, 202)


@router.post(
    "/runs/{run_id}/revert",
    summary="Take a run back",
    status_code=202,
    response_model=RunDocument,
    responses=problems(
        *ORDERED,
        "wrong_state",
        "nothing_to_revert",
        "mapping_invalid",
        "mapping_missing",
        "too_many_runs",
    ),
)
def revert_run(run_id: Id, served: Served, caller: Reviewer, key: BareOnce) -> JSONResponse:
    """A new run with a plan of the inverse actions, to be reviewed and applied like any other.

    People changed since are left out: the plan counts them, its reports list them.
    """

    def work(uow: UnitOfWork) -> Answer:
        feed = uow.runs.get(run_id).feed
        ordered = order_revert(
            served.tools, uow, run_id, actor=caller.actor, trigger="api",
            mapping_text=served.loaded.mapping_text_for(feed),
        )  # fmt: skip
        document = run_document(RunView(run=uow.runs.get(ordered.id)))
        return Answer(status=202, body=document, location=f"/api/v1/runs/{ordered.id}")

    return answered(*once(served.tools, key, work))
