"""The last steps of an explanation: what differs, and what came of it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import cast

from shared.domain.action import (
    MEMBERSHIPS,
    Action,
    ActionStatus,
    Change,
    HeldReason,
    Kind,
)  # fmt: skip
from shared.domain.canonical import Json
from shared.domain.explanation import CALLS, Step, StepName, StepStatus
from shared.domain.gates import Gate
from shared.domain.text import masked_email
from shared.pipeline.documents import moment
from shared.pipeline.explain_ground import MASKED, Ground, step
from shared.ports.plans import StoredAction

_S = StepStatus


def diff_step(ground: Ground) -> Step:
    """What would have to change so that ASCIP is as the row says."""
    actions = [stored.action for stored in ground.trace.actions]
    names = cast("dict[str, str]", ground.plan.facts.get("buckets", {})) if ground.plan else {}
    stays = _stays(ground, actions)
    detail: dict[str, Json] = {
        "changes": [_change(change) for action in actions for change in action.changes],
        "joins": _groups(actions, Kind.JOIN), "leaves": _groups(actions, Kind.LEAVE),
        "stays_in": [{"id": id_, "name": name} for id_, name in stays],
    }  # fmt: skip
    words = [sentence for action in actions for sentence in _action_words(action, names)]
    if stays:
        told = ", ".join(f"{name} ({id_})" for id_, name in stays)
        why = (
            "a file of changes may lack rows of other sites" if ground.delta
            else "a row that was not taken or is held may speak of them, so nothing is taken from them"
        )  # fmt: skip
        words.append(f"Stays in {told}, which no row of theirs names: {why}.")
    if not words:
        return step(StepName.DIFF, *_nothing(ground), detail)
    held = stays or any(change.hold for action in actions for change in action.changes)
    return step(StepName.DIFF, _S.WARNING if held else _S.SUCCESS, words, detail)


def _nothing(ground: Ground) -> tuple[StepStatus, list[str]]:
    row = ground.row
    if row and row.hold is HeldReason.IDENTITY_CONFLICT:
        return _S.SKIPPED, ["There is nobody to compare with."]
    if row and row.hold is HeldReason.UNMAPPED_SITE:
        return _S.WARNING, ["No field differs; groups are left alone while a site is not mapped."]
    if row and not ground.left and ground.plan:
        return _S.SUCCESS, ["Nothing differs: ASCIP is as the row says."]
    return _S.SKIPPED, ["There is nothing to compare."]


def _stays(ground: Ground, actions: Sequence[Action]) -> list[tuple[int, str]]:
    """Managed groups that no row names and no action leaves."""
    record, person, mapping = ground.record, ground.person, ground.mapping
    if not (record and person and mapping) or ground.left or (ground.row and ground.row.hold):
        return []
    wanted = {
        mapping.district.id,
        *(mapping.sites[c].id for c in record.site_codes if c in mapping.sites),
    }
    leaving = {action.group_id for action in actions if action.kind is Kind.LEAVE}
    here = set(person.group_ids) & mapping.managed_groups.keys()
    return [(id_, mapping.managed_groups[id_]) for id_ in sorted(here - wanted - leaving)]


def _action_words(action: Action, buckets: dict[str, str]) -> Iterator[str]:
    match action.kind:
        case Kind.JOIN:
            yield f"Joins {action.group_name} ({action.group_id})."
        case Kind.LEAVE:
            yield f"Leaves {action.group_name} ({action.group_id})."
        case Kind.ADD:
            values = f", with {len(action.sent)} values" if action.changes else ""
            yield f"Is added{values}."
            yield from (_change_words(c, buckets) for c in action.changes if c.hold)
        case Kind.UPDATE:
            yield from (_change_words(change, buckets) for change in action.changes)
        case Kind.REACTIVATE:
            yield "Is reactivated: inactive in ASCIP, in the file again."
        case Kind.DEACTIVATE:
            yield f"Is deactivated: {action.reason}."
        case Kind.RETIRE:
            yield "Is retired: the row's own status says so."


def _change_words(change: Change, buckets: dict[str, str]) -> str:
    told, (kind, _, id_) = _change(change), change.path.partition(".")
    name = f"bucket {buckets[id_]!r}" if kind == "buckets" and id_ in buckets else change.path
    before, after = (told[f"{end}_name"] or told[end] for end in ("before", "after"))
    held = f", held: {change.hold.value}" if change.hold else ""
    return f"{name}: {_quoted(before)} becomes {_quoted(after)}{held}."


def _quoted(value: Json) -> str:
    return "nothing" if value is None else repr(str(value))


def _change(change: Change) -> dict[str, Json]:
    before, after = change.before, change.after
    if change.path in MASKED:
        before = masked_email(str(before)) if before is not None else None
        after = masked_email(str(after)) if after is not None else None
    return {
        "path": change.path, "before": before, "after": after, "before_name": change.before_name,
        "after_name": change.after_name, "hold": change.hold.value if change.hold else None,
    }  # fmt: skip


def _groups(actions: Sequence[Action], kind: Kind) -> Json:
    return [{"id": a.group_id, "name": a.group_name} for a in actions if a.kind is kind]


_BAD = frozenset({ActionStatus.FAILED, ActionStatus.CONFLICT, ActionStatus.UNKNOWN})
_LEFT_OUT = frozenset({ActionStatus.HELD, ActionStatus.NOT_APPROVED, ActionStatus.NOT_ATTEMPTED})


def action_step(ground: Ground) -> Step:
    """Limits, review, the call and what came of it, of each action."""
    done, row = ground.trace.actions, ground.row
    words = [*_reviewed(ground, done), *(_became(stored, ground) for stored in done)]
    detail: dict[str, Json] = {"actions": [_action(stored, ground) for stored in done]}
    if row and row.hold and row.hold not in {stored.action.hold for stored in done}:
        words.append(f"The row is held: {row.hold.value}, {row.hold_detail}.")
        detail["hold"] = row.hold.value
        return step(StepName.ACTION, _S.WARNING, words, detail)
    statuses = {stored.status for stored in done}
    if not done:
        return step(StepName.ACTION, _S.SKIPPED, ["There is no action."], detail)
    if statuses & _BAD or any(stored.mismatch for stored in done):
        return step(StepName.ACTION, _S.FAILURE, words, detail)
    return step(StepName.ACTION, _S.WARNING if statuses & _LEFT_OUT else _S.SUCCESS, words, detail)


def _reviewed(ground: Ground, done: Sequence[StoredAction]) -> Iterator[str]:
    if (review := ground.review) and done:
        verb = review.decision.done.capitalize()
        yield f"{verb} by {review.actor} on {_time(review.decided_at)}."


def _became(stored: StoredAction, ground: Ground) -> str:
    action = stored.action
    what = action.kind.value
    if action.kind in MEMBERSHIPS:
        what += f" {action.group_name or action.group_id}"
    match stored.status:
        case ActionStatus.HELD:
            return f"{what}: held, {_hold(action, ground)}."
        case ActionStatus.NOT_APPROVED:
            return (
                f"{what}: left out by the review." if ground.review else f"{what}: never approved."
            )
        case ActionStatus.PLANNED:
            return f"{what}: waits ({ground.run.next.actor}, {ground.run.next.step})."
        case ActionStatus.NOT_ATTEMPTED:
            return f"{what}: not attempted, the run ended before its turn."
        case _:
            return f"{what}: {stored.status.value}{_call(stored)}{_read_again(stored)}."


def _call(stored: StoredAction) -> str:
    at = stored.outcome_at or stored.intent_at
    code = f" ({stored.outcome_code})" if stored.outcome_code else ""
    when = f" on {_time(at)}" if at else ""
    tries = "1 attempt" if stored.attempts == 1 else f"{stored.attempts} attempts"
    return f"{code}{when}, {_path(stored)}, {tries}"


def _path(stored: StoredAction) -> str:
    action = stored.action
    if action.version:
        return "a version in the record store"
    id_ = action.group_id if action.kind in MEMBERSHIPS else stored.ascip_id
    return CALLS[action.kind].format(id=id_)


def _read_again(stored: StoredAction) -> str:
    if stored.mismatch:
        return f"; read again and not as written ({stored.mismatch.value})"
    return "; read again, as written" if stored.verified_at else ""


def _hold(action: Action, ground: Ground) -> str:
    """Why, with the numbers of the limits that trip."""
    hold = action.hold
    limits = [
        f"{gate.name.value} {gate.site or ''}".rstrip() + f" {gate.value:,} of {gate.limit:,}"
        for gate in _tripped(action, ground)
    ]
    told = f" ({', '.join(limits)})" if limits else ""
    detail = ground.row.hold_detail if ground.row and ground.row.hold is hold else None
    return f"{hold.value if hold else ''}{told}{f': {detail}' if detail else ''}"


def _tripped(action: Action, ground: Ground) -> list[Gate]:
    """Limits that hold an action."""
    if ground.plan is None or action.hold not in (HeldReason.GATE, HeldReason.UNIDENTIFIED_ROWS):
        return []
    return [gate for gate in ground.plan.gates if gate.tripped and gate.holds(action)]


def _action(stored: StoredAction, ground: Ground) -> Json:
    action = stored.action
    return {
        "id": action.id, "kind": action.kind.value, "class": action.action_class.value,
        "group_id": action.group_id, "reason": action.reason,
        "marks": [mark.value for mark in action.marks], "status": stored.status.value,
        "hold": action.hold.value if action.hold else None,
        "gates": [
            {
                "gate": gate.name.value, "site": gate.site, "value": gate.value, "limit": gate.limit,
            }
            for gate in _tripped(action, ground)
        ],
        "call": _path(stored), "attempts": stored.attempts, "outcome": stored.outcome_code,
        "settled": stored.settled, "holder_id": stored.holder_id,
        "intent_at": moment(stored.intent_at), "outcome_at": moment(stored.outcome_at),
        "verified_at": moment(stored.verified_at),
        "mismatch": stored.mismatch.value if stored.mismatch else None,
    }  # fmt: skip


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
