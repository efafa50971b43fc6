"""An action as a row of its table, and back."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from shared.domain.action import (
    Action,
    ActionClass,
    ActionStatus,
    Change,
    HeldReason,
    Kind,
    Mark,
    NextVersion,
)
from shared.ports.plans import StoredAction
from shared.ports.target import Mismatch

COLUMNS = (
    "plan_id", "id", "position", "kind", "class", "person_key", "ascip_id", "group_id", "site",
    "marks", "fields", "match_rule", "hold", "status", "reason", "source_row", "email_masked",
    "depends_on", "names", "body", "hash",
)  # fmt: skip

#: One encoder for all rows: `json.dumps` would make one for each.
_encoded = json.JSONEncoder(ensure_ascii=False).encode


def action_row(plan_id: str, position: int, action: Action) -> tuple[object, ...]:
    """In the order of `COLUMNS`."""
    names = {
        change.path: [change.before_name, change.after_name]
        for change in action.changes
        if change.before_name or change.after_name
    }
    if action.group_name:
        names["group"] = [action.group_name, None]
    status = ActionStatus.HELD if action.hold else ActionStatus.PLANNED
    return (
        plan_id, action.id, position, action.kind.value, action.action_class.value,
        action.person_key, action.ascip_id, action.group_id, action.site,
        _array(action.marks), _array([change.path for change in action.changes]), action.match_rule,
        action.hold.value if action.hold else None, status.value, action.reason,
        action.source_row, action.email_masked, _array(action.depends_on),
        _encoded(names) if names else "{}",
        action.body_bytes.decode(), action.hash,
    )  # fmt: skip


def _version(pinned: Mapping[str, str | None] | None) -> NextVersion | None:
    """What an action on a governed record is pinned to."""
    if pinned is None:
        return None
    return NextVersion(idempotency_key=str(pinned["idempotency_key"]), follows=pinned["follows"])


def _names(named: list[str | None] | None) -> dict[str, str | None]:
    before, after = named or (None, None)
    return {"before_name": before, "after_name": after}


def stored_action(row: Row[Any]) -> StoredAction:
    """An action from its digested body; the envelope comes from the columns."""
    body = json.loads(row.body)
    person = body.get("person") or {"key": row.person_key, "ascip_id": None}
    names = row.names
    changes = tuple(
        Change(
            path=change["path"], before=change["before"], after=change["after"],
            hold=HeldReason(change["hold"]) if change["hold"] else None,
            **_names(names.get(change["path"])),
        )
        for change in body["changes"]
    )  # fmt: skip
    action = Action(
        kind=Kind(body["kind"]), action_class=ActionClass(body["class"]),
        person_key=person["key"], ascip_id=person["ascip_id"],
        group_id=body.get("group_id"), changes=changes, marks=tuple(map(Mark, body.get("marks", ()))),
        match_rule=body.get("match"), hold=HeldReason(body["hold"]) if body["hold"] else None,
        depends_on=tuple(body.get("depends_on", ())),
        version=_version(body.get("record")), reason=row.reason, source_row=row.source_row,
        email_masked=row.email_masked, site=row.site,
        group_name=names.get("group", (None,))[0],
    )  # fmt: skip
    # It was computed when the plan was made, and is needed wherever the action is told of.
    vars(action)["id"] = row.id
    return StoredAction(
        action=action, status=ActionStatus(row.status), ascip_id=row.ascip_id,
        attempts=row.attempts, outcome_code=row.outcome_code, settled=row.settled,
        intent_at=row.intent_at, outcome_at=row.outcome_at, verified_at=row.verified_at,
        mismatch=Mismatch(row.mismatch) if row.mismatch else None,
        holder_id=names.get("holder"),
    )  # fmt: skip


def _array(words: Sequence[str]) -> str:
    """A text array as PostgreSQL writes it; our words have no comma, brace or quote.

    The driver's own form of a list costs a plan of 100,000 actions a third of a second.
    """
    return "{" + ",".join(words) + "}"
