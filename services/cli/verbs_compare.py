"""`compare A B`: two runs side by side."""

import json
from collections.abc import Iterator
from pathlib import Path

from services.cli.exits import Exit
from services.cli.render_actions import SYMBOLS, bucket_names, change_text
from services.cli.session import open_session
from shared.domain.books import ROW_OUTCOMES, Books
from shared.pipeline.compare import Comparison, Side, compare_runs, same
from shared.pipeline.compare_document import comparison_document, gates_beside
from shared.ports.comparison import ActionPair, Only
from shared.ports.plans import StoredAction
from shared.ports.snapshots import Difference
from shared.ports.views import PageOf

_TITLES = {
    Only.A: "Only in A:", Only.B: "Only in B:", Only.BOTH: "In both, but not alike (A, then B):",
}  # fmt: skip


def compare(
    config: Path | None, a: str, b: str, *, limit: int, after: str | None, as_json: bool
) -> int:
    """What differs, with so many of the actions that do."""
    with open_session(config) as session:
        found = compare_runs(session.tools, a, b, PageOf(limit=limit, after=after))
    if as_json:
        print(json.dumps(comparison_document(found)))
        return Exit.DONE
    for line in lines(found):
        print(line)
    return Exit.DONE


def lines(found: Comparison) -> Iterator[str]:
    """The two in words."""
    yield from (_side("A", found.a), _side("B", found.b))
    alike = same(found)
    for word, verdict in (("Same", True), ("Differs", False)):
        if told := ", ".join(name for name, value in alike.items() if value is verdict):
            yield f"{word}: {told}."
    yield from _mappings(found)
    yield from _people(found)
    yield from filter(None, (_became("A", found.a), _became("B", found.b)))
    yield ""
    for count in found.plans.counts:
        held = (
            f"   (held {count.held_a:,} | {count.held_b:,})" if count.held_a + count.held_b else ""
        )
        yield f"  {count.action_class.value:<20} {count.kind.value:<11} {count.a:>9,} | {count.b:>9,}{held}"
    for gate in gates_beside(found):
        name = f"{gate['gate']} {gate['site']}" if gate["site"] else str(gate["gate"])
        yield f"  gate {name:<27} {_gate(gate['a']):>31} | {_gate(gate['b'])}"
    yield from _actions(found)


def _side(name: str, side: Side) -> str:
    run, counts = side.run, side.run.counts
    size = f"{side.upload.size_bytes:,} bytes" if side.upload else "no file"
    read = f"{counts.get('rows_in', 0):,} rows, {counts.get('quarantined', 0):,} not taken"
    plan = side.plan.id if side.plan else "no plan"
    made = f"{run.id}  {plan}  {run.state_and_reason}, as of {run.as_of or '-'}"
    return f"{name}  {made}: {run.made_from}, {size}, {read}"


def _became(name: str, side: Side) -> str:
    """What its rows and actions came to, where that has been counted."""
    if not side.run.books:
        return ""
    books = Books.from_json(side.run.books)
    rows = [f"{books.rows[word]:,} {word}" for word in ROW_OUTCOMES if books.rows[word]]
    actions = [f"{count:,} {status}" for status, count in books.actions.items() if count]
    return f"{name}  rows: {', '.join(rows) or 'none'}; actions: {', '.join(actions) or 'none'}"


def _mappings(found: Comparison) -> Iterator[str]:
    versions = [side.mapping_version for side in (found.a, found.b)]
    if found.a.run.mapping_sha256 != found.b.run.mapping_sha256 and None not in versions:
        yield f"Mapping: version {versions[0]} | {versions[1]}; ascip-sync mapping diff says what changed."


def _people(found: Comparison) -> Iterator[str]:
    if found.people is None:
        return
    told = [f"{found.people[word]:,} {word.value}" for word in Difference if found.people.get(word)]
    yield f"People in ASCIP, from A to B: {', '.join(told) or 'nobody differs'}."
    largest = sorted(found.fields.items(), key=lambda pair: (-pair[1], pair[0]))
    if largest:
        yield "  " + " · ".join(f"{field} of {people:,}" for field, people in largest)


def _gate(gate: object) -> str:
    if not isinstance(gate, dict):
        return "-"
    tripped = " TRIPPED" if gate["verdict"] == "tripped" else ""
    return f"{gate['value']:,} (limit {gate['limit']:,}){tripped}"


def _actions(found: Comparison) -> Iterator[str]:
    plans, page = found.plans, found.actions
    yield (
        f"Actions: {plans.alike:,} alike, {plans.only_a:,} only in A, {plans.only_b:,} only in B,"
        f" {plans.differing:,} in both but not alike."
    )
    told: set[Only] = set()
    for pair in page.items:
        if pair.only not in told:
            yield _TITLES[pair.only]
            told.add(pair.only)
        yield from _pair(pair, found)
    if page.has_more:
        yield f"… {page.total:,} in all; go on with --after {page.items[-1].id}"


def _pair(pair: ActionPair, found: Comparison) -> Iterator[str]:
    for stored, side in ((pair.a, found.a), (pair.b, found.b)):
        if stored:
            yield from _action(stored, bucket_names(side.plan.facts if side.plan else {}))


def _action(stored: StoredAction, buckets: dict[str, str]) -> Iterator[str]:
    action = stored.action
    held = "!" if action.hold else " "
    group = f'"{action.group_name}" ({action.group_id})' if action.group_id else action.email_masked
    why = f"held: {action.hold.value}" if action.hold else ""
    yield f"  {held} {SYMBOLS[action.kind]} {action.person_key:<10}  {group}  {why}".rstrip()
    for change in action.changes:
        held = f"   held: {change.hold.value}" if change.hold else ""
        yield f"        {change_text(change, buckets)}{held}"
