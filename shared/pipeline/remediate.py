"""What a person does about quarantined records of governed feeds: assign, comment, close, attest."""

from collections.abc import Sequence
from dataclasses import replace

from shared.domain.access import USER_NAME
from shared.domain.audit import Actor, ActorType
from shared.domain.canonical import sha256
from shared.domain.errors import Conflict
from shared.domain.remediation import (
    Attestation,
    QuarantineEvent,
    QuarantineRecord,
    needs_attesting,
)
from shared.pipeline.land import Sender
from shared.pipeline.quarantine_step import locked, require_step, step
from shared.pipeline.resubmit import ATTEST, send_again
from shared.pipeline.tools import Tools
from shared.ports.unit_of_work import UnitOfWork

_E = QuarantineEvent


def assign(tools: Tools, ids: Sequence[str], owner: str, actor: Actor) -> list[QuarantineRecord]:
    """Give records to somebody: all of them or, if one can't be, none.

    Raises:
        NotFound: there is no such record.
        Conflict: nobody can be called that, or a record waits for nobody any more. Nothing was written.
    """
    if not USER_NAME.fullmatch(owner):
        raise Conflict(
            "A user's name is 1 to 64 letters, digits and . _ - @. Nothing was written.",
            code="user_name_invalid",
        )
    with tools.transactions.begin() as uow:
        return [
            step(
                tools, uow, replace(record, owner=owner), _E.ASSIGNED, actor=actor, detail=owner,
                told={"owner": owner},
            )
            for record in locked(uow, ids)
        ]  # fmt: skip


def comment(tools: Tools, record_id: str, words: str, actor: Actor) -> QuarantineRecord:
    """Write something down; at any time. Raises `NotFound`, `Conflict` if nothing was said."""
    words = _said(words, "comment")
    with tools.transactions.begin() as uow:
        (record,) = locked(uow, [record_id])
        told = {"words_sha256": sha256(words.encode())}
        return step(tools, uow, record, _E.COMMENTED, actor=actor, detail=words, told=told)


def close(tools: Tools, record_id: str, reason: str, actor: Actor) -> QuarantineRecord:
    """Close a record that nobody will mend. It comes back only with its source id.

    Raises:
        NotFound: there is no such record.
        Conflict: there is no reason, or it is closed or resolved. Nothing was written.
    """
    reason = _said(reason, "reason")
    with tools.transactions.begin() as uow:
        (record,) = locked(uow, [record_id])
        told = {"reason_sha256": sha256(reason.encode())}
        closed = replace(record, closed_reason=reason) if not record.closed_reason else record
        return step(tools, uow, closed, _E.CLOSED, actor=actor, detail=reason, told=told)


def attest(tools: Tools, record_id: str, code: str, reason: str, actor: Actor) -> QuarantineRecord:
    """Confirm that a record may say exactly this, against one rule that lets a person do so.

    With the last confirmation it needs, a run over its file is ordered, for this record alone.

    Raises:
        NotFound: there is no such record.
        Conflict: the rule can't be confirmed or was, the record says something else that is wrong,
            there is no reason, or four eyes. Nothing was written.
    """
    reason = _said(reason, "reason")
    if actor.type is not ActorType.USER:
        raise Conflict(
            "A person attests, with a personal key or on the command line. Nothing was written.",
            code="person_needed",
        )
    with tools.transactions.begin() as uow:
        (record,) = locked(uow, [record_id])
        require_step(record, _E.ATTESTED)
        needed = _attestable(tools, record, code)
        _confirm(tools, uow, record, code, reason=reason, actor=actor)
        told = {"code": code, "reason_sha256": sha256(reason.encode())}
        record = step(
            tools, uow, record, _E.ATTESTED, actor=actor, detail=f"{code}: {reason}", told=told
        )
        if needed <= {each.code for each in uow.remediation.attested(record)}:
            upload = uow.runs.upload(record.upload_id)
            sender = Sender(actor=actor, name=record.file_name or upload.name)
            send_again(tools, uow, [record], upload, sender=sender, trigger=ATTEST)
        return uow.remediation.get(record.id)


def _attestable(tools: Tools, record: QuarantineRecord, code: str) -> set[str]:
    """Every code of a record that has to be confirmed."""
    may, must_be_mended = needs_attesting(tools.governed(record.feed), record.codes)
    if code not in may:
        raise Conflict(
            f"{code} is nothing of record {record.id} that a person can confirm. Nothing was"
            " written. Have it mended at the source, then resubmit it.",
            code="not_attestable",
        )
    if must_be_mended or record.source_id is None or record.payload_hash is None:
        others = f" breaks {', '.join(must_be_mended)}, which" if must_be_mended else ""
        raise Conflict(
            f"Record {record.id} also{others or ' holds values that'} only the source can mend."
            " Nothing was written. Have it mended, then resubmit it.",
            code="not_attestable",
        )
    return set(may)


def _confirm(
    tools: Tools, uow: UnitOfWork, record: QuarantineRecord, code: str, *, reason: str, actor: Actor
) -> None:
    four_eyes = tools.policy.approval.four_eyes
    if four_eyes and str(actor) in uow.remediation.landed_by(record):
        raise Conflict(
            "You sent this record in, and this installation wants two persons (approval.four_eyes)."
            " Nothing was written. Ask somebody else of compliance.",
            code="four_eyes",
        )
    attestation = Attestation(
        quarantine_id=record.id, feed=record.feed, source_id=record.source_id or "",
        payload_hash=record.payload_hash or "", code=code, actor=str(actor), reason=reason,
        at=tools.clock.now(),
    )  # fmt: skip
    if not uow.remediation.attest(attestation, four_eyes=four_eyes):
        raise Conflict(
            f"{code} was confirmed for exactly this record before. Nothing was written. The next"
            " file that has it takes it; so does a resubmission of this one.",
            code="already_attested",
        )


def _said(words: str, what: str) -> str:
    """What somebody wrote. Raises `Conflict` if that is nothing."""
    if not (said := words.strip()):
        raise Conflict(f"There is no {what}. Nothing was written. Give one.", code="reason_missing")
    return said
