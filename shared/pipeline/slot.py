"""What every scheduled job works with: the timetable, its slot, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.domain.schedule import due_slot
from shared.pipeline.tools import Tools
from shared.ports.source import Source
from shared.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """What the district wants done by the clock, apart from what its policy says."""

    #: When the staff feed is planned, as a cron expression; empty for never.
    staff: str
    #: The file to take then; None plans the newest extract again.
    source: Source | None
    #: The mapping file as it is now. Raises `ConfigInvalid`.
    mapping_text: Callable[[], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A slot that was worked on, or is waited for: the run that came of it, or why there is none."""

    job: str
    due: datetime
    run_id: str | None = None
    #: None if all went as the timetable wants it.
    code: str | None = None


def open_slot(tools: Tools, uow: UnitOfWork, job: str, cron: str) -> datetime | None:
    """The slot of a job that is due, locked until the end of the transaction.

    None if there is none, or somebody else is at it. Of several missed slots it is the newest. A job
    that is seen for the first time has missed nothing; one without an expression is never seen.
    """
    if not cron:
        return None
    now = tools.clock.now()
    since = uow.schedule.since(job, first=now)
    if since is None:
        return None
    return due_slot(cron, ZoneInfo(tools.policy.timezone), since=since, now=now)
