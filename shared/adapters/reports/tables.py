"""The tables of a run: columns and rows of `actions.csv`, `changes.csv` and `exceptions/*.csv`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain

from shared.adapters.reports.cells import Cell
from shared.adapters.reports.names import bucket_columns, bucket_names, field_name
from shared.adapters.reports.remedies import MISMATCH_REMEDIES
from shared.adapters.reports.tally import Tally
from shared.adapters.reports.words import utc
from shared.domain.action import ActionStatus, HeldReason
from shared.domain.canonical import Json
from shared.domain.catalogue import rule_of
from shared.domain.held_rows import HeldRow
from shared.domain.remedies import HELD_REMEDIES, outcome_remedy
from shared.domain.removal import reported_sentence
from shared.domain.reversal import LEFT_OUT_WORDS, LeftOut
from shared.ports.extracts import QuarantineEntry
from shared.ports.plans import StoredAction
from shared.ports.presence import ListedAbsentee
from shared.ports.records import WarnedRow

#: `held_reason` is of what is held now; once the hold is lifted its reason is in `released_from`.
ACTIONS = (
    "action_id", "kind", "class", "person_key", "ascip_id", "email_masked", "group_id", "group",
    "site", "marks", "match", "status", "held_reason", "released_from", "outcome_code", "settled",
    "source_row", "reason", "intent_at", "outcome_at",
)  # fmt: skip
#: Joined with the actions on `action_id`; a change with a `held_reason` is not sent.
CHANGES = ("action_id", "path", "before", "before_name", "after", "after_name", "held_reason")
#: How every exception begins: where it stands in the extract, what it is, whom it is about, what to do.
#: `class` is a violation's or an action's; `line` is empty for who isn't in the extract.
EXCEPTION = ("row", "line", "column", "code", "class", "person_key", "detail", "remedy")
#: One line per violation: a row with two faults has two. `person_key` is its employee id if certain.
QUARANTINED = (*EXCEPTION, "last_line", "value_class", "file")
#: One line per row that was not taken, with everything that is wrong with it.
ROW_ERRORS = ("file", *EXCEPTION, "last_line")
#: One line per warning of a governed row that was taken all the same.
WARNINGS = EXCEPTION
#: Rows that are held, then actions; what a row is held for is not told again for its actions.
HELD = (*EXCEPTION, "action_id", "kind", "email_masked")
#: Of `conflicts.csv` and `failed.csv`: first rows of which nobody knows who is meant, then actions.
ENDED = (
    *EXCEPTION, "action_id", "kind", "ascip_id", "email_masked", "group_id", "group", "site",
    "status", "holder_id", "outcome_at",
)  # fmt: skip
#: Of an export: joined with its actions on `action_id`.
ERRORS = ("action_id", "status", "code", "remedy", "holder_id", "outcome_at")
#: What reading again after the last action did not find as it was written.
MISMATCHES = (
    "action_id", "kind", "person_key", "ascip_id", "email_masked", "group_id", "group", "mismatch",
    "verified_at", "remedy",
)  # fmt: skip
#: One line per value: where it stands first, and in how many rows.
UNMAPPED = (*EXCEPTION, "rows")
#: One line per person whom the run only reports.
WOULD_REMOVE = ("person_key", "reason")
#: Of a run that takes another one back: of whom it takes nothing back.
LEFT_OUT = ("key", "ascip_id", "reason", "fields", "detail")

#: Active people of ASCIP whom no row keeps: what the plan makes of each, and what it knows of them.
ABSENTEES = (
    "person_key", "ascip_id", "email_masked", "fate", "because", "end_date", "row", "absent_since",
    "grace_days", "leaves_on", "last_seen_on", "last_seen_row", "last_seen_file", "last_seen_sha256",
    "last_seen_run",
)  # fmt: skip

_NO_ID = "no trustworthy id"
#: Rows held for these are in `conflicts.csv`.
WHO_IS_WHO = frozenset({HeldReason.IDENTITY_CONFLICT, HeldReason.KEY_CYCLE})
_COLUMN_OF = {HeldReason.UNMAPPED_SITE: "site_code"}

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


def ended_row(stored: StoredAction, lines: Mapping[int, int]) -> Sequence[Cell]:
    """A line of `conflicts.csv` or `failed.csv`."""
    action = stored.action
    code = stored.outcome_code or stored.status.value
    remedy = outcome_remedy(stored.status, stored.outcome_code)
    return [
        *_of_action(stored, code, remedy, lines),
        action.id, action.kind.value, stored.ascip_id, action.email_masked, action.group_id,
        action.group_name, action.site, stored.status.value, stored.holder_id,
        utc(stored.outcome_at, _MILLISECONDS),
    ]  # fmt: skip


def error_row(stored: StoredAction) -> Sequence[Cell]:
    """A line of an export's `errors.csv`."""
    code = stored.outcome_code
    return [
        stored.action.id, stored.status.value, code, outcome_remedy(stored.status, code),
        stored.holder_id, utc(stored.outcome_at, _MILLISECONDS),
    ]  # fmt: skip


