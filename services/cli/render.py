"""A plan in words: what would change, what is held and why, the gates, and the next command."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, cast

from shared.domain.action import (
    RELEASABLE,
    RELEASABLE_BY_NAME,
    ActionStatus,
    Change,
    HeldReason,
    Kind,
)
from shared.domain.adoption import adoption_sentences
from shared.domain.books import ROW_OUTCOMES, Books
from shared.domain.canonical import Json
from shared.domain.completeness import gap_sentences
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
    shown = list(actions)
    yield from _held_rows(view, shown, per_kind)
    yield from _sample(shown, per_kind, _bucket_names(plan.facts))
    yield from _unmapped(view, per_kind)
    yield from _would_remove(plan.facts, per_kind)
    yield ""
    yield from totals(view)
    if next_steps:
        yield from next_lines(view, _holds(shown, RELEASABLE), _holds(shown, RELEASABLE_BY_NAME))
    else:
        yield f"Digest sha256:{plan.digest}"


def decided_lines(view: PlanView) -> Iterator[str]:
    """Of a plan that was decided: who did, and that the rest is as it was planned."""
    if review := view.review:
        decided = {"approve": "Approved", "discard": "Discarded"}[str(review.body["decision"])]
        yield f"{decided} by {review.actor} on {review.decided_at:%Y-%m-%d %H:%M} UTC."
        yield f"As planned; what became of it: ascip-sync status {view.run.id}"


def totals(view: PlanView) -> Iterator[str]:
    """Counts of rows and actions, gates, the counterfactual, the estimate."""
    summary, facts = view.plan.summary, view.plan.facts
    yield rows_line(view)
    yield from hidden_lines(view.run.counts)
    kinds = ", ".join(
        f"{summary[kind.value]:,} {kind.value}" for kind in SYMBOLS if kind is not Kind.RETIRE
    )
    waiting = summary.get("waiting_for_held")  # plans of earlier versions don't count them
    more = f" {waiting:,} more wait for them." if waiting else ""
    yield f"Plan: {kinds}. Of these held: {summary['held']:,}.{more}"
    yield gates_line(view)
    if saved := int(str(facts["saved_by_shield"])):
        people = "person" if facts["naive_removals"] == 1 else "people"
        yield (
            f"Without the shield {facts['naive_removals']} {people} would be removed:"
            f" {saved} of them may stand in rows that were not taken."
        )
    # A plan that an older release stored has no such count.
    if facts["first_run"] and (adoption := facts.get("adoption")):
        yield from adoption_sentences(cast("Mapping[str, Json]", adoption))
    yield from drift_lines(view)
    tripped = {
        gate["gate"] for gate in _list(view.plan.header["gates"]) if gate["verdict"] == "tripped"
    }
    yield from gap_sentences(facts, short="details_missing" in tripped)
    calls = summary["calls_estimated"]
    yield f"Applying takes about {calls:,} ASCIP calls (what is held is not counted)."


def gates_line(view: PlanView) -> str:
    """Every gate with its numbers."""
    return "Gates: " + " · ".join(_gate(gate) for gate in _list(view.plan.header["gates"]))


def drift_lines(view: PlanView) -> Iterator[str]:
    """Where the mapping and ASCIP differ."""
    for drift in _list(view.plan.facts["mapping_drift"]):
        yield f"Mapping drift: {drift}"


def rows_line(view: PlanView) -> str:
    """Where the rows went: the left side of the books, before anything is applied."""
    counts, unchanged = view.run.counts, int(str(view.plan.summary["unchanged"]))
    held = len([row for row in view.held_rows if row.row not in view.pending_rows])
    read = {name: int(str(counts.get(name, 0))) for name in ROW_OUTCOMES[:4]}
    changing = int(str(counts.get("accepted", 0))) - unchanged - held
    parts = {**read, "held": held, "unchanged": unchanged, "with changes": changing}
    told = " + ".join(f"{count:,} {name}" for name, count in parts.items() if count)
    return f"Rows: {counts.get('rows_in', 0):,} = {told or '0'}."


def hidden_lines(counts: Mapping[str, object]) -> Iterator[str]:
    """What nobody saw who looked at the workbook."""
    told = [f"{counts[name]:,} {words}" for name, words in _HIDDEN.items() if counts.get(name)]
    if told:
        yield f"Hidden in the workbook: {', '.join(told)}."


_HIDDEN = {
    "hidden_rows": "rows (read like the others)",
    "hidden_columns": "columns (read like the others)",
    "hidden_sheets": "sheets (not read)",
}


def _held_rows(view: PlanView, actions: list[StoredAction], most: int) -> Iterator[str]:
    """Held rows that have no action to show them by."""
    shown = {stored.action.person_key for stored in actions if stored.action.hold}
    rows = [row for row in view.held_rows if row.person_key not in shown]
    for row in rows[:most]:
        yield f"  ! . {row.person_key:<10}  held: {row.reason.value}  {row.detail} (row {row.row})"
    if len(rows) > most:
        yield f"    … and {len(rows) - most:,} more held rows: exceptions/ of ascip-sync export"


def _unmapped(view: PlanView, most: int) -> Iterator[str]:
    """What the mapping lacks, each word once: the lines of actions don't name it."""
    lacking = Counter(row.detail for row in view.held_rows if row.reason in _UNMAPPED)
    for detail, rows in lacking.most_common(most):
        yield f"  ! {rows:,} {'row' if rows == 1 else 'rows'}: {detail}"
    if lacking:
        left = len(lacking) - most
        more = f"{left:,} more such {'value' if left == 1 else 'values'}. " if left > 0 else ""
        yield f"    {more}What they may mean: ascip-sync mapping suggest --csv FILE"


