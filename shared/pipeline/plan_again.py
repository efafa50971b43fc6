"""Plan the file of an earlier run once more, also if nothing has changed since."""

from shared.domain.audit import Actor
from shared.domain.errors import Conflict
from shared.domain.run import Run
from shared.pipeline.land import Order, Sender, order_run
from shared.pipeline.tools import Tools
from shared.ports.unit_of_work import UnitOfWork


def order_again(tools: Tools, uow: UnitOfWork, run_id: str, order: Order, *, actor: Actor) -> Run:
    """A new queued run of the same file, with the mapping as it is now.

    Raises:
        ConfigInvalid: the mapping can't be used.
        Conflict: the run has no file of its own.
        NotFound: there is no such run.
    """
    before = uow.runs.get(run_id)
    if before.upload_id is None:
        raise Conflict(
            f"Run {run_id} has no file of its own that could be planned again. Nothing was started.",
            code="wrong_state",
        )
    upload = uow.runs.upload(before.upload_id)
    sender = Sender(actor=actor, name=before.file_name or upload.name, feed=before.feed)
    return order_run(tools, uow, upload, sender, order)
