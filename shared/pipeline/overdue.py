"""Whether a feed's file should have come by now; for the schedule, health and metrics."""

from datetime import datetime
from zoneinfo import ZoneInfo

from shared.domain.schedule import missed_due
from shared.pipeline.tools import Tools
from shared.ports.unit_of_work import UnitOfWork

FEED = "staff"


def overdue(tools: Tools, uow: UnitOfWork) -> datetime | None:
    """The due time (UTC) that the staff feed has missed, None while it is in time."""
    policy = tools.policy
    return missed_due(
        policy.staff.expected,
        ZoneInfo(policy.timezone),
        arrived=last_arrival(uow, FEED),
        now=tools.clock.now(),
    )


def last_arrival(uow: UnitOfWork, feed: str) -> datetime | None:
    """When a file of the feed came last: the same bytes once more count, planning again doesn't."""
    newest = uow.runs.newest_upload(feed)
    return newest.received_at if newest else None
