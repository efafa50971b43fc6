"""What a run does to the quarantine of its governed feed: it opens records, and settles what it mended."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from shared.domain.audit import SYSTEM, AuditEntry, AuditVerb
from shared.domain.canonical import sha256
from shared.domain.feeds.record_row import Refused
from shared.domain.record import payload_hash
from shared.domain.remediation import (
    OPEN,
    Earlier,
    QuarantineEvent,
    QuarantineRecord,
    QuarantineState,
    ResubmissionOutcome,
    SetAside,
    due_on,
    quarantine_key,
    state_when_opened,
    stopping,
)
from shared.domain.run import FINAL, Run, RunState
from shared.domain.text import tidy
from shared.pipeline.quarantine_step import step
from shared.pipeline.resubmit import ATTEST
from shared.pipeline.tools import Tools, audit
from shared.ports.reader import DamagedRecord
from shared.ports.remediation import Happened, Opening, Resubmission
from shared.ports.unit_of_work import UnitOfWork

#: States in which a run has done what it will do, unless somebody retries.
_ENDED = FINAL | {RunState.APPLIED_WITH_ERRORS, RunState.CANCELED}


def set_aside(found: Refused | DamagedRecord) -> SetAside:
    """A row that was not taken; of a damaged region nothing it says is trusted."""
    if isinstance(found, DamagedRecord):
        return SetAside(
            row=found.row, line=found.line, last_line=found.last_line, source_id=None,
            values={"": sha256(found.raw)}, payload_hash=None, violations=found.violations,
        )  # fmt: skip
    unread = {v.column for v in found.violations} - found.payload.keys()
    written = {name for name, text in found.values.items() if tidy(text)}
    return SetAside(
        row=found.row, line=found.line, last_line=found.line, source_id=found.source_id,
        values=found.values, violations=found.violations,
        payload_hash=None if unread & written else payload_hash(found.payload),
    )  # fmt: skip


def only_source_ids(uow: UnitOfWork, run: Run) -> frozenset[str] | None:
    """The source ids a run may take rows of; None for all.

    A run ordered by an attestation reads an old file again: whatever else stands in it may have been
    overtaken by a newer one.
    """
    if run.trigger != ATTEST:
        return None
    return frozenset(r.source_id for r in uow.remediation.resubmissions(run.id) if r.source_id)


def open_quarantine(tools: Tools, uow: UnitOfWork, run: Run, rows: Iterable[SetAside]) -> None:
    """Store rows that were not taken; each source id has one open record, its newest."""
    found = list(rows)
    if not found:
        return
    known = uow.remediation.earlier(run, sorted({each.known_by for each in found}))
    openings = _openings(tools, run, found, known)
    uow.remediation.open(run.id, run.feed, openings)
    replaced = {e.id: e for e in known.values() if e.state in OPEN}
    uow.remediation.note(_events(run, openings, replaced))
    states = Counter(o.state.value for o in openings)
    codes = Counter(code for each in found for code in each.codes)
    audit(
        tools, uow, SYSTEM, AuditVerb.QUARANTINE_OPENED, of=("run", run.id), run_id=run.id,
        detail={
            "records": len(openings), "superseded": len(replaced),
            "regressed": states[QuarantineState.REGRESSED.value], "codes": dict(sorted(codes.items())),
        },
    )  # fmt: skip


def _openings(
    tools: Tools, run: Run, found: Iterable[SetAside], known: Mapping[str, Earlier]
) -> list[Opening]:
    """Of several rows of one source id each takes the place of the one before; the last is open."""
    openings: list[Opening] = []
    newest: dict[str, int] = {}
    due, feed = due_on(tools.today(), tools.due_days), tools.governed(run.feed)
    for each in found:
        earlier = known.get(each.known_by)
        waits = earlier is not None and earlier.state in OPEN
        before: Opening | Earlier | None = earlier
        if (at := newest.get(each.known_by)) is not None:
            before = openings[at] = replace(openings[at], state=QuarantineState.CLOSED)
        follows = before.idempotency_key if before else None
        newest[each.known_by] = len(openings)
        openings.append(
            Opening(
                id=tools.ids.new("qua"), found=each,
                state=state_when_opened(
                    stopping(feed, each.codes), earlier, run.upload_id or ""
                ),
                idempotency_key=quarantine_key(run.feed, each, follows),
                owner=earlier.owner if earlier and waits else None,
                due_on=earlier.due_on if earlier and waits else due,
                supersedes=before.id if before else None,
            )
        )  # fmt: skip
    return openings


def _events(
    run: Run, openings: Sequence[Opening], replaced: Mapping[str, Earlier]
) -> Iterable[Happened]:
    actor = str(SYSTEM)
    own = {each.id for each in openings}
    for each in openings:
        if each.supersedes in replaced or each.supersedes in own:
            yield Happened(
                quarantine_id=str(each.supersedes), actor=actor, detail=each.id,
                event=QuarantineEvent.SUPERSEDED,
            )  # fmt: skip
        yield Happened(
            quarantine_id=each.id, actor=actor, event=QuarantineEvent.OPENED, detail=run.id
        )


def settle_quarantine(tools: Tools, uow: UnitOfWork, run_id: str) -> None:
    """Resolve open records whose source ids a run that has ended applied, or found unchanged.

    What it was meant to mend and did not, goes back to what it was. May be called again, after a retry.
    """
    run = uow.runs.get(run_id)
    if run.state not in _ENDED:
        return
    resolved = uow.remediation.resolve(run.id)
    _note_resolved(tools, uow, run, resolved)
    outcomes: dict[str, ResubmissionOutcome] = {}
    for named in uow.remediation.resubmissions(run.id):
        if named.quarantine_id in resolved:
            outcomes[named.quarantine_id] = ResubmissionOutcome.RESOLVED
        elif named.outcome is not ResubmissionOutcome.RESOLVED:
            outcomes[named.quarantine_id] = _given_back(tools, uow, run, named)
    uow.remediation.set_outcomes(run.id, outcomes)


def _note_resolved(
    tools: Tools, uow: UnitOfWork, run: Run, resolved: Mapping[str, QuarantineState]
) -> None:
    """There may be as many as the file has rows."""
    uow.remediation.note(
        Happened(
            quarantine_id=id_, actor=str(SYSTEM), event=QuarantineEvent.RESOLVED, detail=run.id
        )
        for id_ in resolved
    )
    to, now = QuarantineState.RESOLVED.value, tools.clock.now()
    uow.audit.append(
        AuditEntry(
            at=now, actor=SYSTEM, verb=AuditVerb.QUARANTINE_RESOLVED, object_type="quarantine",
            object_id=id_, run_id=run.id, detail={"from": before.value, "to": to},
        )
        for id_, before in resolved.items()
    )  # fmt: skip


def _given_back(
    tools: Tools, uow: UnitOfWork, run: Run, named: Resubmission
) -> ResubmissionOutcome:
    """A record that the run was meant to mend and did not goes back; its timeline says why."""
    record = uow.remediation.get(named.quarantine_id, lock=True)
    outcome = _outcome(tools, uow, run, named, record)
    if record.resubmitted_run == run.id:
        why = f"{run.id} {outcome.value}"
        step(tools, uow, record, QuarantineEvent.RETURNED, actor=SYSTEM, detail=why)
    return outcome


def _outcome(
    tools: Tools, uow: UnitOfWork, run: Run, named: Resubmission, record: QuarantineRecord
) -> ResubmissionOutcome:
    newer = uow.remediation.get(named.superseded_by) if named.superseded_by else None
    if newer is not None and newer.run_id == run.id:
        same = set(record.codes) & set(stopping(tools.governed(run.feed), newer.codes))
        return ResubmissionOutcome.REGRESSED if same else ResubmissionOutcome.OTHER_CODES
    if run.input_sha256 is None or newer is not None or named.taken:
        return ResubmissionOutcome.NOT_APPLIED
    return ResubmissionOutcome.NOT_IN_FILE
