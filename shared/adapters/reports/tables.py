"""The tables of a run: columns and rows of `actions.csv`, `changes.csv` and `exceptions/*.csv`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from shared.adapters.reports.cells import Cell
from shared.adapters.reports.names import field_name
from shared.adapters.reports.remedies import (
    HELD_REMEDIES,
    MISMATCH_REMEDIES,
    outcome_remedy,
)
from shared.adapters.reports.tally import Tally
from shared.adapters.reports.words import utc
from shared.domain.action import ActionStatus, HeldReason
from shared.domain.canonical import Json
from shared.domain.held_rows import HeldRow
from shared.domain.violation import RULES
from shared.ports.extracts import QuarantineEntry
from shared.ports.plans import StoredAction

#: `held_reason` is of what is held now; once the hold is lifted its reason is in `released_from`.
ACTIONS = (
    "action_id", "kind", "class", "person_key", "ascip_id", "email_masked", "group_id", "group",
    "site", "marks", "match", "status", "held_reason", "released_from", "outcome_code", "settled",
    "source_row", "reason", "intent_at", "outcome_at",
)  # fmt: skip
#: Joined with the actions on `action_id`; a change with a `held_reason` is not sent.
CHANGES = ("action_id", "path", "before", "before_name", "after", "after_name", "held_reason")
#: One line per violation: a row with two faults has two. `person_key` is its employee id if certain.
QUARANTINED = (
    "file", "row", "person_key", "line", "last_line", "column", "code", "class", "detail",
    "value_class", "remedy",
)  # fmt: skip
HELD = ("row", "line", "person_key", "reason", "detail", "remedy")
#: Of `conflicts.csv` and `failed.csv`; the latter holds `failed` and `unknown`.
ENDED = (
    "action_id", "kind", "class", "person_key", "ascip_id", "email_masked", "group_id", "group",
    "site", "status", "outcome_code", "holder_id", "source_row", "reason", "outcome_at", "remedy",
)  # fmt: skip
#: What reading again after the last action did not find as it was written.
MISMATCHES = (
    "action_id", "kind", "person_key", "ascip_id", "email_masked", "group_id", "group", "mismatch",
    "verified_at", "remedy",
)  # fmt: skip
#: One line per value: how many rows ask for it, and the first of them.
UNMAPPED = ("reason", "detail", "rows", "first_row", "remedy")
#: One line per person whom a first run only reports.
WOULD_REMOVE = ("person_key", "reason")

WOULD_REMOVE_REASON = (
    "Not in the extract, only reported by this run; the next plan will propose to remove them."
)
_NO_ID = "no trustworthy id"

_MILLISECONDS = "milliseconds"


def action_row(stored: StoredAction) -> Sequence[Cell]:
    """A line of `actions.csv`."""
    action = stored.action
    held = stored.status is ActionStatus.HELD
    return [
        action.id, action.kind.value, action.action_class.value, action.person_key,
        stored.ascip_id, action.email_masked, action.group_id, action.group_name, action.site,
        " ".join(action.marks), action.match_rule, stored.status.value,
        action.hold if held else None, None if held else action.hold,
        stored.outcome_code, stored.settled, action.source_row, action.reason,
        utc(stored.intent_at, _MILLISECONDS), utc(stored.outcome_at, _MILLISECONDS),
    ]  # fmt: skip


def change_rows(stored: StoredAction) -> Iterator[Sequence[Cell]]:
    """Lines of `changes.csv`."""
    for change in stored.action.changes:
        yield [
            stored.action.id, change.path, change.before, change.before_name,
            change.after, change.after_name, change.hold,
        ]  # fmt: skip


def ended_row(stored: StoredAction) -> Sequence[Cell]:
    """A line of `conflicts.csv` or `failed.csv`."""
    action = stored.action
    return [
        action.id, action.kind.value, action.action_class.value, action.person_key,
        stored.ascip_id, action.email_masked, action.group_id, action.group_name, action.site,
        stored.status.value, stored.outcome_code, stored.holder_id, action.source_row,
        action.reason, utc(stored.outcome_at, _MILLISECONDS),
        outcome_remedy(stored.status, stored.outcome_code),
    ]  # fmt: skip


def mismatch_row(stored: StoredAction) -> Sequence[Cell]:
    """A line of `mismatches.csv`."""
    action = stored.action
    return [
        action.id, action.kind.value, action.person_key, stored.ascip_id, action.email_masked,
        action.group_id, action.group_name, stored.mismatch,
        utc(stored.verified_at, _MILLISECONDS),
        MISMATCH_REMEDIES[stored.mismatch] if stored.mismatch else None,
    ]  # fmt: skip


def quarantined_rows(file: str, entries: Iterable[QuarantineEntry]) -> Iterator[Sequence[Cell]]:
    """Lines of `quarantined.csv`."""
    for entry in entries:
        for violation in entry.violations:
            rule = RULES.get(violation.code)
            yield [
                file, entry.row, entry.source_id or _NO_ID, entry.line, entry.last_line,
                violation.column, violation.code, rule.violation_class if rule else None,
                violation.detail, violation.value_class, rule.remedy if rule else None,
            ]  # fmt: skip


def held_rows(rows: Iterable[HeldRow]) -> Iterator[Sequence[Cell]]:
    """Lines of `held.csv`: rows of the extract; held actions are in `actions.csv`."""
    for held in rows:
        yield [
            held.row, held.line, held.person_key, held.reason, held.detail,
            HELD_REMEDIES[held.reason],
        ]  # fmt: skip


def would_remove_rows(facts: Mapping[str, Json]) -> Iterator[Sequence[Cell]]:
    """Lines of `would_remove.csv`, from the plan's facts (`would_remove`)."""
    match facts.get("would_remove"):
        case [*keys]:
            for key in keys:
                yield [str(key), WOULD_REMOVE_REASON]
        case _:
            return


def unmapped_rows(
    rows: Iterable[HeldRow], tally: Tally, buckets: dict[str, str]
) -> Iterator[Sequence[Cell]]:
    """Lines of `unmapped.csv`: sites of held rows, and bucket values of held changes."""
    sites = [held for held in rows if held.reason is HeldReason.UNMAPPED_SITE]
    first = {held.detail: held.row for held in reversed(sites)}
    counts = Counter(held.detail for held in sites)
    of_sites = ((HeldReason.UNMAPPED_SITE, d, counts[d], first[d]) for d in sorted(counts))
    of_buckets = (
        (
            HeldReason.UNMAPPED_BUCKET_VALUE,
            f"{value.value!r} is not a value of {field_name(value.path, buckets)}",
            count,
            row,
        )
        for value, (count, row) in sorted(tally.unmapped.items(), key=lambda item: str(item[0]))
    )
    for reason, detail, count, row in chain(of_sites, of_buckets):
        yield [reason, detail, count, row, HELD_REMEDIES[reason]]
