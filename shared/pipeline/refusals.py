"""Whoever asks for what may not be done with a plan is refused, and the audit says so."""

from collections.abc import Iterator
from contextlib import contextmanager

from shared.domain.audit import Actor, AuditVerb
from shared.domain.canonical import Json
from shared.domain.errors import Conflict, NotFound
from shared.domain.stale import Stale
from shared.pipeline.tools import Tools, audit
from shared.ports.plans import StoredPlan
from shared.ports.unit_of_work import UnitOfWork

#: What is asked of a plan besides a decision.
APPLY = "apply"
#: These speak of a request, whatever it asks for.
_OF_REQUESTS = "idempotency_"


@contextmanager
def refusals_noted(tools: Tools, plan_or_run_id: str, asked: str, actor: Actor) -> Iterator[None]:
    """Note a refusal once the transaction that met it is undone; it is raised on.

    Not to be entered within a transaction: what it notes is to stay.
    """
    try:
        yield
    except Conflict as error:
        if not error.code.startswith(_OF_REQUESTS):
            with tools.transactions.begin() as uow:
                note_refusal(tools, uow, plan_or_run_id, actor, {"asked": asked, **_why(error)})
        raise


def note_refusal(
    tools: Tools, uow: UnitOfWork, plan_or_run_id: str, actor: Actor, detail: dict[str, Json]
) -> None:
    """Write into the audit who was refused what of a plan, if there is one."""
    if (plan := _plan_of(uow, plan_or_run_id)) is not None:
        audit(
            tools, uow, actor, AuditVerb.PLAN_REFUSED, of=("plan", plan.id), run_id=plan.run_id,
            plan_digest=plan.digest, detail=detail,
        )  # fmt: skip


def _plan_of(uow: UnitOfWork, plan_or_run_id: str) -> StoredPlan | None:
    if plan_or_run_id.startswith("run_"):
        return uow.plans.of_run(plan_or_run_id)
    try:
        return uow.plans.get(plan_or_run_id)
    except NotFound:
        return None


def _why(error: Conflict) -> dict[str, Json]:
    reason = error.reason.value if isinstance(error, Stale) else None
    return {"code": error.code, "reason": reason}
