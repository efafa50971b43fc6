"""Send quarantined records in again: a mended file as a new landing, or what a person has confirmed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import BinaryIO

from shared.domain.errors import Conflict
from shared.domain.remediation import QuarantineEvent, QuarantineRecord
from shared.domain.run import Run, Upload
from shared.pipeline.land import Order, Sender, forget_copy, keep_upload, order_run, take
from shared.pipeline.quarantine_step import locked, require_step, step
from shared.pipeline.staleness import is_fresh
from shared.pipeline.tools import Tools
from shared.ports.unit_of_work import UnitOfWork

#: Triggers of runs that are meant for certain records.
RESUBMISSION, ATTEST = "resubmission", "attest"


def feed_of(uow: UnitOfWork, ids: Sequence[str]) -> str:
    """The one feed of records that one file is to mend.

    Raises:
        NotFound: there is no such record.
        Conflict: they are of several feeds, or one doesn't wait for a file any more. Nothing was written.
    """
    return _one_feed([uow.remediation.get(id_) for id_ in ids])


def _one_feed(records: Sequence[QuarantineRecord]) -> str:
    for record in records:
        require_step(record, QuarantineEvent.RESUBMITTED)
    feeds = sorted({record.feed for record in records})
    if len(feeds) != 1:
        raise Conflict(
            f"These records are of {len(feeds)} feeds, a file is of one. Nothing was written."
            " Send a file for each.",
            code="several_feeds",
        )
    return feeds[0]


def resubmit_file(tools: Tools, ids: Sequence[str], source: BinaryIO, sender: Sender) -> str:
    """Land a file that mends records; returns the run's id.

    The same file again, while its run is under way, is that run.

    Raises:
        NotFound: there is no such record.
        Conflict: see `feed_of`.
        InputInvalid: the file is empty.
    """
    with tools.transactions.begin() as uow:
        sender = replace(sender, feed=feed_of(uow, ids))
    taken = take(tools, source, sender.feed)
    kept = None
    try:
        with tools.transactions.begin() as uow:
            upload = keep_upload(tools, uow, taken, sender)
            run = resubmit(tools, uow, ids, upload, sender)
        kept = upload
    finally:
        forget_copy(tools, taken, kept)
    return run.id


def resubmit(
    tools: Tools, uow: UnitOfWork, ids: Sequence[str], upload: Upload, sender: Sender
) -> Run:
    """Order the run of a landed file that mends records."""
    records = locked(uow, ids)
    _one_feed(records)
    if (under_way := _under_way(tools, uow, records, upload)) is not None:
        return under_way
    return send_again(tools, uow, records, upload, sender=sender, trigger=RESUBMISSION)


def _under_way(
    tools: Tools, uow: UnitOfWork, records: Sequence[QuarantineRecord], upload: Upload
) -> Run | None:
    """The run that these records were sent in with before, by this very file, if it still goes on.

    One whose plan can't be applied any more doesn't.
    """
    runs = {record.resubmitted_run for record in records}
    if len(runs) != 1 or None in runs:
        return None
    run = uow.runs.get(str(runs.pop()))
    plan = uow.plans.of_run(run.id)
    goes_on = plan is None or is_fresh(tools, uow, run, plan)
    return run if run.upload_id == upload.id and goes_on else None


def send_again(
    tools: Tools,
    uow: UnitOfWork,
    records: Sequence[QuarantineRecord],
    upload: Upload,
    *,
    sender: Sender,
    trigger: str,
) -> Run:
    """A run meant for these records; it goes through plan and approval like any other."""
    order = Order(trigger=trigger, force=True)
    run = order_run(tools, uow, upload, replace(sender, feed=upload.feed), order)
    uow.remediation.resubmit(run.id, records)
    for record in records:
        before = record.state_before or record.state
        changed = replace(record, resubmitted_run=run.id, state_before=before)
        step(
            tools, uow, changed, QuarantineEvent.RESUBMITTED, actor=sender.actor, detail=run.id,
            told={"trigger": trigger},
        )  # fmt: skip
    return run
