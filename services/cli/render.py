"""A plan in words: what would change, what is held and why, the gates, and the next command."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from shared.domain.action import ActionStatus, Change, Kind
from shared.domain.books import ROW_OUTCOMES
from shared.domain.run import Run, RunState
from shared.pipeline.look import PlanView
from shared.ports.plans import StoredAction

SYMBOLS = {
    Kind.ADD: "+", Kind.UPDATE: "~", Kind.REACTIVATE: "^", Kind.JOIN: ">", Kind.LEAVE: "<",
    Kind.DEACTIVATE: "-", Kind.RETIRE: "-",
}  # fmt: skip
LEGEND = "+ add   ~ update   ^ reactivate   > join   < leave   - deactivate   ! held"


def plan_lines(
    view: PlanView, actions: Iterable[StoredAction], *, per_kind: int = 3, next_steps: bool = True
) -> Iterator[str]:
    """The plan for a terminal: a few actions of each kind, most dangerous first, then the totals."""
    plan = view.plan
    yield f"Actions are indicated with these symbols:   {LEGEND}"
    yield from _sample(actions, per_kind, _bucket_names(plan.facts))
    yield ""
    yield from totals(view)
    if next_steps:
        yield from _next(view)
    else:
        yield f"Digest sha256:{plan.digest}"


def totals(view: PlanView) -> Iterator[str]:
    """Counts, gates, the counterfactual, the estimate."""
    summary, facts = view.plan.summary, view.plan.facts
    kinds = ", ".join(
        f"{summary[kind.value]:,} {kind.value}" for kind in SYMBOLS if kind is not Kind.RETIRE
    )
    yield f"Plan: {kinds}. Of these held: {summary['held']:,}. Unchanged rows: {summary['unchanged']:,}."
    yield "Gates: " + " · ".join(_gate(gate) for gate in _list(view.plan.header["gates"]))
    if saved := int(str(facts["saved_by_shield"])):
        yield (
            f"A naive sync would have removed {facts['naive_removals']}:"
            f" {saved} of them {'is' if saved == 1 else 'are'} in rows that could not be taken."
        )
    if reported := int(str(facts["reported_leavers"])):
        yield f"{reported} people are not in the extract; this run only reports them (staff.removal)."
    for drift in _list(facts["mapping_drift"]):
        yield f"Mapping drift: {drift}"
    if not facts["list_complete"] or facts["details_missing"]:
        yield (
            f"ASCIP was not read completely (list {'whole' if facts['list_complete'] else 'incomplete'},"
            f" {facts['details_missing']} details missing): what that puts in doubt is held."
        )
    yield f"About {summary['calls_estimated']:,} ASCIP calls without what is held."


def _next(view: PlanView) -> Iterator[str]:
    plan, run = view.plan, view.run
    expires = plan.expires_at.strftime("%Y-%m-%d %H:%M UTC") if plan.expires_at else "-"
    yield f"Digest sha256:{plan.digest}   Valid until {expires}"
    if run.state is RunState.APPROVED:
        yield f"Approved. Next: ascip-sync apply {plan.id}"
        return
    if run.next.actor != "approver":
        yield f"State: {run.state.value}."
        return
    approve = f"ascip-sync approve {plan.id} --digest {plan.digest[:12]}…"
    yield f"Next: ascip-sync approve {plan.id} --digest {plan.digest}"
    for held in plan.held_classes:
        count = _held_by_gate(view, str(held))
        yield f"      to release {held}: {approve} --release {held}={count} --reason TEXT"
    yield f"      or: ascip-sync discard {plan.id} --digest {plan.digest[:12]}…"


def _held_by_gate(view: PlanView, held: str) -> str:
    for gate in _list(view.plan.header["gates"]):
        if (
            gate["class"] == held
            and gate["verdict"] == "tripped"
            and gate["gate"] != "unidentified_rows"
        ):
            return str(gate["value"])
    return "N"


def _gate(gate: dict[str, object]) -> str:
    verdict = {"tripped": "TRIPPED", "ok": "ok", "no_baseline": "no baseline"}[str(gate["verdict"])]
    return f"{gate['gate']} {gate['value']} of {gate['limit']} {verdict}"


def _sample(
    actions: Iterable[StoredAction], per_kind: int, buckets: Mapping[str, str]
) -> Iterator[str]:
    """Up to ``per_kind`` actions of each kind and hold, held ones first; then identical changes counted."""
    groups: dict[tuple[int, Kind, str], list[StoredAction]] = {}
    counts: Counter[tuple[int, Kind, str]] = Counter()
    same: Counter[str] = Counter()
    for stored in actions:
        action = stored.action
        hold = action.hold.value if action.hold else ""
        key = (0 if hold else 1, action.kind, hold)
        counts[key] += 1
        if len(groups.setdefault(key, [])) < per_kind:
            groups[key].append(stored)
        if action.kind is Kind.UPDATE:
            same.update(_change(c, buckets) for c in action.sent if c.path in buckets)
    order = list(SYMBOLS)
    for key in sorted(groups, key=lambda k: (k[0], order.index(k[1]), k[2])):
        for stored in groups[key]:
            yield from _action_lines(stored, buckets)
        if (more := counts[key] - len(groups[key])) > 0:
            held = f" held: {key[2]}" if key[2] else ""
            yield f"    … and {more:,} more {key[1].value}{held}"
    for text, times in same.most_common(3):
        if times > 1:
            yield f"  ~ {times:,} people: {text}"


def _action_lines(stored: StoredAction, buckets: Mapping[str, str]) -> Iterator[str]:
    action = stored.action
    held = "!" if action.hold else " "
    row = f"row {action.source_row}" if action.source_row else ""
    marks = " ".join(f"[{mark.value}]" for mark in action.marks)
    group = f'"{action.group_name}" ({action.group_id})' if action.group_id else ""
    why = f"held: {action.hold.value}  {action.reason}" if action.hold else row or action.reason
    parts = [
        f"  {held} {SYMBOLS[action.kind]} {action.person_key:<10}",
        action.email_masked,
        group,
        why,
        marks,
    ]
    yield "  ".join(part for part in parts if part)
    if action.kind is Kind.UPDATE:
        for change in action.changes:
            held = f"   held: {change.hold.value}" if change.hold else ""
            yield f"        {_change(change, buckets)}{held}"


def _change(change: Change, buckets: Mapping[str, str]) -> str:
    before = change.before_name or ("-" if change.before is None else str(change.before))
    after = change.after_name or ("-" if change.after is None else str(change.after))
    if change.path in ("email", "username", "personal_email"):
        before, after = _mask(before), _mask(after)
    name = buckets.get(change.path, change.path)
    return f'{name} "{before}" -> "{after}"'


def _bucket_names(facts: Mapping[str, object]) -> dict[str, str]:
    """Path → how a bucket is called."""
    named = cast("dict[str, str]", facts.get("buckets", {}))
    return {f"buckets.{bucket}": f'bucket "{name}"' for bucket, name in named.items()}


def _mask(text: str) -> str:
    local, at, host = text.partition("@")
    return f"{local[:1]}***{at}{host}" if text != "-" else text


def applied_line(run: Run, statuses: dict[ActionStatus, int]) -> str:
    """The last line of an apply."""
    n = {status: statuses.get(status, 0) for status in ActionStatus}
    approved = sum(n.values()) - n[ActionStatus.HELD] - n[ActionStatus.NOT_APPROVED]
    text = (
        f"Applied: {n[ActionStatus.SUCCEEDED]:,} of {approved:,} approved actions succeeded,"
        f" {n[ActionStatus.FAILED]} failed, {n[ActionStatus.CONFLICT]} conflict,"
        f" {n[ActionStatus.UNKNOWN]} unknown, {n[ActionStatus.NOT_ATTEMPTED]} not attempted;"
        f" {n[ActionStatus.HELD]} held."
    )
    if run.state.value == "applied_with_errors":
        text += f" Safe to repeat: ascip-sync retry {run.id}"
    return text


def books_lines(run: Run) -> Iterator[str]:
    """Both equations, zeros left out."""
    books = run.books
    if not books:
        return
    rows, actions = _counts(books["rows"]), _counts(books["actions"])
    told = " + ".join(f"{rows[name]:,} {name}" for name in ROW_OUTCOMES if rows[name])
    yield f"Books: {books['rows_in']:,} rows in = {told or '0'}"
    done = " + ".join(f"{count:,} {name}" for name, count in actions.items() if count)
    yield f"       {books['planned']:,} planned = {done or '0'}"


def _counts(value: object) -> dict[str, int]:
    return cast("dict[str, int]", value)


def _list(value: object) -> list[dict[str, object]]:
    return cast("list[dict[str, object]]", value)
