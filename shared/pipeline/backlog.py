"""Refuse new runs while more wait for the workers than they will soon get to."""

from shared.domain.errors import Conflict
from shared.ports.unit_of_work import UnitOfWork

#: A target takes one run at a time, of some minutes each: a hundred are the work of a night. What waits
#: for a person, a date or the end of a pause isn't counted: no worker would be quicker.
MOST_WAITING = 100


def require_room(uow: UnitOfWork) -> None:
    """Before a run is made, and before a file is copied for one.

    Raises:
        Conflict: `too_many_runs`. Nothing was written; the file is taken when there are fewer.
    """
    waiting = uow.state.runs_ahead()
    if waiting >= MOST_WAITING:
        raise Conflict(
            f"{waiting} runs wait for their turn or are worked on; from {MOST_WAITING} on no more are taken."
            " Nothing was written. Send it again in a minute. If they don't become fewer, see in `/health`"
            " whether workers work (`worker:progress`); or cancel runs nobody needs: `ascip-sync cancel`.",
            code="too_many_runs",
        )
