"""Drift: read ASCIP and compare it with what was applied last. It shows; nothing is ever applied."""

from datetime import date

from shared.domain.audit import SYSTEM, Actor
from shared.domain.errors import Conflict
from shared.domain.plan import Plan
from shared.domain.run import Run, RunMode, RunState
from shared.pipeline.land import Order, Sender, order_run
from shared.pipeline.overdue import FEED
from shared.pipeline.tools import Tools, move
from shared.ports.unit_of_work import UnitOfWork


def look_for_drift(tools: Tools, actor: Actor, trigger: str) -> str:
    """Queue a drift run; its id. Raises as `order_drift`."""
    with tools.transactions.begin() as uow:
        return order_drift(tools, uow, actor, trigger).id


def order_drift(tools: Tools, uow: UnitOfWork, actor: Actor, trigger: str) -> Run:
    """Queue a drift run over the extract and the mapping of the last success.

    Raises:
        Conflict: nothing was applied yet, so there is nothing to compare with. Nothing was written.
    """
    last = _last_success(uow, FEED)
    upload = uow.runs.upload(last.upload_id or "")
    sender = Sender(actor=actor, name=last.file_name or upload.name, feed=last.feed)
    mapping_text = uow.mappings.body(last.mapping_sha256)
    order = Order(trigger=trigger, mapping_text=mapping_text, mode=RunMode.DRIFT)
    return order_run(tools, uow, upload, sender, order)


def begin_drift(uow: UnitOfWork, run: Run) -> None:
    """At its turn: compare with what is applied by now, which may be newer than what was ordered."""
    uow.runs.set_base(run.id, _last_success(uow, run.feed))


def applied_then(uow: UnitOfWork, run: Run) -> tuple[date | None, bool]:
    """The day whose state a drift run expects, and whether removals were only reported by then.

    Who has left since that day, and who a first run only listed, is no drift.
    """
    last = _last_success(uow, run.feed)
    plan = uow.plans.of_run(last.id)
    return last.as_of, bool(plan and plan.facts["first_run"])


def end_drift(tools: Tools, uow: UnitOfWork, run: Run, plan: Plan, *, plan_id: str) -> None:
    """What differs is kept to be looked at; nobody can approve it."""
    if not plan.actions:
        move(tools, uow, run, RunState.NO_CHANGES, actor=SYSTEM)
        return
    uow.plans.leave_out(plan_id)
    count = len({action.person_key for action in plan.actions})
    undone = _taken_back(uow, run)
    who = "1 person differs" if count == 1 else f"{count:,} people differ"
    move(
        tools, uow, run, RunState.DISCARDED, actor=SYSTEM, reason="drift",
        detail=f"{who} from what was applied{undone}; plan the newest extract to bring them back",
    )  # fmt: skip


def _taken_back(uow: UnitOfWork, run: Run) -> str:
    """What took some of the compared run back, in words: that is no drift of somebody else's."""
    reverts = uow.reversals.of(_last_success(uow, run.feed).id)
    done = [each.run_id for each in reverts if uow.reversals.anything_done(each.run_id)]
    return f" ({', '.join(done)} has taken some of it back)" if done else ""


def _last_success(uow: UnitOfWork, feed: str) -> Run:
    last = uow.runs.last_success(feed)
    if last is None:
        raise Conflict(
            "Nothing was applied yet, so ASCIP can't differ from it. Nothing was started."
            " Plan and apply an extract first.",
            code="nothing_applied",
        )
    return last
