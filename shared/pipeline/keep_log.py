"""Keep what a worker logged of a run, for its archive."""

from collections.abc import Sequence
from datetime import timedelta

from shared.pipeline.tools import Tools
from shared.ports.unit_of_work import UnitOfWork

#: Lines are wanted again while a run can be retried, which ends with its plan.
_KEPT = timedelta(days=30)


def keep_log(tools: Tools, run_id: str, lines: Sequence[str]) -> None:
    """Append them to what is kept of the run."""
    if lines:
        with tools.transactions.begin() as uow:
            uow.run_log.keep(run_id, lines)


def expire_log(tools: Tools, uow: UnitOfWork) -> None:
    """Forget lines of runs that ended long ago."""
    uow.run_log.expire(before=tools.clock.now() - _KEPT)
