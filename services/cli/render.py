"""A plan in words: its actions, the totals, the gates, and the next command."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from services.cli.render_actions import LEGEND, SYMBOLS, held_rows, sample, unmapped
from services.cli.render_gates import gates_lines, tripped_lines
from services.cli.render_reversal import reversal_lines
from shared.domain.absence import grace_sentence
from shared.domain.action import RELEASABLE, RELEASABLE_BY_NAME, HeldReason, Kind
from shared.domain.adoption import adoption_sentences
from shared.domain.books import ROW_OUTCOMES
from shared.domain.canonical import Json
from shared.domain.completeness import gap_sentences
from shared.domain.counterfactual import counterfactual_sentence
from shared.domain.removal import reported_sentence
from shared.domain.run import RunState
from shared.domain.shadow import SHADOW
from shared.domain.text import printable
from shared.pipeline.look import PlanView
from shared.ports.plans import StoredAction


def plan_lines(
    view: PlanView,
    actions: Iterable[StoredAction],
    same: Iterable[str] = (),
    *,
    per_kind: int = 3,
    next_steps: bool = True,
) -> Iterator[str]:
    """The plan for a terminal: a few actions of each kind, most dangerous first, then the totals.

    ``same`` are the lines that tell of identical changes.
    """
    plan = view.plan
    yield f"Actions are indicated with these symbols:   {LEGEND}"
    shown = list(actions)
    yield from held_rows(view, shown, per_kind)
    yield from sample(shown, per_kind, plan.facts)
    yield from same
    yield from unmapped(view, per_kind)
    yield from _would_remove(plan.facts, per_kind)
    yield ""
    yield from totals(view, per_kind)
    yield from _calendar(shown)
    if next_steps:
        yield from next_lines(view, _holds(shown, RELEASABLE), _holds(shown, RELEASABLE_BY_NAME))
    else:
        yield f"Digest sha256:{plan.digest}"


def _calendar(actions: Iterable[StoredAction]) -> Iterator[str]:
    """What no release lifts, since it is not for a person to decide."""
    if held := sum(1 for stored in actions if stored.action.hold is HeldReason.CALENDAR):
        are = "1 action is" if held == 1 else f"{held:,} actions are"
        yield (
            f"{are} held by the calendar (adds_only), and no release lifts that. The first plan after"
            " the window has what is left of them."
        )


def decided_lines(view: PlanView) -> Iterator[str]:
    """What people said of a plan; of one that was decided who did, and that the rest is as planned."""
    for comment in view.comments:
        yield f"{comment.actor} on {minute(comment.at)}: {printable(comment.text)}"
    if review := view.review:
        done = review.decision.done.capitalize()
        said = printable(str(review.body.get("comment") or ""))
        yield f"{done} by {review.actor} on {minute(review.decided_at)}{': ' if said else '.'}{said}"
        yield from _narrowed(review.body)
        yield f"As planned; what became of it: ascip-sync status {view.run.id}"


def _narrowed(review: Mapping[str, Json]) -> Iterator[str]:
    """What a review selected, and what it lifted."""
    for name, chosen in cast("dict[str, list[str]]", review.get("select") or {}).items():
        if chosen:
            word = "left out" if name == "exclude" else f"only {name}"
            yield f"  {word}: {printable(', '.join(chosen))}"
    for released in _list(review.get("releases") or []):
        people = f" of {', '.join(released['people'])}" if released.get("people") else ""
        yield (
            f"  released: {released['class']}={released['count']:,}{printable(people)},"
            f" {printable(released['reason'])}"
        )


def minute(at: datetime) -> str:
    """A moment in UTC, whatever zone the database gives it in."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def totals(view: PlanView, per_kind: int = 3) -> Iterator[str]:
    """Counts of rows and actions, gates, the counterfactual, the estimate."""
    summary, facts = view.plan.summary, view.plan.facts
    if view.run.reverts:
        yield from reversal_lines(view, per_kind)
    else:
        yield rows_line(view)
        yield from hidden_lines(view.run.counts)
    kinds = ", ".join(
        f"{summary[kind.value]:,} {kind.value}" for kind in SYMBOLS if kind is not Kind.RETIRE
    )
    waiting = summary.get("waiting_for_held")  # plans of earlier versions don't count them
    more = f" {waiting:,} more wait for them." if waiting else ""
    yield f"Plan: {kinds}. Of these held: {summary['held']:,}.{more}"
    yield from gates_lines(view)
    yield from _absentees(view)
    # A plan that an older release stored has no such count.
    if facts["first_run"] and (adoption := facts.get("adoption")):
        yield from adoption_sentences(cast("Mapping[str, Json]", adoption))
    yield from drift_lines(view)
    yield from gap_sentences(facts)
    yield estimate_line(view)


