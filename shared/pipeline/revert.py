"""Order that a run be taken back: a run of its own, whose plan is reviewed and applied like any other."""

from shared.domain.audit import Actor
from shared.domain.errors import Conflict
from shared.domain.run import Run, RunMode, RunState
from shared.pipeline.land import Order, queue_run, require_governing
from shared.pipeline.shadow import in_shadow
from shared.pipeline.tools import Tools
from shared.ports.unit_of_work import UnitOfWork

#: States in which a run has written all that it will write, unless somebody retries.
_DONE = frozenset(
    {
        RunState.NO_CHANGES,
        RunState.SKIPPED_UNCHANGED,
        RunState.REJECTED_INPUT,
        RunState.DISCARDED,
        RunState.APPLIED,
        RunState.APPLIED_WITH_ERRORS,
        RunState.CANCELED,
        RunState.STALE,
        RunState.FAILED,
    }
)


def revert(tools: Tools, run_id: str, actor: Actor, *, trigger: str, mapping_text: str) -> str:
    """Queue a run that takes another one back; its id. Raises as `order_revert`."""
    with tools.transactions.begin() as uow:
        return order_revert(
            tools, uow, run_id, actor=actor, trigger=trigger, mapping_text=mapping_text
        ).id


def order_revert(
    tools: Tools, uow: UnitOfWork, run_id: str, *, actor: Actor, trigger: str, mapping_text: str
) -> Run:
    """Queue a run that takes another one back, under the configuration and the mapping of now.

    Raises:
        Conflict: the run goes on, it wrote nothing, or everything is only planned. Nothing was started.
        ConfigInvalid: the mapping can't be used.
        NotFound: there is no such run.
    """
    undone = uow.runs.get(run_id)
    _require_revertible(tools, uow, undone)
    order = Order(trigger=trigger, mapping_text=mapping_text)
    governing = require_governing(tools, undone.feed, order)
    run = Run(
        id=tools.ids.new("run"), feed=undone.feed, target=undone.target, upload_id=None,
        mode=RunMode.REVERT, force=False, trigger=trigger, actor=str(actor), state=RunState.QUEUED,
        engine_version=tools.engine_version, mapping_sha256=governing.sha256,
        config_sha256=tools.config_sha256, reverts=undone.id,
    )  # fmt: skip
    queue_run(tools, uow, run, governing, mapping_text=mapping_text, actor=actor)
    return run


def _require_revertible(tools: Tools, uow: UnitOfWork, run: Run) -> None:
    if in_shadow(tools):
        raise Conflict(
            "In shadow mode nothing is applied, so nothing can be taken back. Nothing was started."
            " Set approval.mode to another word first.",
            code="wrong_state",
        )
    if run.state not in _DONE:
        raise Conflict(
            f"Run {run.id} is {run.state.value}. Nothing was started. Only what has come to its end can"
            " be taken back; one that applies can be canceled first.",
            code="wrong_state",
        )
    if not uow.reversals.anything_done(run.id):
        raise Conflict(
            f"Run {run.id} has written nothing, so there is nothing to take back. Nothing was started.",
            code="nothing_to_revert",
        )
