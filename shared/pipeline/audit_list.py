"""The audit for people: a page of it by what they look for, and as a file that can be checked anywhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.domain.audit import SYSTEM, Actor, ActorType, AuditVerb
from shared.pipeline.tools import Tools, audit
from shared.ports.audit_log import AuditFilter, AuditPage
from shared.ports.views import PageOf

#: What entries are about. An id alone is looked for in all of them: the index begins with the type.
OBJECT_TYPES = (
    "action", "audit", "drop", "feed", "key", "mail", "mapping", "notice", "path", "plan", "quarantine",
    "record", "run", "sync", "target", "upload", "user",
)  # fmt: skip
#: Entries read at a time for a file.
_PART = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditWish:
    """What somebody looks for, in their words; empty fields don't narrow."""

    #: A user, a key's id or `system`, with or without the kind before it.
    actor: str = ""
    verbs: Sequence[AuditVerb] = ()
    #: A type, an id, or both.
    object_type: str = ""
    object_id: str = ""
    run_id: str = ""
    #: Days in the district's time zone, both included.
    first: date | None = None
    last: date | None = None


def audit_page(tools: Tools, wish: AuditWish, page: PageOf) -> AuditPage:
    """Entries, newest first."""
    with tools.transactions.begin() as uow:
        return uow.audit.page(_filter(tools, wish), page)


def export_audit(tools: Tools, wish: AuditWish, actor: Actor) -> Iterator[str]:
    """Lines of an audit export (`audit verify`), in order, up to the entry that notes the export."""
    wanted = _filter(tools, wish)
    with tools.transactions.begin() as uow:
        audit(
            tools, uow, actor, AuditVerb.REPORT_EXPORTED, of=("audit", "audit"),
            detail={"narrowed": wish != AuditWish()},
        )  # fmt: skip
    with tools.transactions.begin() as uow:
        last = uow.audit.page(AuditFilter(), PageOf(limit=1)).newest
    return _lines(tools, wanted, last)


def _lines(tools: Tools, wanted: AuditFilter, last: int) -> Iterator[str]:
    """No transaction is open while somebody takes their time to read."""
    after = 0
    while True:
        with tools.transactions.begin() as uow:
            part = uow.audit.part(wanted, after=after, last=last, limit=_PART)
        if not part:
            return
        yield from (entry.line() for entry in part)
        after = part[-1].sequence


def _filter(tools: Tools, wish: AuditWish) -> AuditFilter:
    if wish.object_type:
        types: Sequence[str] = (wish.object_type,)
    else:
        types = OBJECT_TYPES if wish.object_id else ()
    return AuditFilter(
        actors=_actors(wish.actor), verbs=wish.verbs, object_types=types,
        object_id=wish.object_id or None, run_id=wish.run_id or None,
        since=_midnight(tools, wish.first), before=_midnight(tools, _next(wish.last)),
    )  # fmt: skip


def _actors(said: str) -> Sequence[str]:
    if not said or said == SYSTEM.name or said.partition(":")[0] in set(ActorType):
        return (said,) if said else ()
    return tuple(str(Actor(kind, said)) for kind in (ActorType.USER, ActorType.KEY))


def _next(day: date | None) -> date | None:
    return day + timedelta(days=1) if day and day < date.max else None


def _midnight(tools: Tools, day: date | None) -> datetime | None:
    return datetime.combine(day, time(), tzinfo=ZoneInfo(tools.policy.timezone)) if day else None
