"""What the metronome asks for, again and again: look what is due by the clock, and do it once."""

from collections.abc import Callable

from shared.domain.audit import SYSTEM, AuditVerb
from shared.domain.errors import Conflict
from shared.domain.notice import Topic
from shared.pipeline.digest import order_digest
from shared.pipeline.drift import order_drift
from shared.pipeline.expire_records import expire_records
from shared.pipeline.export_actions import expire_exports
from shared.pipeline.go_stale import expire_plans
from shared.pipeline.keep_log import expire_log
from shared.pipeline.once import KEPT
from shared.pipeline.overdue import FEED, last_arrival, overdue
from shared.pipeline.plan_staff import plan_staff
from shared.pipeline.slot import Rung, Timetable, open_slot
from shared.pipeline.tell import tell_by_the_clock
from shared.pipeline.tools import Tools, audit

#: Names of the jobs, as the table `schedule` has them.
DRIFT, EXPECTED, HOUSEKEEPING = "drift", "expected.staff", "housekeeping"
RETENTION = "retention"
_HOURLY, _DAILY = "0 * * * *", "30 2 * * *"


def tick(tools: Tools, timetable: Timetable) -> list[Rung]:
    """Do what is due; returns the slots that were worked on.

    However often and from wherever it is called, a slot is taken once: its row is locked in the
    transaction of its effect.

    Raises:
        ConfigInvalid: `schema_differs`; nothing was looked at.
        ExceptionGroup: what went wrong in single jobs; the others were done, the slots of these stay due.
    """
    with tools.transactions.begin() as uow:
        uow.work.require_schema()
    done: list[Rung] = []
    errors: list[Exception] = []
    for job in _JOBS:
        try:
            rung = job(tools, timetable)
        except Exception as error:  # noqa: BLE001  # one job that fails must not keep the others waiting
            errors.append(error)
        else:
            done += [rung] if rung else []
    if errors:
        raise ExceptionGroup("scheduled jobs failed", errors)
    return done


def _look_for_drift(tools: Tools, _: Timetable) -> Rung | None:
    with tools.transactions.begin() as uow:
        due = open_slot(tools, uow, DRIFT, tools.policy.drift.schedule)
        if due is None:
            return None
        uow.schedule.take(DRIFT, due)
        try:
            run = order_drift(tools, uow, SYSTEM, "schedule")
        except Conflict as error:  # nothing was applied yet
            return Rung(job=DRIFT, due=due, code=error.code)
        return Rung(job=DRIFT, due=due, run_id=run.id)


def _look_for_missing_file(tools: Tools, _: Timetable) -> Rung | None:
    """Audit and mail have each due time that was missed once; health shows it while it lasts."""
    with tools.transactions.begin() as uow:
        due, arrived = overdue(tools, uow), last_arrival(uow, FEED)
        if due is None or arrived is None:
            return None
        since = uow.schedule.since(EXPECTED, first=arrived)
        if since is None or due <= since:
            return None
        audit(
            tools, uow, SYSTEM, AuditVerb.EXTRACT_MISSED, of=("feed", FEED),
            detail={"due": due.isoformat()},
        )  # fmt: skip
        uow.schedule.take(EXPECTED, due)
        if tools.mailer is not None:
            uow.notices.add(Topic.NO_FILE, FEED, stage=due.isoformat(), at=tools.clock.now())
        return Rung(job=EXPECTED, due=due, code="overdue")


def _keep_house(tools: Tools, _: Timetable) -> Rung | None:
    with tools.transactions.begin() as uow:
        due = open_slot(tools, uow, HOUSEKEEPING, _HOURLY)
        if due is None:
            return None
        uow.access.forget_requests(before=tools.clock.now() - KEPT)
        uow.accounts.forget_sessions()
        expired = expire_exports(tools, uow)
        known = uow.runs.locations() | uow.exports.locations()
        uow.schedule.take(HOUSEKEEPING, due)
    for location in expired:
        tools.vault.remove(location)
    tools.vault.sweep(known)
    return Rung(job=HOUSEKEEPING, due=due)


def _expire(tools: Tools, _: Timetable) -> Rung | None:
    with tools.transactions.begin() as uow:
        due = open_slot(tools, uow, RETENTION, _DAILY)
        if due is None:
            return None
        expire_records(tools, uow)
        expire_log(tools, uow)
        uow.schedule.take(RETENTION, due)
        return Rung(job=RETENTION, due=due)


_JOBS: tuple[Callable[[Tools, Timetable], Rung | None], ...] = (
    plan_staff,
    expire_plans,
    _look_for_drift,
    _look_for_missing_file,
    order_digest,
    _keep_house,
    _expire,
    # The last: what the others found is told at once.
    tell_by_the_clock,
)
