"""The sync switch: pause all syncing, and resume it. Runs wait meanwhile and go on by themselves."""

from collections.abc import Sequence
from datetime import datetime

from shared.domain.audit import Actor, AuditVerb
from shared.domain.canonical import sha256
from shared.domain.errors import Conflict
from shared.domain.run import SYNC_PAUSED, Run, RunState
from shared.domain.sync_switch import SyncPause
from shared.pipeline.tools import Tools, audit
from shared.ports.unit_of_work import UnitOfWork
from shared.ports.views import PageOf, RunFilter

#: Of a reason, in characters.
LONGEST = 500
#: What is later can be kept, but not read again in every time zone: each page would fail on it.
_LAST_YEAR = 9000
#: Of pauses that people look at.
_MOST = 20


def sync_state(tools: Tools) -> SyncPause | None:
    """The pause that holds, None while syncing is active."""
    with tools.transactions.begin() as uow:
        return uow.sync_switch.paused()


def pauses(tools: Tools) -> Sequence[SyncPause]:
    """The last pauses, newest first."""
    with tools.transactions.begin() as uow:
        return uow.sync_switch.history(_MOST)


def applying(tools: Tools) -> Sequence[Run]:
    """Runs that a pause leaves alone: they were applying before it."""
    wanted = RunFilter(states=(RunState.APPLYING,))
    with tools.transactions.begin() as uow:
        return [view.run for view in uow.views.runs(wanted, PageOf(limit=10)).items]


def pause_syncing(
    tools: Tools, uow: UnitOfWork, actor: Actor, *, reason: str, until: datetime | None
) -> None:
    """Let every run wait from now on that hasn't begun; a pause that holds is replaced.

    Raises:
        Conflict: there is no reason, or ``until`` is past, or too far. Nothing was changed.
    """
    if not reason.strip() or len(reason) > LONGEST:
        raise Conflict(
            f"Say in at most {LONGEST} characters why syncing is paused. Nothing was changed.",
            code="reason_missing",
        )
    if until is not None and until.year > _LAST_YEAR:
        raise Conflict(
            f"No pause ends after the year {_LAST_YEAR}. Nothing was changed."
            " Name a nearer time, or none to resume by hand.",
            code="until_past",
        )
    if not uow.sync_switch.pause(by=str(actor), reason=reason.strip(), until=until):
        raise Conflict(
            "The pause would have ended already. Nothing was changed."
            " Name a time to come, or none to resume by hand.",
            code="until_past",
        )
    _look_now(uow)
    audit(
        tools, uow, actor, AuditVerb.SYNC_PAUSED, of=("sync", "switch"),
        detail={
            "until": until.isoformat() if until else None,
            "reason_sha256": sha256(reason.strip().encode()),
        },
    )  # fmt: skip


def resume_syncing(tools: Tools, actor: Actor) -> None:
    """End the pause, and let what waits have its turn at once; repeating it is no error."""
    with tools.transactions.begin() as uow:
        if uow.sync_switch.end(by=str(actor)):
            _look_now(uow)
            audit(tools, uow, actor, AuditVerb.SYNC_RESUMED, of=("sync", "switch"))


def require_active(tools: Tools, uow: UnitOfWork, what: str) -> None:
    """Refuse to begin something in a pause.

    Raises:
        Conflict: `sync_paused`. Nothing was written.
    """
    if pause := uow.sync_switch.paused():
        raise Conflict(
            f"{what} can't be applied now: syncing is paused by {pause.paused_by}"
            f" {pause.until_words(tools.policy.timezone)}. Nothing was written."
            " Apply it then, or resume syncing in the console under Settings.",
            code="sync_paused",
        )


def _look_now(uow: UnitOfWork) -> None:
    """What waits is told how long, or goes on."""
    uow.work.bring_forward(SYNC_PAUSED)
