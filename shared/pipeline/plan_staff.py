"""The schedule of the staff feed: take its file and plan it, or plan the newest extract again."""

from datetime import datetime, timedelta

from shared.domain.audit import SYSTEM, AuditVerb
from shared.domain.errors import ConfigInvalid, Conflict, InputInvalid
from shared.domain.mapping import parse_mapping
from shared.domain.run import RunMode, Upload
from shared.pipeline.land import Order, Sender, forget_copy, keep_upload, order_run, take
from shared.pipeline.overdue import FEED, last_arrival
from shared.pipeline.slot import Rung, Timetable, open_slot
from shared.pipeline.tools import Tools, audit
from shared.ports.source import Source
from shared.ports.unit_of_work import UnitOfWork

JOB = "staff"
#: How long a slot waits for somebody who is still writing the file.
WAITS = timedelta(hours=1)
#: There is no file that could be refused.
_NO_FILE = frozenset({"source_missing", "source_unreadable", "unsettled"})


def plan_staff(tools: Tools, timetable: Timetable) -> Rung | None:
    """Plan the feed if a slot is due; None if none is, or another worker has it."""
    with tools.transactions.begin() as uow:
        due = open_slot(tools, uow, JOB, timetable.staff)
        arrived = last_arrival(uow, FEED)
    if due is None:
        return None
    try:
        order = _order(timetable)
        if timetable.source is None or not _is_new(timetable.source, arrived):
            return _plan_newest(tools, timetable, due, order)
        return _plan_file(tools, timetable, timetable.source, due, order)
    except Conflict as error:  # somebody is still writing it
        if tools.clock.now() < due + WAITS:
            return Rung(job=JOB, due=due, code=error.code)
        return _give_up(tools, timetable, due, code=error.code)
    except (InputInvalid, ConfigInvalid) as error:
        return _give_up(tools, timetable, due, code=error.code)


def _is_new(source: Source, arrived: datetime | None) -> bool:
    """Whether the file was written since one came last: an old one doesn't count as another arrival."""
    return arrived is None or source.modified_at() > arrived


def _order(timetable: Timetable) -> Order:
    text = timetable.mapping_text()
    parse_mapping(text)
    return Order(trigger="schedule", mapping_text=text, mode=RunMode.PLAN_AND_APPLY)


def _plan_file(
    tools: Tools, timetable: Timetable, source: Source, due: datetime, order: Order
) -> Rung | None:
    """The file is copied before the transaction; of two who copy it, the slot lets one go on."""
    with source.open() as stream:
        taken = take(tools, stream, FEED)
    sender = Sender(actor=SYSTEM, name=source.name, feed=FEED)
    rung = upload = None
    with tools.transactions.begin() as uow:
        if open_slot(tools, uow, JOB, timetable.staff) == due:
            upload = keep_upload(tools, uow, taken, sender)
            rung = _plan(tools, uow, upload, due, order)
    forget_copy(tools, taken, upload)
    return rung


def _plan_newest(tools: Tools, timetable: Timetable, due: datetime, order: Order) -> Rung | None:
    """Days go by: who leaves today stands in the extract that came a week ago."""
    with tools.transactions.begin() as uow:
        if open_slot(tools, uow, JOB, timetable.staff) != due:
            return None
        newest = uow.runs.newest_upload(FEED)
        if newest is None:
            uow.schedule.take(JOB, due)
            return Rung(job=JOB, due=due, code="no_extract")
        return _plan(tools, uow, newest, due, order)


def _plan(tools: Tools, uow: UnitOfWork, upload: Upload, due: datetime, order: Order) -> Rung:
    sender = Sender(actor=SYSTEM, name=upload.name, feed=upload.feed)
    run = order_run(tools, uow, upload, sender, order)
    uow.schedule.take(JOB, due)
    return Rung(job=JOB, due=due, run_id=run.id)


def _give_up(tools: Tools, timetable: Timetable, due: datetime, *, code: str) -> Rung | None:
    """The slot passes without a run; the audit says why, once."""
    verb = AuditVerb.EXTRACT_MISSED if code in _NO_FILE else AuditVerb.EXTRACT_REFUSED
    with tools.transactions.begin() as uow:
        if open_slot(tools, uow, JOB, timetable.staff) != due:
            return None
        audit(
            tools, uow, SYSTEM, verb, of=("feed", FEED),
            detail={"due": due.isoformat(), "code": code},
        )  # fmt: skip
        uow.schedule.take(JOB, due)
    return Rung(job=JOB, due=due, code=code)
