"""The actions of a plan in words: a few of each kind, what is held first."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from shared.domain.action import Change, HeldReason, Kind
from shared.pipeline.look import PlanView
from shared.ports.plans import StoredAction

SYMBOLS = {
    Kind.ADD: "+", Kind.UPDATE: "~", Kind.REACTIVATE: "^", Kind.JOIN: ">", Kind.LEAVE: "<",
    Kind.DEACTIVATE: "-", Kind.RETIRE: "-",
}  # fmt: skip
LEGEND = "+ add   ~ update   ^ reactivate   > join   < leave   - deactivate   ! held"


def held_rows(view: PlanView, actions: list[StoredAction], most: int) -> Iterator[str]:
    """Held rows that have no action to show them by."""
    shown = {stored.action.person_key for stored in actions if stored.action.hold}
    rows = [row for row in view.held_rows if row.person_key not in shown]
    for row in rows[:most]:
        yield f"  ! . {row.person_key:<10}  held: {row.reason.value}  {row.detail} (row {row.row})"
    if len(rows) > most:
        yield f"    … and {len(rows) - most:,} more held rows: exceptions/ of ascip-sync export"


def unmapped(view: PlanView, most: int) -> Iterator[str]:
    """What the mapping lacks, each word once: the lines of actions don't name it."""
    lacking = Counter(row.detail for row in view.held_rows if row.reason in _UNMAPPED)
    for detail, rows in lacking.most_common(most):
        yield f"  ! {rows:,} {'row' if rows == 1 else 'rows'}: {detail}"
    if lacking:
        left = len(lacking) - most
        more = f"{left:,} more such {'value' if left == 1 else 'values'}. " if left > 0 else ""
        yield f"    {more}What they may mean: ascip-sync mapping suggest --csv FILE"


_UNMAPPED = frozenset({HeldReason.UNMAPPED_SITE, HeldReason.UNMAPPED_BUCKET_VALUE})


def sample(
    actions: Iterable[StoredAction], per_kind: int, facts: Mapping[str, object]
) -> Iterator[str]:
    """Up to ``per_kind`` actions of each kind and hold, held ones first."""
    buckets = bucket_names(facts)
    groups: dict[tuple[int, Kind, str], list[StoredAction]] = {}
    counts: Counter[tuple[int, Kind, str]] = Counter()
    for stored in actions:
        action = stored.action
        hold = action.hold.value if action.hold else ""
        key = (0 if hold else 1, action.kind, hold)
        counts[key] += 1
        # A removal of somebody HR has no number for is worth a look: those are never left out.
        unnumbered = action.kind is Kind.DEACTIVATE and action.person_key.startswith("ascip:")
        if len(groups.setdefault(key, [])) < per_kind or unnumbered:
            groups[key].append(stored)
    order = list(SYMBOLS)
    for key in sorted(groups, key=lambda k: (k[0], order.index(k[1]), k[2])):
        for stored in groups[key]:
            yield from _action_lines(stored, buckets)
        if (more := counts[key] - len(groups[key])) > 0:
            held = f" held: {key[2]}" if key[2] else ""
            yield f"    … and {more:,} more {key[1].value}{held}"


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
            yield f"        {change_text(change, buckets)}{held}"


def change_text(change: Change, buckets: Mapping[str, str]) -> str:
    """From what to what; addresses are masked."""
    before = change.before_name or ("-" if change.before is None else str(change.before))
    after = change.after_name or ("-" if change.after is None else str(change.after))
    if change.path in ("email", "username", "personal_email"):
        before, after = _mask(before), _mask(after)
    name = buckets.get(change.path, change.path)
    return f'{name} "{before}" -> "{after}"'


def bucket_names(facts: Mapping[str, object]) -> dict[str, str]:
    """Path → how a bucket is called."""
    named = cast("dict[str, str]", facts.get("buckets", {}))
    return {f"buckets.{bucket}": f'bucket "{name}"' for bucket, name in named.items()}


def _mask(text: str) -> str:
    local, at, host = text.partition("@")
    return f"{local[:1]}***{at}{host}" if text != "-" else text
