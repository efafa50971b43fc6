"""The verbs of a run, as forms: apply, pause, resume, cancel, retry, take back, plan again."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from services.console.deeds import forced
from services.console.forms import Form
from services.console.run_frame import run_frame
from services.console.show import show
from services.console.signed_in import Operator, Reviewer, Visitor
from services.console.upload import TRIGGER
from shared.domain.run import Run, RunMode
from shared.http.service import Served, Service
from shared.pipeline import carry_out, redrive
from shared.pipeline.drift import order_drift
from shared.pipeline.land import Order, Sender, order_run
from shared.pipeline.look import plan_of
from shared.pipeline.look_at_run import look_at_run
from shared.pipeline.once import once
from shared.pipeline.refusals import APPLY, refusals_noted
from shared.pipeline.revert import order_revert
from shared.pipeline.staleness import require_digest
from shared.ports.access import Answer
from shared.ports.unit_of_work import UnitOfWork

router = APIRouter()


@router.post("/runs/{run_id}/apply")
def apply(run_id: str, served: Served, visitor: Operator, sent: Form) -> RedirectResponse:
    """Carry out the approved plan that was looked at."""

    def work(uow: UnitOfWork) -> Answer:
        plan = plan_of(uow, run_id)
        require_digest(plan, sent.one("plan_digest"))
        carry_out.apply_in(
            served.tools, uow, plan.id, actor=visitor.actor, mapping=served.loaded.mapping_sha256
        )
        return _leads_to(f"/runs/{run_id}/apply")

    with refusals_noted(served.tools, run_id, APPLY, visitor.actor):
        answer, _ = once(served.tools, sent.key(visitor), work)
    return _see(answer)


@router.post("/runs/{run_id}/pause")
def pause(run_id: str, served: Served, visitor: Operator, _: Form) -> RedirectResponse:
    """Calls in flight finish; resuming goes on with the same plan."""
    carry_out.pause_by(served.tools, run_id, visitor.actor)
    return _progress(run_id)


@router.post("/runs/{run_id}/resume")
def resume(run_id: str, served: Served, visitor: Operator, _: Form) -> RedirectResponse:
    """Go on with what is left of the same plan."""
    carry_out.go_on_with(
        served.tools, run_id, visitor.actor, states=carry_out.RESUMABLE,
        mapping=served.loaded.mapping_sha256,
    )  # fmt: skip
    return _progress(run_id)


@router.post("/runs/{run_id}/retry")
def retry(run_id: str, served: Served, visitor: Operator, _: Form) -> RedirectResponse:
    """Repeat what failed or was not attempted, and nothing else; or make reports that were given up."""
    redrive.retry(served.tools, run_id, visitor.actor, mapping=served.loaded.mapping_sha256)
    return _progress(run_id)


@router.get("/runs/{run_id}/cancel")
def ask_to_cancel(request: Request, run_id: str, served: Served, _: Operator) -> HTMLResponse:
    """What canceling would leave as it is, before anybody does it."""
    values = {
        "frame": run_frame(served.tools, run_id),
        "tab_name": "Cancel",
        "look": look_at_run(served.tools, run_id),
    }
    return show(request, "cancel.html.j2", values)


@router.post("/runs/{run_id}/cancel")
def cancel(run_id: str, served: Served, visitor: Operator, _: Form) -> RedirectResponse:
    """Calls in flight finish; what is left is not attempted, what was done stays done."""
    carry_out.cancel(served.tools, run_id, visitor.actor)
    return _progress(run_id)


@router.post("/runs/{run_id}/revert")
def revert(run_id: str, served: Served, visitor: Reviewer, sent: Form) -> RedirectResponse:
    """Have a run planned that takes this one back."""

    def work(uow: UnitOfWork) -> Answer:
        ordered = order_revert(
            served.tools, uow, run_id, actor=visitor.actor, trigger=TRIGGER,
            mapping_text=served.loaded.mapping_text_for(uow.runs.get(run_id).feed),
        )  # fmt: skip
        return _leads_to(f"/runs/{ordered.id}/apply")

    return _see(once(served.tools, sent.key(visitor), work)[0])


@router.post("/runs/{run_id}/plan-again")
def plan_again(run_id: str, served: Served, visitor: Operator, sent: Form) -> RedirectResponse:
    """Have the same file planned once more, or drift looked for once more."""

    def work(uow: UnitOfWork) -> Answer:
        ordered = _again(served, uow, uow.runs.get(run_id), visitor)
        return _leads_to(f"/runs/{ordered.id}/apply")

    return _see(once(served.tools, sent.key(visitor), work)[0])


def _again(served: Service, uow: UnitOfWork, run: Run, visitor: Visitor) -> Run:
    if run.mode is RunMode.DRIFT or run.upload_id is None:
        return order_drift(served.tools, uow, visitor.actor, TRIGGER)
    upload = uow.runs.upload(run.upload_id)
    order = Order(
        trigger=TRIGGER, mapping_text=served.loaded.mapping_text_for(run.feed), force=forced(run)
    )
    sender = Sender(actor=visitor.actor, name=run.file_name or upload.name, feed=run.feed)
    return order_run(served.tools, uow, upload, sender, order)


def _leads_to(address: str) -> Answer:
    return Answer(status=303, body={}, location=address)


def _see(answer: Answer) -> RedirectResponse:
    return RedirectResponse(answer.location or "/runs", 303)


def _progress(run_id: str) -> RedirectResponse:
    return RedirectResponse(f"/runs/{run_id}/apply", 303)
