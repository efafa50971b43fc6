"""A plan of the record store in words. It may have a million actions: a few of each kind are shown."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from services.cli import render
from services.cli.render_actions import SYMBOLS
from services.cli.render_gates import gates_lines
from services.cli.render_reversal import reversal_lines
from shared.domain.action import ActionStatus, Kind, classify
from shared.pipeline.look import PlanView, page_actions
from shared.pipeline.tools import Tools
from shared.ports.plans import ActionFilter, StoredAction
from shared.ports.views import PageOf

_KINDS = (Kind.RETIRE, Kind.UPDATE, Kind.ADD)
_MOST_SHOWN = 500
LEGEND = "+ add   ~ update   - retire   ! held"


def plan_lines(
    tools: Tools, view: PlanView, same: Iterable[str] = (), *, per_kind: int = 3
) -> Iterator[str]:
    """The plan for a terminal: what retires first, then ``same``, the totals and the next command."""
    yield f"Actions are indicated with these symbols:   {LEGEND}"
    for kind in _KINDS:
        wanted, page = ActionFilter(kinds=(kind,)), PageOf(limit=min(per_kind, _MOST_SHOWN))
        found = page_actions(tools, view.plan.id, wanted, page)
        yield from _sample(kind, found.items, found.total)
    yield from same
    yield ""
    yield from totals(view, per_kind)
    yield from render.next_lines(view, _held(view), {})


def totals(view: PlanView, per_kind: int) -> Iterator[str]:
    """Counts of rows and actions, warnings, gates."""
    summary, counts = view.plan.summary, view.run.counts
    if view.run.reverts:
        yield from reversal_lines(view, per_kind)
    else:
        yield render.rows_line(view)
        yield from render.hidden_lines(counts)
    kinds = ", ".join(f"{summary[kind.value]:,} {kind.value}" for kind in _KINDS)
    yield f"Plan: {kinds}. Of these held: {summary['held']:,}."
    warnings = counts.get("warnings")
    if isinstance(warnings, dict) and warnings:
        told = " · ".join(f"{code} × {number:,}" for code, number in warnings.items())
        yield f"Warnings (the rows are taken): {told}"
    yield from gates_lines(view)
    if not view.run.reverts:
        yield "Records that the file doesn't name stay as they are."


def _sample(kind: Kind, shown: Sequence[StoredAction], total: int) -> Iterator[str]:
    for stored in shown:
        action = stored.action
        held = "!" if action.hold else " "
        why = f"held: {action.hold.value}" if action.hold else f"row {action.source_row}"
        yield f"  {held} {SYMBOLS[kind]} {action.person_key:<24}  {why}"
        for change in action.changes:
            before, after = ("-" if v is None else v for v in (change.before, change.after))
            yield f'        {change.path} "{before}" -> "{after}"'
    if (more := total - len(shown)) > 0:
        yield f"    … and {more:,} more {kind.value}"


def _held(view: PlanView) -> Counter[str]:
    """Class → how many of its actions are held: the number that their release must name."""
    held: Counter[str] = Counter()
    for (kind, status), count in view.kind_counts.items():
        if status is ActionStatus.HELD:
            held[classify(kind).value] += count
    return held
