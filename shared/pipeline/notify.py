"""Tell people by mail of quarantined records: ids, codes and remedies, never what stands in a record."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.domain.audit import SYSTEM, Actor, AuditVerb
from shared.domain.catalogue import rule_of
from shared.domain.email_address import email_fault
from shared.domain.errors import ConfigInvalid, Conflict, MailFailed
from shared.domain.remediation import QuarantineEvent, QuarantineRecord
from shared.domain.text import masked_email, printable
from shared.pipeline.quarantine_step import locked, step
from shared.pipeline.slot import Rung, Timetable, open_slot
from shared.pipeline.tools import Tools, audit
from shared.ports.mail import Mail
from shared.ports.remediation import Happened

#: Name of the daily job, as the table `schedule` has it, and when it is due.
OVERDUE = "quarantine.overdue"
_DAILY = "0 7 * * *"
#: Records that a mail lists.
MOST_LISTED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of telling somebody."""

    ids: Sequence[str]
    #: Masked.
    to: str
    #: None if the mail server has it.
    failure: str | None


def notify(tools: Tools, ids: Sequence[str], actor: Actor, *, to: str | None = None) -> list[Told]:
    """Tell the owner of each record, or an address; a mail to each for all of theirs.

    The records wait for the source from now on, whatever the mail server says: it is said in the answer.

    Raises:
        NotFound: there is no such record.
        Conflict: nobody to tell, or a record waits for nobody any more. Nothing was written or sent.
    """
    by_address: dict[str, list[QuarantineRecord]] = {}
    with tools.transactions.begin() as uow:
        for record in locked(uow, ids):
            address = _address(record, to)
            masked = masked_email(address)
            changed = step(
                tools, uow, record, QuarantineEvent.NOTIFIED, actor=actor, detail=masked,
                told={"address": masked},
            )  # fmt: skip
            by_address.setdefault(address, []).append(changed)
    return [_tell(tools, address, records, actor) for address, records in by_address.items()]


def _address(record: QuarantineRecord, to: str | None) -> str:
    address = to or record.owner or ""
    if not email_fault(address):
        return address
    who = "That" if to else f"The owner of {record.id}" if record.owner else f"{record.id}: nobody"
    raise Conflict(
        f"{who} is no email address. Nothing was written or sent. Name one (--to ADDRESS), or assign the"
        " record to somebody whose user name is one.",
        code="address_missing",
    )


def _tell(tools: Tools, address: str, records: Sequence[QuarantineRecord], actor: Actor) -> Told:
    ids = [record.id for record in records]
    mail = Mail(to=[address], subject=_subject(tools, records), text=_text(tools, records))
    failure = _sent(tools, mail)
    event = QuarantineEvent.MAIL_FAILED if failure else QuarantineEvent.MAIL_SUBMITTED
    verb = AuditVerb.MAIL_FAILED if failure else AuditVerb.MAIL_SUBMITTED
    with tools.transactions.begin() as uow:
        uow.remediation.note(
            Happened(quarantine_id=id_, actor=str(actor), event=event, detail=failure or "")
            for id_ in ids
        )
        for id_ in ids:
            audit(
                tools,
                uow,
                actor,
                verb,
                of=("quarantine", id_),
                detail={"address": masked_email(address)},
            )
    return Told(ids=ids, to=masked_email(address), failure=failure)


def _sent(tools: Tools, mail: Mail) -> str | None:
    """Why it was not sent; None if it was."""
    if tools.mailer is None:
        return "no mail server is configured (mail.host)"
    try:
        tools.mailer.send(mail)
    except (MailFailed, ConfigInvalid) as error:  # its password may be missing
        return str(error)
    return None


def remind(tools: Tools, _: Timetable) -> Rung | None:
    """Tell `mail.to` once a day of records past their due date; the audit has each once."""
    with tools.transactions.begin() as uow:
        due = open_slot(tools, uow, OVERDUE, _DAILY)
        if due is None:
            return None
        uow.schedule.take(OVERDUE, due)
        late = uow.remediation.overdue(tools.today())
        newly = uow.remediation.mark_overdue(tools.today())
        uow.remediation.note(
            Happened(quarantine_id=id_, actor=str(SYSTEM), event=QuarantineEvent.OVERDUE)
            for id_ in newly
        )
        for id_ in newly:
            audit(tools, uow, SYSTEM, AuditVerb.QUARANTINE_ESCALATED, of=("quarantine", id_))
    if not late:
        return None
    subject = f"{_tag(tools)} DIGEST: {_counted(len(late))} past due"
    mail = Mail(to=tools.mail_to, subject=subject, text=_text(tools, late))
    failure = _sent(tools, mail) if tools.mail_to else "mail.to names nobody"
    return Rung(job=OVERDUE, due=due, code="mail_failed" if failure else None)


def _tag(tools: Tools) -> str:
    environment = "PROD" if tools.environment == "production" else tools.environment.upper()
    return f"[ASCIP Sync][{printable(environment)}]"


def _subject(tools: Tools, records: Sequence[QuarantineRecord]) -> str:
    codes = sorted({code for record in records for code in record.codes})
    more = f" and {len(codes) - 3} more" if len(codes) > 3 else ""
    listed = ", ".join(codes[:3]) + more
    return f"{_tag(tools)} ACTION NEEDED: {_counted(len(records))}: {listed}"


def _counted(number: int) -> str:
    return f"{number:,} quarantined record{'' if number == 1 else 's'}"


def _text(tools: Tools, records: Sequence[QuarantineRecord]) -> str:
    """Plain, at most about 40 lines."""
    wait = "waits" if len(records) == 1 else "wait"
    lines = [
        f"{_counted(len(records))} {wait} for a correction at the source. Nothing of them was stored.",
        "Who: whoever keeps the source   What: correct the records there, then send a file with them",
        "",
    ]
    for record in records[:MOST_LISTED]:
        lines += _lines(tools, record)
    if len(records) > MOST_LISTED:
        lines.append(f"and {len(records) - MOST_LISTED:,} more: ascip-sync quarantine list")
    lines += ["", *_remedies(records)]
    return "\n".join([*lines, "", f"{printable(tools.district)}, ASCIP Sync Engine", ""])


def _lines(tools: Tools, record: QuarantineRecord) -> Iterator[str]:
    source_id = f"  {printable(record.source_id)}" if record.source_id else ""
    yield f"- {record.feed}{source_id}: {', '.join(record.codes)}, due {record.due_on.isoformat()}"
    if tools.console_url:
        yield f"  {tools.console_url.rstrip('/')}/quarantine/{record.id}"
    else:
        yield f"  ascip-sync quarantine show {record.id}"


def _remedies(records: Sequence[QuarantineRecord]) -> Iterator[str]:
    codes = list(dict.fromkeys(code for record in records for code in record.codes))
    for code in codes[:MOST_LISTED]:
        if rule := rule_of(code):
            yield f"{code}: {rule.title}. {rule.remedy}"