_UNMAPPED = frozenset({HeldReason.UNMAPPED_SITE, HeldReason.UNMAPPED_BUCKET_VALUE})


def _would_remove(facts: Mapping[str, object], most: int) -> Iterator[str]:
    """Who a first run only reports."""
    people = cast("list[str]", facts["would_remove"])
    if not people:
        return
    more = f" and {len(people) - most:,} more" if len(people) > most else ""
    yield (
        f"  ? {', '.join(people[:most])}{more}: have left, by this extract. This run only reports it"
        " (staff.removal.first_run); the next plan will propose to remove them."
    )


def next_lines(
    view: PlanView, releasable: Mapping[str, int], by_name: Mapping[str, int]
) -> Iterator[str]:
    """Digest and next commands; ``releasable`` and ``by_name``: class → number its release names."""
    plan, run = view.plan, view.run
    expires = plan.expires_at.strftime("%Y-%m-%d %H:%M UTC") if plan.expires_at else "-"
    yield f"Digest sha256:{plan.digest}   Valid until {expires}"
    if run.state is RunState.APPROVED:
        yield f"Approved. Next: ascip-sync apply {plan.id}"
        return
    if run.next.actor != "approver":
        yield f"State: {run.state.value}."
        return
    commands = [] if run.state is RunState.HELD else [("approve what is not held", "")]
    for held, count in releasable.items():
        commands.append((f"release {held} too", f" --release {held}={count} --reason TEXT"))
    for held, count in by_name.items():
        flags = f" --release {held}=1 --release-people ID --reason TEXT"
        commands.append((f"release one of {count:,} {held} that are held by name", flags))
    yield f"All of it: ascip-sync show {plan.id} --limit 1000"
    for what, flags in commands:
        yield f"To {what}:\n  ascip-sync approve {plan.id} --digest {plan.digest}{flags}"
    yield f"To discard it:\n  ascip-sync discard {plan.id} --digest {plan.digest}"


def _holds(actions: Iterable[StoredAction], of: Collection[HeldReason]) -> Counter[str]:
    """Class → how many of its actions are held so: the number that their release must name."""
    return Counter(
        stored.action.action_class.value for stored in actions if stored.action.hold in of
    )


def _gate(gate: dict[str, Any]) -> str:
    verdict = {"tripped": "TRIPPED", "ok": "ok", "no_baseline": "no baseline"}[str(gate["verdict"])]
    limit = "" if verdict == "no baseline" else f"(limit {gate['limit']:,}) "
    return f"{gate['gate']} {gate['value']:,} {limit}{verdict}"


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
        # A removal of somebody HR has no number for is worth a look: those are never left out.
        unnumbered = action.kind is Kind.DEACTIVATE and action.person_key.startswith("ascip:")
        if len(groups.setdefault(key, [])) < per_kind or unnumbered:
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
    if left := n[ActionStatus.PLANNED] + n[ActionStatus.ATTEMPTING]:
        text += f" Still to do: {left:,}."
    if run.state.value == "applied_with_errors":
        text += f" Safe to repeat: ascip-sync retry {run.id}"
    return text


def export_hint(run_id: str) -> str:
    """How to get at a run's reports, which are kept encrypted."""
    return f"ascip-sync export {run_id} --out DIR"


def books_lines(run: Run) -> Iterator[str]:
    """Both equations, zeros left out."""
    if not run.books:
        return
    books = Books.from_json(run.books)
    told = " + ".join(f"{books.rows[name]:,} {name}" for name in ROW_OUTCOMES if books.rows[name])
    yield f"Books: {books.rows_in:,} rows in = {told or '0'}"
    done = " + ".join(f"{count:,} {name}" for name, count in books.actions.items() if count)
    yield f"       {books.planned:,} planned = {done or '0'}"
    if not books.balanced:
        yield f"       {books.verdict}"
    yield from _verified(int(str(run.books["verified"])), int(str(run.books["mismatches"])))


def _verified(verified: int, mismatches: int) -> Iterator[str]:
    """What reading again came to, where anything was written."""
    if not verified:
        return
    if not mismatches:
        yield f"Read again: {verified:,} actions, all as written."
        return
    are = "is" if mismatches == 1 else "are"
    yield (
        f"Read again: {verified:,} actions, {mismatches:,} {are} not as written (somebody else was at"
        " it): exceptions/mismatches.csv of ascip-sync export. The next run sets them again."
    )


def _list(value: object) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", value)
