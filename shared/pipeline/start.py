"""Give a queued run its turn: one run per target, and none where nothing has changed."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import cast
from zoneinfo import ZoneInfo

from shared.domain.audit import SYSTEM
from shared.domain.canonical import words
from shared.domain.run import (
    CALENDAR,
    SYNC_PAUSED,
    Phase,
    Run,
    RunMode,
    RunState,
    TargetName,
)
from shared.domain.school_calendar import WindowPolicy, calendar_edges, window_of
from shared.domain.work import NewWork, WorkItem, WorkKind
from shared.pipeline.drift import begin_drift
from shared.pipeline.finish import supersede
from shared.pipeline.tools import Tools, move
from shared.ports.unit_of_work import UnitOfWork

#: How often a waiting run asks for the target again, in seconds.
ASK_AGAIN_S = 2.0
#: How often a run that waits for the calendar or the sync switch is looked at, in seconds.
LOOK_AGAIN_S = 3600.0


def start(tools: Tools, item: WorkItem) -> None:
    """Take the target's lock and begin to validate; skip a file whose bytes were applied already.

    A run that waited while a newer extract was planned is out of date before it began.
    """
    with tools.transactions.begin() as uow:
        uow.work.renew(item)
        run = uow.runs.get(item.run_id, lock=True)
        if run.state is not RunState.QUEUED:
            uow.work.finish(item)
            return
        if _is_put_off(tools, uow, run, item):
            return
        owner = uow.runs.take_lock(run.target, run.id)
        if owner is not None:
            uow.runs.set_state(
                run.id,
                RunState.QUEUED,
                reason="locked",
                detail=f"{run.target} is in use by {owner}",
            )
            uow.work.postpone(item, delay_s=ASK_AGAIN_S, error="locked")
            return
        if run.mode is RunMode.DRIFT:
            begin_drift(uow, run)
        elif run.mode is not RunMode.REVERT and _ends_unread(tools, uow, run):
            uow.work.finish(item)
            return
        move(tools, uow, run, RunState.VALIDATING, actor=SYSTEM, phase=Phase.VALIDATE)
        uow.work.add(run.id, [NewWork(kind=WorkKind.VALIDATE, chunk={})])
        uow.work.finish(item)


def _is_put_off(tools: Tools, uow: UnitOfWork, run: Run, item: WorkItem) -> bool:
    """Let a run wait while somebody has paused syncing, or the calendar keeps it from ASCIP.

    When that has ended the newest extract goes first: what waited behind it is superseded then, or has
    its turn if the newer one turns out to be no good.
    """
    if pause := uow.sync_switch.paused(lock=True):
        told = pause.until_words(tools.policy.timezone)
        detail = f"syncing is paused by {pause.paused_by} {told}; it goes on by itself then"
        _put_off(uow, run, item, reason=SYNC_PAUSED, left_s=pause.left_s, detail=detail)
        return True
    if run.target is not TargetName.ASCIP or run.mode is RunMode.DRIFT:
        return False
    window = window_of(tools.policy.calendar, tools.today())
    if window is not None and window.policy is WindowPolicy.PAUSE:
        left_s = _seconds_until(tools, window.over)
        detail = f"syncing is paused until {window.last}; it goes on by itself on {window.over}"
    elif run.is_put_off and (newer := uow.runs.newer_in_queue(run.id)):
        left_s, detail = ASK_AGAIN_S, f"{newer} has a newer extract and goes first"
    else:
        return False
    _put_off(uow, run, item, reason=CALENDAR, left_s=left_s, detail=detail)
    return True


def _put_off(
    uow: UnitOfWork, run: Run, item: WorkItem, *, reason: str, left_s: float | None, detail: str
) -> None:
    """Looked at again before its time: nobody should wait for a calendar that was changed meanwhile."""
    uow.runs.wait(run.id, delay_s=left_s, reason=reason, detail=detail)
    look_s = LOOK_AGAIN_S if left_s is None else min(left_s, LOOK_AGAIN_S)
    uow.work.postpone(item, delay_s=max(look_s, 0), error=reason)


def _seconds_until(tools: Tools, day: date) -> float:
    midnight = datetime.combine(day, time(), tzinfo=ZoneInfo(tools.policy.timezone))
    return (midnight - tools.clock.now()).total_seconds()


def _ends_unread(tools: Tools, uow: UnitOfWork, run: Run) -> bool:
    # What a governed file says is not said by a newer one: absence means nothing there.
    newer = uow.runs.overtaken_by(run.id) if run.target is TargetName.ASCIP else None
    if newer:
        supersede(tools, uow, run, by=newer, left="it was never read")
        return True
    upload = uow.runs.upload(run.upload_id or "")
    return skip_if_unchanged(tools, uow, run, upload_sha256=upload.sha256)


def skip_if_unchanged(
    tools: Tools, uow: UnitOfWork, run: Run, *, upload_sha256: str | None = None
) -> bool:
    """End the run `skipped_unchanged` where the last success already says all of it.

    Not with ``force``, not to look for drift, not if the last complete read of the target is too old,
    and not if an edge lies in (last `as_of`, today]: from that day on the same file may ask for something
    else.
    """
    if run.force or run.mode is RunMode.DRIFT:
        return False
    last = uow.runs.unchanged_since(run, upload_sha256=upload_sha256)
    if last is None or last.as_of is None:
        return False
    age_s = uow.runs.complete_read_age_s(run.target)
    if age_s is None or age_s > timedelta(days=tools.policy.drift.max_age_days).total_seconds():
        return False
    today = tools.today()
    edges = chain(_edges(uow, last), calendar_edges(tools.policy.calendar))
    if any(last.as_of < edge <= today for edge in edges):
        return False
    if upload_sha256 is not None:
        # The same bytes under the same rules: reading them would count what it counted then.
        uow.runs.set_input(
            run.id, input_sha256=last.input_sha256 or "", counts=last.counts, unverified={}
        )
    uow.work.add(run.id, [NewWork(kind=WorkKind.REPORT, chunk={})])
    move(
        tools, uow, run, RunState.SKIPPED_UNCHANGED, actor=SYSTEM,
        reason="unchanged", detail=f"unchanged since {last.id}",
    )  # fmt: skip
    return True


def _edges(uow: UnitOfWork, last: Run) -> Iterator[date]:
    """Days from which on the same extract may ask for something else."""
    # `end_date` is the last working day, so its holder is absent from the day after.
    for end_date in words(last.counts.get("end_dates")):
        yield date.fromisoformat(end_date) + timedelta(days=1)
    if plan := uow.plans.of_run(last.id):
        # A plan that an older release stored names no end of a grace.
        ends = cast("Mapping[str, int]", plan.facts.get("grace_ends", {}))
        yield from map(date.fromisoformat, ends)
