"""The first steps of an explanation: the row, whether it is ours to decide, and who is meant."""

from collections.abc import Iterable

from shared.domain.action import HeldReason
from shared.domain.canonical import Json
from shared.domain.explanation import Step, StepName, StepStatus
from shared.domain.identity import WEAK
from shared.domain.removal import LEFT_ALONE, SHIELDED, Fate, is_protected
from shared.domain.reversal import LEFT_OUT_WORDS
from shared.domain.snapshot import Person, PersonStatus
from shared.domain.staff import StaffRecord
from shared.domain.text import masked_email
from shared.domain.violation import Violation
from shared.pipeline.explain_file import as_read
from shared.pipeline.explain_ground import MASKED, Ground, step
from shared.ports.extracts import QuarantineEntry
from shared.ports.presence import ListedAbsentee

_S = StepStatus


def import_step(ground: Ground) -> Step:
    """The row as it was read; of a row that was not taken what is wrong with it, never the value."""
    file, taken, refused = ground.run.file_name, ground.trace.rows, ground.trace.quarantined
    words = [_row(row.record, file) for row in taken]
    words += [_tidied(column, text, ground) for column, text in ground.written.items()]
    words += [
        f"Row {e.row} (line {e.line}) was not taken: {faults(e.violations)}." for e in refused
    ]
    detail: dict[str, Json] = {
        "file": file, "rows": [_normalised(row.record) for row in taken],
        "not_taken": [_not_taken(entry) for entry in refused],
    }  # fmt: skip
    if words:
        status = _S.WARNING if taken and refused else _S.FAILURE if refused else _S.SUCCESS
        return step(StepName.IMPORT, status, words, detail)
    if found := ground.unstored:
        told = f"was not taken: {faults(found.faults)}" if found.faults else "was read"
        words = [f"Row {found.row} (line {found.line}) of {file} {told}."]
        status = _S.FAILURE if found.faults else _S.SUCCESS
        return step(StepName.IMPORT, status, words, detail | {"row": found.row, "line": found.line})
    counts = {
        name: int(str(ground.run.counts.get(name, 0))) for name in ("accepted", "quarantined")
    }
    if back := ground.run.reverts:
        return step(
            StepName.IMPORT, _S.SKIPPED, [f"Reads no extract: it takes {back} back."], detail
        )
    none = (
        f"No row of theirs was taken from {file}; it has {counts['accepted']:,} rows that were, and"
        f" {counts['quarantined']:,} that were not."
    )
    return step(StepName.IMPORT, _S.SKIPPED if ground.delta else _S.WARNING, [none], detail)


def _row(record: StaffRecord, file: str | None) -> str:
    sites = f"site{'' if len(record.site_codes) == 1 else 's'} {', '.join(record.site_codes)}"
    return (
        f"Row {record.row} (line {record.line}) of {file}: {record.first_name} {record.last_name},"
        f" {masked_email(record.work_email)}, {sites}."
    )


def _tidied(column: str, text: str, ground: Ground) -> str:
    """What a cell was made into; of an address only that it was."""
    if column in MASKED or ground.record is None:
        return f"{column} was tidied."
    return f"{column}: {text!r} is read as {as_read(ground.record, column)!r}."


def faults(violations: Iterable[Violation]) -> str:
    """Everything that is wrong with a row, never its values."""
    return "; ".join(
        f"{f'{v.column}: ' if v.column else ''}{v.detail} ({v.code})" for v in violations
    )


def _not_taken(entry: QuarantineEntry) -> Json:
    return {
        "row": entry.row, "line": entry.line,
        "errors": [
            {"column": v.column, "code": v.code, "detail": v.detail} for v in entry.violations
        ],
    }  # fmt: skip


def _normalised(record: StaffRecord) -> Json:
    """Every value as it is compared; addresses and logins are masked."""
    values = record.to_json()
    for name in MASKED & values.keys():
        values[name] = masked_email(str(values[name])) if values[name] else None
    return values


def scoping_step(ground: Ground) -> Step:
    """Whether they are ours to add, change or remove."""
    if (found := ground.unstored) and found.column:
        told = (
            f"Excluded: {found.column} has a value that a rule declares not ours (staff.exclude)."
            " Whoever the row names is never added, changed or removed."
        )
        return step(StepName.SCOPING, _S.SKIPPED, [told], {"excluded_by": found.column})
    if _guarded(ground):
        words = [
            "Protected: the mapping names the account or its role (protected). Nobody touches it."
        ]
        return step(StepName.SCOPING, _S.WARNING, words, {"protected": True})
    if absentee := ground.trace.absentee:
        return _absent(absentee, ground)
    if ground.plan is None:
        return step(StepName.SCOPING, _S.SKIPPED, [_unplanned(ground)])
    if ground.run.reverts:
        return _taken_back(ground)
    if ground.record:
        told = "Ours to decide about: managed, and neither excluded nor protected."
        words = ["Their row says that they have left." if ground.left else told]
        return step(StepName.SCOPING, _S.SUCCESS, words, {"has_left": ground.left})
    return step(StepName.SCOPING, _S.SKIPPED, [_nothing_to_decide(ground)])


def _taken_back(ground: Ground) -> Step:
    if (who := ground.left_out) is None:
        told = "Only whom that run has changed is looked at, and nobody else is touched."
        return step(StepName.SCOPING, _S.SUCCESS, [told])
    told = f"Left out, nothing of theirs is taken back: {LEFT_OUT_WORDS[who.reason]}."
    detail: dict[str, Json] = {"left_out": who.reason.value, "fields": list(who.fields)}
    return step(StepName.SCOPING, _S.WARNING, [told], detail)