def _of_action(
    stored: StoredAction, code: str, remedy: str | None, lines: Mapping[int, int]
) -> Sequence[Cell]:
    action = stored.action
    held = [c.path for c in action.changes if c.hold] if stored.status is ActionStatus.HELD else []
    return [
        action.source_row, lines.get(action.source_row or 0), " ".join(held), code,
        action.action_class.value, action.person_key, action.reason, remedy,
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
            rule = rule_of(violation.code)
            yield [
                entry.row, entry.line, violation.column, violation.code,
                rule.violation_class if rule else None, entry.source_id or _NO_ID,
                violation.detail, rule.remedy if rule else None,
                entry.last_line, violation.value_class, file,
            ]  # fmt: skip


def row_errors(file: str, entries: Iterable[QuarantineEntry]) -> Iterator[Sequence[Cell]]:
    """Lines of a run's `errors.csv`."""
    for entry in entries:
        found = entry.violations
        rules = [rule for violation in found if (rule := rule_of(violation.code))]
        yield [
            file, entry.row, entry.line, _joined(v.column or "" for v in found),
            _joined(v.code for v in found), _joined(r.violation_class.value for r in rules),
            entry.source_id or _NO_ID, _joined(v.detail for v in found),
            _joined(r.remedy for r in rules), entry.last_line,
        ]  # fmt: skip


def _joined(words: Iterable[str]) -> str:
    """Each once, in order."""
    return "; ".join(dict.fromkeys(filter(None, words)))


def warned_rows(rows: Iterable[WarnedRow]) -> Iterator[Sequence[Cell]]:
    """Lines of `warnings.csv`."""
    for row in rows:
        for violation in row.warnings:
            rule = rule_of(violation.code)
            yield [
                row.row, row.line, violation.column, violation.code,
                rule.violation_class if rule else None, row.source_id, violation.detail,
                rule.remedy if rule else None,
            ]  # fmt: skip


def held_row(held: HeldRow) -> Sequence[Cell]:
    """A row of the extract, in `held.csv`."""
    return [*_of_row(held), None, None, None]


def conflicting_row(held: HeldRow) -> Sequence[Cell]:
    """A row of which nobody knows who is meant, in `conflicts.csv`."""
    return [*_of_row(held), *[None] * (len(ENDED) - len(EXCEPTION))]


def _of_row(held: HeldRow) -> Sequence[Cell]:
    return [
        held.row, held.line, _COLUMN_OF.get(held.reason), held.reason, None, held.person_key,
        held.detail, HELD_REMEDIES[held.reason],
    ]  # fmt: skip


def held_action(stored: StoredAction, lines: Mapping[int, int]) -> Sequence[Cell]:
    """A line of `held.csv` for an action."""
    action, hold = stored.action, stored.action.hold or HeldReason.GATE
    return [
        *_of_action(stored, hold, HELD_REMEDIES[hold], lines),
        action.id, action.kind.value, action.email_masked,
    ]  # fmt: skip


def absentee_rows(absentees: Iterable[ListedAbsentee]) -> Iterator[Sequence[Cell]]:
    """Lines of `absentees.csv`."""
    for who in absentees:
        yield [
            who.person_key, who.ascip_id, who.email_masked, who.fate.value,
            who.because and who.because.value, _day(who.end_date), who.row, _day(who.since),
            who.grace_days, _day(who.leaves_on), _day(who.seen_on), who.seen_row, who.seen_file,
            who.seen_sha256, who.seen_run,
        ]  # fmt: skip


def left_out_rows(left_out: Iterable[LeftOut]) -> Iterator[Sequence[Cell]]:
    """Lines of `left_out.csv`."""
    for who in left_out:
        words = LEFT_OUT_WORDS[who.reason]
        yield [who.key, who.ascip_id, who.reason.value, " ".join(who.fields), words]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def would_remove_reason(facts: Mapping[str, Json]) -> str:
    """Why whoever is in `would_remove.csv` is only there."""
    return f"Has left, by this extract. {reported_sentence(facts)}"


def would_remove_rows(facts: Mapping[str, Json]) -> Iterator[Sequence[Cell]]:
    """Lines of `would_remove.csv`, from the plan's facts (`would_remove`)."""
    match facts.get("would_remove"):
        case [*keys]:
            for key in keys:
                yield [str(key), would_remove_reason(facts)]
        case _:
            return


def unmapped_rows(
    rows: Iterable[HeldRow], tally: Tally, facts: Mapping[str, Json], lines: Mapping[int, int]
) -> Iterator[Sequence[Cell]]:
    """Lines of `unmapped.csv`: sites of held rows, and values of held changes."""
    buckets, columns = bucket_names(facts), bucket_columns(facts)
    sites = [held for held in rows if held.reason is HeldReason.UNMAPPED_SITE]
    first = {held.detail: held.row for held in reversed(sites)}
    counts = Counter(held.detail for held in sites)
    of_sites = (
        (HeldReason.UNMAPPED_SITE, "site_code", d, counts[d], first[d]) for d in sorted(counts)
    )
    of_values = (
        (
            HeldReason.UNMAPPED_BUCKET_VALUE,
            columns.get(value.path),
            f"{value.value!r} is not a value of {field_name(value.path, buckets)}",
            count,
            row,
        )
        for value, (count, row) in sorted(tally.unmapped.items(), key=lambda item: str(item[0]))
    )
    for reason, column, detail, count, row in chain(of_sites, of_values):
        line = lines.get(row or 0)
        yield [row, line, column, reason, None, None, detail, HELD_REMEDIES[reason], count]
