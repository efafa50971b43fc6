"""A run in ten lines of Markdown that name nobody: to paste into a ticket or a project page.

Left out is what somebody chose freely or signs with: the name of the file, comments, who did what.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from services.cli.render import minute
from shared.domain.action import Kind
from shared.domain.books import ROW_OUTCOMES, Books
from shared.domain.run import TargetName
from shared.pipeline.look import PlanView
from shared.ports.views import RunView

_KINDS: Mapping[TargetName, Sequence[Kind]] = {
    TargetName.ASCIP: [kind for kind in Kind if kind is not Kind.RETIRE],
    TargetName.RECORDS: [Kind.ADD, Kind.UPDATE, Kind.RETIRE],
}


def markdown_lines(view: RunView, plan: PlanView | None) -> Iterator[str]:
    """A heading and nine points, the same nine for every run."""
    run = view.run
    as_of = f", as of {run.as_of}" if run.as_of else ""
    yield f"## Run `{run.id}`: {run.state_and_reason}"
    yield f"- **Feed**: {run.feed}{as_of}, {run.mode.value} by {run.trigger}"
    yield f"- **Extract**: {_extract(view, plan)}"
    yield from (f"- **{name}**: {told}" for name, told in _books(view))
    yield f"- **Plan**: {_plan(plan)}"
    yield f"- **Limits**: {_limits(plan)}"
    yield f"- **Review**: {_review(plan)}"
    times = " · ".join(f"{name} {seconds:.1f} s" for name, seconds in view.phases)
    yield f"- **Time**: {times or 'not begun'}"
    yield f"- **Next**: {run.next.actor}, {run.next.step}"


def _extract(view: RunView, plan: PlanView | None) -> str:
    counts = view.run.counts
    if view.run.reverts:
        return f"none; takes `{view.run.reverts}` back"
    if not counts:
        return "not read"
    sha256 = f"sha256 `{plan.file_sha256[:12]}`, " if plan and plan.file_sha256 else ""
    return f"{sha256}{int(str(counts.get('rows_in', 0))):,} rows"


def _books(view: RunView) -> Iterator[tuple[str, str]]:
    stored = view.run.books
    if not stored:
        yield from (("Rows", "not counted yet"), ("Actions", "not counted yet"))
        return
    books = Books.from_json(stored)
    rows, actions = _sum({name: books.rows[name] for name in ROW_OUTCOMES}), _sum(books.actions)
    yield "Rows", f"{books.rows_in:,} = {rows}"
    verified = int(str(stored["verified"]))
    again = f"; read again {verified:,}, not as written {stored['mismatches']}" if verified else ""
    wrong = "" if books.balanced else f" {books.verdict}"
    yield "Actions", f"{books.planned:,} = {actions}{again}{wrong}"


def _sum(parts: Mapping[str, int]) -> str:
    return " + ".join(f"{count:,} {name}" for name, count in parts.items() if count) or "0"


def _plan(view: PlanView | None) -> str:
    if view is None:
        return "none"
    summary = view.plan.summary
    kinds = ", ".join(f"{summary[kind.value]:,} {kind.value}" for kind in _KINDS[view.run.target])
    return f"`{view.plan.id}`, digest `{view.plan.digest[:12]}`: {kinds}; held {summary['held']:,}"


def _limits(view: PlanView | None) -> str:
    if view is None:
        return "not judged"
    gates = view.plan.gates
    tripped = [gate for gate in gates if gate.tripped]
    told = ", ".join(f"{g.name.value} {g.value:,} (limit {g.limit:,}) TRIPPED" for g in tripped)
    return f"{told}; {len(gates) - len(tripped)} ok" if told else f"{len(gates)} ok"


def _review(view: PlanView | None) -> str:
    review = view.review if view else None
    if review is None:
        return "none"
    by = "the rule" if review.actor == "system" else "a person"
    released = cast("list[dict[str, Any]]", review.body.get("releases") or [])
    lifted = "".join(f", released {r['class']} {r['count']:,}" for r in released)
    return f"{review.decision.done} by {by} on {minute(review.decided_at)}{lifted}"
