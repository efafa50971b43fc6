"""What the audit says of actions that reached an end: in the transaction that ends them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.domain.action import NextVersion
from shared.domain.audit import SYSTEM, AuditEntry, AuditVerb, pseudonym, value_mac
from shared.domain.canonical import Json
from shared.pipeline.tools import Tools
from shared.ports.plans import StoredAction
from shared.ports.unit_of_work import UnitOfWork


def audit_actions(
    tools: Tools, uow: UnitOfWork, run_id: str, plan_id: str, ended: Iterable[StoredAction]
) -> None:
    """One entry for each action: names of fields, HMACs of values or keys of versions, never values."""
    actions = list(ended)
    if not actions:
        return
    plan = uow.plans.get(plan_id)
    people = {each.action.person_key for each in actions if each.action.version is None}
    kept = uow.plans.secrets(people)
    secrets = {
        person_key: tools.keyring.bound(found.secret, found.key_id)
        for person_key, found in kept.items()
    }
    about = _About(
        at=tools.clock.now(), run_id=run_id, feed=str(plan.header["feed"]), digest=plan.digest
    )
    uow.audit.append(
        _of_record(about, stored, stored.action.version)
        if stored.action.version
        else _of_person(about, stored, secrets.get(stored.action.person_key))
        for stored in actions
    )


def require_keys(tools: Tools, uow: UnitOfWork, plan_id: str) -> None:
    """Before the first write: see that the audit will be able to speak of the plan's people.

    Raises:
        ConfigInvalid: `master_key_missing`.
    """
    for key_id in uow.plans.secret_keys(plan_id):
        tools.keyring.require(key_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    """What all entries of one transaction share."""

    at: datetime
    run_id: str
    feed: str
    digest: str


def _of_record(about: _About, stored: StoredAction, version: NextVersion) -> AuditEntry:
    """Of a governed record: its keys cover every value."""
    action = stored.action
    return AuditEntry(
        at=about.at, actor=SYSTEM, verb=AuditVerb.ACTION_FINISHED,
        object_type="record", object_id=f"{about.feed}/{action.person_key}",
        run_id=about.run_id, plan_digest=about.digest,
        detail={
            "action_id": action.id, "kind": action.kind.value, "class": action.action_class.value,
            "status": stored.status.value, "code": stored.outcome_code, "settled": stored.settled,
            "fields": [change.path for change in action.changes],
            "idempotency_key": version.idempotency_key, "follows": version.follows,
        },
    )  # fmt: skip


def _of_person(about: _About, stored: StoredAction, secret: bytes | None) -> AuditEntry:
    action = stored.action
    before: Json = {change.path: change.before for change in action.sent}
    after: Json = {change.path: change.after for change in action.sent}
    return AuditEntry(
        at=about.at, actor=SYSTEM, verb=AuditVerb.ACTION_FINISHED,
        object_type="action", object_id=action.id, run_id=about.run_id, plan_digest=about.digest,
        subject=pseudonym(secret, action.person_key) if secret else None,
        before=value_mac(secret, before) if secret and action.sent else None,
        after=value_mac(secret, after) if secret and action.sent else None,
        detail={
            "kind": action.kind.value, "class": action.action_class.value,
            "status": stored.status.value, "code": stored.outcome_code, "settled": stored.settled,
            "fields": [change.path for change in action.sent], "ascip_id": stored.ascip_id,
            "holder_id": stored.holder_id, "group_id": action.group_id, "hash": action.hash,
        },
    )  # fmt: skip