def quiet_lines(view: PlanView) -> Iterator[str]:
    """What a plan without actions has to say all the same: limits, who is in their grace, drift."""
    yield from tripped_lines(view)
    if view.plan.facts.get("grace_ends"):
        yield from _absentees(view)
    yield from drift_lines(view)


def estimate_line(view: PlanView) -> str:
    """What applying costs, at the rate that was set when the plan was made."""
    plan = view.plan
    line = f"About {plan.summary['calls_estimated']:,} ASCIP calls without what is held"
    if plan.minutes_estimated is None:
        return f"{line}."
    return f"{line}, {plan.minutes_estimated:,} min at {plan.rate_per_s:g}/s."


def _absentees(view: PlanView) -> Iterator[str]:
    """What would have become of whom no row keeps, and what becomes of them."""
    facts = view.plan.facts
    # Plans that an older release stored don't say so.
    if told := facts.get("counterfactual"):
        yield counterfactual_sentence(cast("Mapping[str, Json]", told))
    if ends := cast("Mapping[str, int]", facts.get("grace_ends", {})):
        yield grace_sentence(ends)
        yield f"  Who they are: absentees.csv of ascip-sync export {view.plan.id} --out DIR"
    if alone := cast("Mapping[str, int]", facts.get("left_alone", {})):
        told_of = [f"{n:,} {fate.replace('_', ' ')}" for fate, n in sorted(alone.items())]
        yield f"Left alone, active without a row: {', '.join(told_of)}."


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


def _would_remove(facts: Mapping[str, Json], most: int) -> Iterator[str]:
    """Whom this run only reports."""
    people = cast("list[str]", facts["would_remove"])
    if not people:
        return
    more = f" and {len(people) - most:,} more" if len(people) > most else ""
    told = f"{', '.join(people[:most])}{more}: have left, by this extract."
    yield f"  ? {told} {reported_sentence(facts)}"


def next_lines(
    view: PlanView, releasable: Mapping[str, int], by_name: Mapping[str, int]
) -> Iterator[str]:
    """Digest and next commands; ``releasable`` and ``by_name``: class → number its release names."""
    plan, run = view.plan, view.run
    if run.reason == SHADOW:
        yield "Shadow mode: nothing of this can be approved or applied."
        yield "What such plans came to so far: ascip-sync shadow"
        return
    expires = minute(plan.expires_at) if plan.expires_at else "-"
    yield f"Digest sha256:{plan.digest}   Valid until {expires}"
    if run.state is RunState.APPROVED:
        yield f"Approved. Next: ascip-sync apply {plan.id}"
        return
    if run.next.actor != "approver":
        yield f"State: {run.state.value}."
        return
    nothing_else = run.state is RunState.HELD
    commands = [] if nothing_else else [("approve what is not held", "")]
    too = "" if nothing_else else " too"
    for held, count in releasable.items():
        commands.append((f"release {held}{too}", f" --release {held}={count} --reason TEXT"))
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


def _list(value: object) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", value)
