"""Runs whose plan waits for people go stale by themselves: when it expires, when ASCIP has changed."""

from shared.domain.run import Run, RunState
from shared.domain.stale import StaleReason
from shared.pipeline.finish import go_stale
from shared.pipeline.slot import Rung, Timetable
from shared.pipeline.staleness import expiry_words, reading_words
from shared.pipeline.tools import Tools
from shared.ports.unit_of_work import UnitOfWork

#: Name of the job; it has no slots, since each plan has a time of its own.
EXPIRY = "expiry"
_BEGUN = frozenset({RunState.APPLIED_WITH_ERRORS, RunState.CANCELED})


def expire_plans(tools: Tools, _: Timetable) -> Rung | None:
    """End what nobody can approve, apply or retry any more: its time is over."""
    with tools.transactions.begin() as uow:
        over = uow.freshness.expired()
    for run_id, _at in over:
        _expire(tools, run_id)
    return Rung(job=EXPIRY, due=over[0][1], code="expired") if over else None


def _expire(tools: Tools, run_id: str) -> None:
    """In a transaction of its own: nobody who locks two runs in another order waits for this."""
    with tools.transactions.begin() as uow:
        run = uow.runs.get(run_id, lock=True)
        plan = uow.plans.of_run(run_id)
        # Somebody may have discarded it, or begun a retry, while this waited for the lock.
        if plan is not None and run_id in dict(uow.freshness.expired()):
            why = f"its plan {expiry_words(tools, plan)}; {_left(run)}"
            go_stale(tools, uow, run, StaleReason.EXPIRED, why=why)


def stale_by_reading(tools: Tools, uow: UnitOfWork, feed: str) -> None:
    """ASCIP was read again without a new plan to approve: end what waits with people who differ."""
    for run_id in uow.runs.waiting(feed):
        run = uow.runs.get(run_id, lock=True)
        plan = uow.plans.of_run(run_id)
        reading = uow.freshness.read_otherwise(plan.id) if plan else None
        if reading is not None:
            why = f"{reading_words(tools, reading)}; {_left(run)}"
            go_stale(tools, uow, run, StaleReason.PEOPLE, why=why)


def _left(run: Run) -> str:
    if run.state in _BEGUN:
        return "what failed or was left of it comes back with the next plan"
    return "nothing of it was written"
