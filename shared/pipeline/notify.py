"""Tell people by mail of quarantined records: ids, codes and remedies, never what stands in a record."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.domain.audit import Actor, AuditVerb
from shared.domain.catalogue import rule_of
from shared.domain.email_address import email_fault
from shared.domain.errors import ConfigInvalid, Conflict, MailFailed
from shared.domain.notice import Word
from shared.domain.remediation import QuarantineEvent, QuarantineRecord
from shared.domain.text import masked_email, printable
from shared.pipeline.letter import Letter, Section, link, mail_of
from shared.pipeline.quarantine_step import locked, step
from shared.pipeline.tools import Tools, audit
from shared.ports.mail import Mail
from shared.ports.remediation import Happened

#: Records that a mail lists, and faults whose remedy it tells: two lines each at the most.
MOST_LISTED = 8
_MOST_REMEDIES = 4


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
    mail = mail_of(tools, _letter(tools, records), [address])
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


def _letter(tools: Tools, records: Sequence[QuarantineRecord]) -> Letter:
    codes = sorted({code for record in records for code in record.codes})
    more = f" and {len(codes) - 3} more" if len(codes) > 3 else ""
    wait = "waits" if len(records) == 1 else "wait"
    return Letter(
        word=Word.ACTION_NEEDED, about=f"{counted(len(records))}: {', '.join(codes[:3])}{more}",
        verdict=f"{counted(len(records))} {wait} for a correction at the source. Nothing of them was stored.",
        ask=["Who: whoever keeps the source", "What: correct the records there, then send a file with them"],
        sections=list(record_sections(tools, records)),
        why="You get this because somebody asked that you be told; it comes once.",
    )  # fmt: skip


def counted(number: int) -> str:
    """So many quarantined records in words."""
    return f"{number:,} quarantined record{'' if number == 1 else 's'}"


def record_sections(tools: Tools, records: Sequence[QuarantineRecord]) -> Iterator[Section]:
    """Which records, and what is to be done about their faults."""
    lines = [line for record in records[:MOST_LISTED] for line in _lines(tools, record)]
    if len(records) > MOST_LISTED:
        lines.append(f"and {len(records) - MOST_LISTED:,} more: ascip-sync quarantine list")
    yield Section(title="Records", lines=lines)
    if remedies := list(_remedies(records)):
        yield Section(title="What to do", lines=remedies)


def _lines(tools: Tools, record: QuarantineRecord) -> Iterator[str]:
    source_id = f"  {printable(record.source_id)}" if record.source_id else ""
    yield f"{record.feed}{source_id}: {', '.join(record.codes)}, due {record.due_on.isoformat()}"
    yield link(tools, f"quarantine/{record.id}", f"quarantine show {record.id}")


def _remedies(records: Sequence[QuarantineRecord]) -> Iterator[str]:
    codes = list(dict.fromkeys(code for record in records for code in record.codes))
    for code in codes[:_MOST_REMEDIES]:
        if rule := rule_of(code):
            yield f"{code}: {rule.title}. {rule.remedy}"
