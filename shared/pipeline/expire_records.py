"""Retention of governed records: versions that are no longer in force go when their time is over."""

from datetime import timedelta

from shared.domain.audit import SYSTEM, AuditVerb
from shared.pipeline.tools import Tools, audit
from shared.ports.unit_of_work import UnitOfWork


def expire_records(tools: Tools, uow: UnitOfWork) -> dict[str, int]:
    """Delete what every feed keeps no longer; how many versions of each. The audit has the counts."""
    expired = {}
    for name, feed in tools.feeds.items():
        days = tools.policy.retention.get(name, feed.retention_days)
        before = tools.today() - timedelta(days=days)
        expired[name] = uow.records.expire(name, dated_by=feed.dated_by, before=before)
        if expired[name]:
            audit(
                tools, uow, SYSTEM, AuditVerb.RECORDS_EXPIRED, of=("feed", name),
                detail={"versions": expired[name], "before": before.isoformat(), "days": days},
            )  # fmt: skip
    return expired
