"""Shadow mode: end the run of every extract as soon as it is planned, and look back on them."""

from shared.domain.audit import SYSTEM
from shared.domain.errors import Conflict
from shared.domain.run import Run, RunMode, RunState
from shared.domain.shadow import SHADOW, ShadowReview
from shared.pipeline.overdue import FEED
from shared.pipeline.tools import Tools, move
from shared.ports.plans import StoredPlan
from shared.ports.shelf import Filed, Shelf
from shared.ports.unit_of_work import UnitOfWork

#: People listed by name; the page counts all of them.
MOST_LISTED = 200


def in_shadow(tools: Tools) -> bool:
    """Whether every extract is planned and nothing can be applied."""
    return tools.policy.approval.mode == "shadow"


def planned_in_shadow(tools: Tools, run: Run) -> bool:
    """Whether a run's plan is for looking at alone; drift runs have an end of their own."""
    return in_shadow(tools) and run.mode is not RunMode.DRIFT


def is_first_run(uow: UnitOfWork, feed: str, *, shadow: bool) -> bool:
    """Whether nothing was applied before; in shadow mode, where nothing ever is, nothing planned."""
    if shadow and uow.runs.was_shadowed(feed):
        return False
    return uow.runs.last_success(feed) is None


def end_shadow(tools: Tools, uow: UnitOfWork, run: Run, *, plan_id: str, planned: int) -> None:
    """Whatever was planned is kept to be looked at; nobody can approve it.

    Without a change it is no success either: it must not make the first real run a second one.
    """
    uow.plans.leave_out(plan_id)
    count = "1 change" if planned == 1 else f"{planned:,} changes" if planned else "no change"
    move(
        tools, uow, run, RunState.DISCARDED, actor=SYSTEM, reason=SHADOW,
        detail=f"shadow mode: {count} planned, none can be approved or applied",
    )  # fmt: skip


def require_real(run: Run, plan: StoredPlan) -> None:
    """Refuse to decide or apply what was planned in shadow mode.

    Raises:
        Conflict: it was. Nothing was written.
    """
    if run.reason == SHADOW:
        raise Conflict(
            f"Plan {plan.id} was made in shadow mode, so nothing of it can be approved or applied."
            " Nothing was written. Set approval.mode to another word, then plan again.",
            code="wrong_state",
        )


def look_at_shadow(tools: Tools, days: int) -> ShadowReview:
    """What would have happened in the last days, had every plan been applied."""
    with tools.transactions.begin() as uow:
        return uow.views.shadow(FEED, days=days, most=MOST_LISTED)


def write_shadow(tools: Tools, review: ShadowReview, shelf: Shelf, name: str) -> Filed:
    """The same as a page that needs nothing else. Raises `StorageFull`."""
    return tools.reports.write_shadow(
        shelf, name, review, district=tools.district, environment=tools.environment,
        generated_at=tools.clock.now(),
    )  # fmt: skip