def _guarded(ground: Ground) -> bool:
    if not (ground.person and ground.mapping and ground.reference):
        return False
    return is_protected(ground.person, mapping=ground.mapping, reference=ground.reference)


def _nothing_to_decide(ground: Ground) -> str:
    person = ground.person
    if person and person.status is PersonStatus.INACTIVE:
        return "Inactive in ASCIP already: there is nothing to remove."
    if person and ground.delta:
        return "A file of changes says nothing of whom it doesn't mention: they stay as they are."
    if ground.trace.reading:
        return "No row speaks for them, and nothing of theirs is left to remove."
    return "Neither the file nor ASCIP knows them."


_FATES = {
    Fate.REMOVED: "They have left, and are in scope: the plan removes them.",
    Fate.REPORTED: "They have left; the ladder, or a first run, only reports it (staff.removal).",
    Fate.IN_GRACE: "They have left, and are in their grace.",
    Fate.DAMAGED_ROW: "Shielded: a row that was not taken names them, or may. Nothing is taken from them.",
    Fate.EXCLUDED_ROW: "Excluded: a row that a rule declares not ours names them (staff.exclude)."
    " They are never added, changed or removed.",
    Fate.HELD_ROW: "Shielded: a row that is held may mean them. Nothing is taken from them.",
    Fate.UNREAD: "Shielded: what ASCIP shows of them could not be read completely.",
    Fate.PROTECTED: "Protected: the mapping names the account or its role (protected). Nobody touches it.",
    Fate.OUT_OF_SCOPE: "Not managed: outside of what staff.scope says is ours.",
}


def _absent(absentee: ListedAbsentee, ground: Ground) -> Step:
    words = [_FATES[absentee.fate]]
    if absentee.because and absentee.since:
        words.append(
            f"Since {absentee.since}, because: {absentee.because.value.replace('_', ' ')}."
        )
        if absentee.leaves_on and absentee.grace_days:
            words.append(f"{absentee.grace_days} days of grace end on {absentee.leaves_on}.")
    if absentee.seen_run:
        words.append(
            f"Last seen in row {absentee.seen_row} of {absentee.seen_file}, {absentee.seen_run}."
        )
    status = _S.WARNING
    if absentee.fate is Fate.REMOVED:
        status = _S.SUCCESS
    elif absentee.fate in LEFT_ALONE or absentee.fate is Fate.EXCLUDED_ROW:
        status = _S.SKIPPED
    detail: dict[str, Json] = {
        "fate": absentee.fate.value, "shielded": absentee.fate in SHIELDED,
        "because": absentee.because.value if absentee.because else None,
        "since": str(absentee.since) if absentee.since else None,
        "leaves_on": str(absentee.leaves_on) if absentee.leaves_on else None,
        "has_left": ground.left or absentee.because is not None,
        "last_seen": _last_seen(absentee),
    }  # fmt: skip
    return step(StepName.SCOPING, status, words, detail)


def _last_seen(absentee: ListedAbsentee) -> Json:
    if absentee.seen_run is None:
        return None
    return {
        "run_id": absentee.seen_run, "file": absentee.seen_file, "row": absentee.seen_row,
        "on": str(absentee.seen_on),
    }  # fmt: skip


def matching_step(ground: Ground) -> Step:
    """Who in ASCIP is meant, and by which rule."""
    row, person, plan = ground.row, ground.person, ground.plan
    detail: dict[str, Json] = {"ascip": _shown(person) if person else None}
    if plan is None:
        return step(StepName.MATCHING, _S.SKIPPED, [_unplanned(ground)], detail)
    if row and row.hold is HeldReason.IDENTITY_CONFLICT:
        words = [f"Nobody is guessed: {row.hold_detail}."]
        return step(StepName.MATCHING, _S.FAILURE, words, detail | {"hold": row.hold.value})
    rule = row.match_rule if row else None
    if rule is None and row:  # of a plan from before the rule was kept with the row
        told = {stored.action.match_rule for stored in ground.trace.actions} - {None}
        rule_words = next(iter(told), None)
    else:
        rule_words = rule.value if rule else None
    detail["rule"] = rule_words
    if person is None:
        return _without_person(ground, detail)
    if row is None:
        words = [f"There is no row to match with; {_who(person)} as it was read for this run."]
        return step(StepName.MATCHING, _S.SKIPPED, words, detail)
    by = f" by {rule_words.replace('_', ' ')}" if rule_words else ""
    words = [f"Matched{by}: {_who(person)}."]
    weak = rule in WEAK
    if weak:
        words.append("An address or a login alone says so (weak_match).")
    return step(StepName.MATCHING, _S.WARNING if weak else _S.SUCCESS, words, detail)


def _without_person(ground: Ground, detail: dict[str, Json]) -> Step:
    reading = ground.trace.reading
    if reading is not None:
        words = [f"ASCIP lists them, but their details could not be read ({reading.missing})."]
        return step(StepName.MATCHING, _S.WARNING, words, detail | {"missing": reading.missing})
    if ground.row is None:
        words = ["There is no row to match with, and nobody in ASCIP goes with this key."]
        return step(StepName.MATCHING, _S.SKIPPED, words, detail)
    return step(StepName.MATCHING, _S.SUCCESS, ["Nobody in ASCIP fits: somebody new."], detail)


def _who(person: Person) -> str:
    return f"ASCIP {person.id}, {masked_email(person.email)}, {person.status.value}"


def _shown(person: Person) -> Json:
    """As ASCIP has them; addresses and logins are masked."""
    values = person.to_json()
    for name in MASKED & values.keys():
        values[name] = masked_email(str(values[name])) if values[name] else None
    return values


def _unplanned(ground: Ground) -> str:
    return f"The run is {ground.run.state_and_reason}: it has no plan."
