"""Confirm the state of a governed record: a person has looked at exactly this version."""

from shared.domain.audit import Actor, ActorType, AuditVerb
from shared.domain.errors import Conflict
from shared.domain.record import RecordVersion
from shared.pipeline.look_up_records import history_in
from shared.pipeline.tools import Tools, audit
from shared.ports.unit_of_work import UnitOfWork


def review_record(
    tools: Tools, named: tuple[str, str, int], *, actor: Actor, reason: str
) -> RecordVersion:
    """Mark a version as reviewed; ``named`` is (feed, source id, number of the version).

    Raises:
        NotFound: there is no such feed or record.
        Conflict: another version is in force, it was reviewed before or needs no review, there is no
            reason, or a program asks. Nothing was written.
    """
    with tools.transactions.begin() as uow:
        return review_record_in(tools, uow, named, actor=actor, reason=reason)


def review_record_in(
    tools: Tools, uow: UnitOfWork, named: tuple[str, str, int], *, actor: Actor, reason: str
) -> RecordVersion:
    """`review_record` in a transaction that is under way."""
    feed, source_id, number = named
    if actor.type is not ActorType.USER:
        raise Conflict(
            "A person reviews, with a personal key or on the command line. Nothing was written.",
            code="person_needed",
        )
    if not reason.strip():
        raise Conflict("There is no reason. Nothing was written. Give one.", code="reason_missing")
    newest = history_in(tools, uow, feed, source_id)[-1]
    if newest.version != number:
        raise Conflict(
            f"Version {newest.version} is in force by now, not {number}. Nothing was written."
            " Look at that one, then review it.",
            code="version_changed",
        )
    if not uow.records.review(newest.idempotency_key, str(actor), reason.strip()):
        raise Conflict(
            "This version was reviewed before, or its feed has nothing to review."
            " Nothing was written.",
            code="nothing_to_review",
        )
    audit(
        tools, uow, actor, AuditVerb.RECORD_REVIEWED, of=("record", f"{feed}/{source_id}"),
        detail={"version": number, "idempotency_key": newest.idempotency_key},
    )  # fmt: skip
    return uow.records.versions(feed, source_id)[-1]
