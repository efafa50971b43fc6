"""One step of a quarantined record: its state, its timeline and the audit in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from shared.domain.audit import Actor, AuditVerb
from shared.domain.canonical import Json
from shared.domain.errors import Conflict
from shared.domain.remediation import QuarantineEvent, QuarantineRecord, QuarantineState, after
from shared.pipeline.tools import Tools, audit
from shared.ports.remediation import Happened
from shared.ports.unit_of_work import UnitOfWork

_ENDED = frozenset({QuarantineState.RESOLVED, QuarantineState.CLOSED})


def locked(uow: UnitOfWork, ids: Sequence[str]) -> list[QuarantineRecord]:
    """Records, in the order in which everybody locks them. Raises `NotFound`."""
    return [uow.remediation.get(id_, lock=True) for id_ in sorted(set(ids))]


def require_step(record: QuarantineRecord, event: QuarantineEvent) -> QuarantineState:
    """The state after an event. Raises `Conflict` if the record doesn't take it."""
    state = after(record.state, event, record.state_before)
    if state is None:
        place = f" {record.superseded_by} took its place." if record.superseded_by else ""
        raise Conflict(
            f"Record {record.id} is {record.state.value}: it can't be {event.value} now.{place}"
            " Nothing was written.",
            code="wrong_state",
        )
    return state


def step(
    tools: Tools,
    uow: UnitOfWork,
    record: QuarantineRecord,
    event: QuarantineEvent,
    *,
    actor: Actor,
    detail: str = "",
    told: Mapping[str, Json] | None = None,
) -> QuarantineRecord:
    """Take a step with a record that was read with a lock.

    Args:
        tools: the ports. ``uow``: the transaction.
        record: as it is to be stored, but for its state.
        event: what happens. ``actor``: who does it.
        detail: for the timeline; may hold what somebody wrote.
        told: for the audit; ids, codes and hashes, never what somebody wrote.

    Raises:
        Conflict: a record in its state doesn't take it. Nothing was written.
    """
    state = require_step(record, event)
    changed = replace(
        record,
        state=state,
        closed_at=tools.clock.now()
        if state in _ENDED and not record.closed_at
        else record.closed_at,
    )
    if state is not QuarantineState.RESUBMITTED:
        changed = replace(changed, resubmitted_run=None, state_before=None)
    uow.remediation.save(changed)
    uow.remediation.note(
        [Happened(quarantine_id=record.id, actor=str(actor), event=event, detail=detail)]
    )
    audit(
        tools, uow, actor, AuditVerb(f"quarantine.{event.value}"), of=("quarantine", record.id),
        run_id=changed.resubmitted_run or changed.resolved_run or record.run_id,
        detail={"from": record.state.value, "to": state.value, **(told or {})},
    )  # fmt: skip
    return changed
