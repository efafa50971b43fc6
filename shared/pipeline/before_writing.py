"""What is looked at once more before the first call: switch, calendar, every gate over what was approved."""

from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from shared.domain.action import ActionClass
from shared.domain.errors import Conflict
from shared.domain.gates import Counts, Gate, judge_again, unreleased
from shared.domain.run import Run, TargetName
from shared.domain.school_calendar import WindowPolicy, window_of
from shared.pipeline.sync_switch import require_active
from shared.pipeline.tools import Tools
from shared.ports.plans import StoredPlan
from shared.ports.unit_of_work import UnitOfWork


def require_open(tools: Tools, uow: UnitOfWork, run: Run, plan: StoredPlan) -> None:
    """Refuse to write while syncing is paused, or on a day on which the calendar has ASCIP left alone.

    Raises:
        Conflict: `sync_paused`, `calendar`. Nothing was written.
    """
    require_active(tools, uow, f"Plan {plan.id}")
    if (why := _closed_by(tools, run, plan)) is not None:
        raise Conflict(f"Plan {plan.id} {why}", code="calendar")


def is_open(tools: Tools, uow: UnitOfWork, run: Run, plan: StoredPlan) -> bool:
    """Whether a plan may be applied now."""
    return uow.sync_switch.paused() is None and _closed_by(tools, run, plan) is None


def _closed_by(tools: Tools, run: Run, plan: StoredPlan) -> str | None:
    """Why the calendar lets nothing of a plan be written today, None if it does.

    A plan that was made in the same `adds_only` window holds all the rest already.
    """
    window = window_of(tools.policy.calendar, tools.today())
    if window is None or run.target is not TargetName.ASCIP:
        return None
    until = f"Nothing was written. The window ends on {window.last}"
    if window.policy is WindowPolicy.PAUSE:
        return f"can't be applied now: the calendar pauses syncing. {until}; apply it then, or plan again."
    as_of = date.fromisoformat(str(plan.header["as_of"]))
    if window.first <= as_of:
        return None
    return (
        "was made before a window of the calendar in which people are only added."
        f" {until}; plan again for the adds, or apply it then."
    )


def require_within_limits(uow: UnitOfWork, plan: StoredPlan) -> None:
    """Judge every gate over what is about to be applied.

    What was held can't be approved without a release, so none should be over its limit here. If one is,
    nobody has looked at that number.

    Raises:
        Conflict: `over_limit`: no release names what a tripped gate holds. Nothing was written.
    """
    counts = uow.plans.approved_counts(plan.id)
    review = uow.plans.review_of(plan.id)
    releases = cast("list[Mapping[str, Any]]", review.body["releases"]) if review else []
    released = {ActionClass(str(release["class"])) for release in releases}
    if over := unreleased(_judged(plan, counts), counts, released):
        told = ", ".join(f"{gate.name} ({gate.value:,}, limit {gate.limit:,})" for gate in over)
        raise Conflict(
            f"What is approved of plan {plan.id} is over a limit that nobody released: {told}."
            " Nothing was written. Plan again, and release what is right.",
            code="over_limit",
        )


def gates_now(tools: Tools, plan_id: str) -> list[Gate]:
    """The gates of a plan as applying it would judge them now. Raises `NotFound`."""
    with tools.transactions.begin() as uow:
        plan = uow.plans.get(plan_id)
        return _judged(plan, uow.plans.approved_counts(plan.id))


def _judged(plan: StoredPlan, counts: Counts) -> list[Gate]:
    return judge_again(plan.gates, counts)
