"""What is stored, as documents: the same on the command line and in the API.

Times are RFC 3339 in UTC, to the millisecond. Emails are masked, but for the digested values of a plan.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from shared.domain.action import Action, Change
from shared.domain.canonical import Json
from shared.domain.catalogue import rule_of
from shared.pipeline.look import PlanView, Timeline
from shared.ports.comments import Comment
from shared.ports.plans import StoredAction, StoredPlan, StoredReview
from shared.ports.reversals import LeftOutFor
from shared.ports.views import (
    ActionGroup,
    Facet,
    FacetCount,
    GroupBy,
    Happening,
    Page,
    RowView,
    RunView,
)

T = TypeVar("T")


def moment(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the millisecond."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def page_document(
    page: Page[T], document: Callable[[T], dict[str, Json]], *, key: str = "id"
) -> dict[str, Json]:
    """A page as every list has it; ``next`` is what `starting_after` takes for the page after it."""
    data = [document(item) for item in page.items]
    last = str(data[-1][key]) if page.has_more else None
    return {"data": data, "has_more": page.has_more, "next": last, "total": page.total}


def plan_document(view: PlanView, actions: Iterable[StoredAction]) -> dict[str, Json]:
    """The plan as one document (docs/reference/plan.md); emails are masked, digested values are not."""
    plan, run = view.plan, view.run
    return {
        **{k: v for k, v in plan.header.items() if k != "gates"},
        "id": plan.id,
        "run_id": run.id,
        "digest": f"sha256:{plan.digest}",
        "state": run.state.value,
        "applyable": plan.applyable,
        "held_classes": list(plan.held_classes),
        "inputs": {"csv": None if run.reverts else _file(view)},
        "reverts": run.reverts,
        "left_out": [_left_out(group) for group in view.left_out],
        "summary": {**plan.summary, **_minutes(plan)},
        "facts": plan.facts,
        "gates": plan.header["gates"],
        "created_at": moment(plan.created_at),
        "expires_at": moment(plan.expires_at),
        "next_actor": run.next.actor,
        "next_step": run.next.step,
        "review": _review(view.review),
        "comments": [comment_document(comment) for comment in view.comments],
        "actions": [action_document(stored) for stored in actions],
    }  # fmt: skip


def _file(view: PlanView) -> dict[str, Json]:
    counts = view.run.counts
    return {
        "name": view.file_name, "sha256": view.file_sha256,
        "rows": counts.get("rows_in", 0), "valid": counts.get("accepted", 0),
        "quarantined": counts.get("quarantined", 0),
    }  # fmt: skip


def _left_out(group: LeftOutFor) -> dict[str, Json]:
    """Of whom nothing is taken back for one reason."""
    return {
        "reason": group.reason.value,
        "count": group.count,
        "first": [
            {"key": who.key, "ascip_id": who.ascip_id, "fields": list(who.fields)}
            for who in group.first
        ],
    }


def _review(review: StoredReview | None) -> Json:
    """Who decided what, as it was sent; null as long as nobody has."""
    if review is None:
        return None
    return {**review.body, "actor": review.actor, "decided_at": moment(review.decided_at)}


def comment_document(comment: Comment) -> dict[str, Json]:
    """What somebody wrote about a plan."""
    return {
        "id": comment.id, "at": moment(comment.at), "actor": comment.actor, "text": comment.text,
    }  # fmt: skip


def _minutes(plan: StoredPlan) -> dict[str, Json]:
    minutes = plan.minutes_estimated
    return {} if minutes is None else {"minutes_estimated": minutes}


def action_document(stored: StoredAction) -> dict[str, Json]:
    """One action as programs read it."""
    action = stored.action
    return {
        "id": action.id,
        "kind": action.kind.value,
        "class": action.action_class.value,
        **_whom(stored),
        "group": _group(action),
        "source": {"row": action.source_row},
        "match": {"by": action.match_rule},
        "marks": [mark.value for mark in action.marks],
        "changes": [_change(change) for change in action.changes],
        "depends_on": list(action.depends_on),
        "status": stored.status.value,
        "hold": action.hold.value if action.hold else None,
        "reason": action.reason,
        "outcome": stored.outcome_code,
        "holder_id": stored.holder_id,
        "verified_at": moment(stored.verified_at),
        "mismatch": stored.mismatch.value if stored.mismatch else None,
    }  # fmt: skip


def run_document(view: RunView) -> dict[str, Json]:
    """A run as programs read it."""
    run = view.run
    return {
        "id": run.id,
        "plan_id": view.plan_id,
        "upload_id": run.upload_id,
        "file": run.file_name,
        "feed": run.feed,
        "state": run.state.value,
        "reason": run.reason,
        "detail": run.detail,
        "trigger": run.trigger,
        "actor": run.actor,
        "mode": run.mode.value,
        "as_of": run.as_of.isoformat() if run.as_of else None,
        "counts": {k: v for k, v in run.counts.items() if isinstance(v, int)},
        "books": run.books,
        "clean": run.clean,
        "superseded_by": run.superseded_by,
        "reverts": run.reverts,
        "goes_on_at": moment(run.goes_on_at),
        "archive": run.archive,
        "created_at": moment(run.created_at),
        "ended_at": moment(run.ended_at),
        "next_actor": run.next.actor,
        "next_step": run.next.step,
        "phases": {name: str(round(seconds, 3)) for name, seconds in view.phases},
        "given_up": [
            {"work": g.kind.value, "code": g.code, "attempts": g.attempts, "at": moment(g.at)}
            for g in view.given_up
        ],
    }


def timeline_document(found: Timeline) -> dict[str, Json]:
    """What happened to a run, oldest first, and how long it was in which phase."""
    phases: list[Json] = [
        {"phase": p.phase.value, "started_at": moment(p.started_at), "ended_at": moment(p.ended_at)}
        for p in found.phases
    ]
    page = page_document(found.happenings, _happening, key="sequence")
    return {**page, "phases": phases}


def _happening(event: Happening) -> dict[str, Json]:
    return {
        "sequence": event.sequence, "at": moment(event.at), "actor": event.actor,
        "event": event.verb.value,
        # A plan's limits stand in the plan.
        "detail": {name: value for name, value in event.detail.items() if name != "gates"},
    }  # fmt: skip


def row_document(row: RowView, file: str | None) -> dict[str, Json]:
    """A row of an extract and what became of it; never what stands in one that was not taken."""
    return {
        "file": file,
        "row": row.row,
        "line": row.line,
        "last_line": row.last_line,
        "employee_id": row.employee_id,
        "outcome": row.outcome,
        "hold": row.hold.value if row.hold else None,
        "detail": row.hold_detail,
        "errors": [
            {
                "file": file, "row": row.row, "line": row.line, "column": v.column, "code": v.code,
                "class": rule.violation_class.value if (rule := rule_of(v.code)) else None,
                "severity": "error", "detail": v.detail,
            }
            for v in row.violations
        ],
    }  # fmt: skip


def _whom(stored: StoredAction) -> dict[str, Json]:
    """Whom or what an action is about; programs find the other one null."""
    action, version = stored.action, stored.action.version
    if version is None:
        person: Json = {
            "key": action.person_key, "ascip_id": stored.ascip_id,
            "email_masked": action.email_masked,
        }  # fmt: skip
        return {"person": person, "record": None}
    record: Json = {
        "source_id": action.person_key, "idempotency_key": version.idempotency_key,
        "follows": version.follows,
    }  # fmt: skip
    return {"person": None, "record": record}


def _group(action: Action) -> Json:
    return {"id": action.group_id, "name": action.group_name} if action.group_id else None


def _change(change: Change) -> dict[str, Json]:
    return {
        "path": change.path, "before": change.before, "after": change.after,
        "before_name": change.before_name, "after_name": change.after_name,
        "hold": change.hold.value if change.hold else None,
    }  # fmt: skip


def group_document(by: GroupBy, group: ActionGroup) -> dict[str, Json]:
    """A group of actions; ``change`` and what stands with it only where it is the same for all of them."""
    same = group.first if by is GroupBy.CHANGE else None
    return {
        "by": by.value,
        "key": group.key,
        "count": group.count,
        "held": group.held,
        "kind": same.kind.value if same else None,
        "group": _group(same) if same else None,
        "change": _change(group.change) if group.change else None,
    }


def facets_document(facets: Mapping[Facet, Sequence[FacetCount]]) -> dict[str, Json]:
    """Counts by facet, largest first."""
    return {
        facet.value: [{"value": c.value, "name": c.name, "count": c.count} for c in counts]
        for facet, counts in facets.items()
    }
