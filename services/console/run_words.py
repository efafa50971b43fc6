"""Where a run stands, in words: what happened, whether anything was written, what to do."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.console.words import capitalize_first, counted, spoken
from shared.domain.action import ActionStatus
from shared.domain.run import PausedReason, Phase, Run, RunMode, RunState, TargetName
from shared.domain.shadow import SHADOW
from shared.pipeline.look_at_run import RunLook
from shared.pipeline.run_news import WHY_PAUSED

_S, _A = RunState, ActionStatus
_WRITTEN = (_A.SUCCEEDED, _A.UNKNOWN, _A.ATTEMPTING)
_BAD = (_A.FAILED, _A.CONFLICT, _A.UNKNOWN, _A.NOT_ATTEMPTED)
_LEFT = (_A.PLANNED, _A.ATTEMPTING, _A.UNKNOWN)
_BY_ITSELF = "It goes on by itself."
#: A shorter wait is over before it is read.
_SHORTEST_WAIT_S = 2.0
_NOTHING = "Nothing has been written."
_TARGETS = {TargetName.ASCIP: "ASCIP", TargetName.RECORDS: "the record store"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A sentence, what belongs to it, and the next step."""

    tone: str
    title: str
    words: str = ""
    to_do: str = ""
    #: The title as it is read aloud, where parts of it change all the time.
    aloud: str = ""


#: While the system works: what it does.
_DOING: Mapping[RunState, str] = {
    _S.QUEUED: "Waiting for its turn",
    _S.VALIDATING: "Reading the file",
    _S.FETCHING: "Reading {target}",
    _S.PLANNING: "Comparing the file with {target}",
    _S.APPLYING: "Applying",
}
_PHASES: Mapping[Phase, str] = {
    Phase.VERIFY: "Reading again what was written",
    Phase.REPORT: "Writing the reports",
}
#: What to do about a pause, by its reason; else nothing is in the way.
_MEND: Mapping[str, str] = {
    PausedReason.AUTH: "Have the key corrected, then resume. Nothing is marked failed because of it.",
    PausedReason.BREAKER: (
        "Do what the sentence says, then resume, or cancel what is left. If the plan has expired, plan again."
    ),
    PausedReason.THROTTLED: "Resume later, or cancel what is left.",
    PausedReason.AUDIT_UNAVAILABLE: "Have the database looked at, then resume.",
    PausedReason.FAILURE_RATE: (
        "Look at the errors and mend their cause, then resume, or cancel what is left."
    ),
    PausedReason.CONFLICT_RATE: (
        "Find out who else writes to ASCIP, then resume, or cancel what is left and plan again."
    ),
}


def told_of(look: RunLook) -> Told:
    """What there is to say of a run."""
    run = look.now.run
    if look.wait_s is not None:
        return _waiting(run, max(0.0, look.wait_s))
    if look.held_s >= _SHORTEST_WAIT_S:
        return _throttled(look.held_s)
    if run.state in _DOING:
        doing = _PHASES.get(look.phase, "") if look.phase else ""
        title = doing or _DOING[run.state].format(target=_TARGETS[run.target])
        return Told(tone="plain", title=title, words=run.detail or "")
    if run.state is _S.PAUSED:
        return _paused(look)
    return _at_rest(look)


def _paused(look: RunLook) -> Told:
    run = look.now.run
    why = WHY_PAUSED.get(PausedReason(run.reason)) if run.reason else None
    return Told(
        tone="warning", title=f"Paused: {why}" if why else "Paused",
        words=f"{_sentence(run.detail)} {_left(look)}".strip(),
        to_do=_MEND.get(run.reason or "", "Resume, or cancel what is left."),
    )  # fmt: skip


def _waiting(run: Run, left_s: float) -> Told:
    """It goes on by itself; that is no error."""
    match run.reason:
        case PausedReason.THROTTLED:
            return _throttled(left_s)
        case PausedReason.BREAKER:
            what = (run.detail or "ASCIP can't be reached").partition(";")[0]
            title = f"{what}, next try in {left_s:.0f} s"
            return Told(tone="warning", title=title, words=_BY_ITSELF, aloud=what)
        case _:
            title = _DOING.get(run.state, "Waiting").format(target=_TARGETS[run.target])
            return Told(tone="plain", title=title, words=_sentence(run.detail))


def _throttled(left_s: float) -> Told:
    what = "ASCIP is throttling"
    return Told(tone="plain", title=f"{what}, waiting {left_s:.0f} s", words=_BY_ITSELF, aloud=what)


def _at_rest(look: RunLook) -> Told:
    run = look.now.run
    match run.state:
        case _S.NO_CHANGES:
            return _no_changes(run)
        case _S.SKIPPED_UNCHANGED:
            told = _sentence(run.detail).rstrip(".").replace("Unchanged", "unchanged")
            return Told(
                tone="good", title=f"Skipped: {told}",
                words="File, mapping and configuration are those of that run, so ASCIP was not read again.",
            )  # fmt: skip
        case _S.REJECTED_INPUT:
            return Told(
                tone="bad", title="The file was refused", words=_with_written(look),
                to_do="Have it mended where it is made, then upload it again.",
            )  # fmt: skip
        case _S.FAILED:
            return Told(
                tone="bad", title="The run failed", words=_with_written(look),
                to_do="Mend what the reason names, then plan again.",
            )  # fmt: skip
        case _S.DISCARDED | _S.STALE:
            return _set_aside(look)
        case _S.HELD | _S.AWAITING_APPROVAL | _S.APPROVED:
            return _waits_for_people(look)
        case _:
            return _ended(look)


def _no_changes(run: Run) -> Told:
    checked = run.counts.get("accepted", 0)
    people = counted(int(str(checked)), *_noun(run))
    if run.mode is RunMode.DRIFT:
        return Told(
            tone="good",
            title="No drift",
            words=f"ASCIP is as it was applied last ({people} checked).",
        )
    what = (
        f"takes back nothing more of {run.reverts}" if run.reverts else f"matches {run.file_name}"
    )
    target = _TARGETS[run.target]
    return Told(
        tone="good", title="No changes", words=f"{capitalize_first(target)} {what} ({people} checked)."
    )  # fmt: skip


def _noun(run: Run) -> tuple[str, str]:
    return ("person", "people") if run.target is TargetName.ASCIP else ("record", "records")


def _set_aside(look: RunLook) -> Told:
    run = look.now.run
    if run.state is _S.STALE:
        by = (
            f"{run.superseded_by} has a newer file and takes its place."
            if run.superseded_by
            else ""
        )
        return Told(
            tone="quiet", title="The plan is out of date", words=f"{_with_written(look)} {by}".strip(),
            to_do="Plan again.",
        )  # fmt: skip
    if run.mode is RunMode.DRIFT:
        return Told(tone="warning", title="Drift found", words=_with_written(look))
    if run.reason == SHADOW:
        return Told(tone="quiet", title="Planned in shadow mode", words=_with_written(look))
    return Told(tone="quiet", title="The plan was discarded", words=_with_written(look))


def _waits_for_people(look: RunLook) -> Told:
    run, held = look.now.run, look.count(_A.HELD)
    waits = counted(look.approved, "action")
    more = f" {held:,} more {'is' if held == 1 else 'are'} held." if held else ""
    match run.state:
        case _S.HELD:
            return Told(
                tone="attention", title=f"Nothing can be approved as it is: {counted(held, 'action')} held",
                words=_NOTHING, to_do="An approver releases what is right, or discards the plan.",
            )  # fmt: skip
        case _S.AWAITING_APPROVAL:
            return Told(
                tone="attention", title=f"{waits} planned, to be approved", words=f"{_NOTHING}{more}",
                to_do="An approver reviews the plan.",
            )  # fmt: skip
        case _:
            return Told(
                tone="attention", title=f"Approved: {waits} to be applied", words=f"{_NOTHING}{more}",
                to_do="An operator applies it.",
            )  # fmt: skip


def _ended(look: RunLook) -> Told:
    run = look.now.run
    title = {
        _S.APPLIED: "Applied", _S.APPLIED_WITH_ERRORS: "Applied with errors", _S.CANCELED: "Canceled",
    }[run.state]  # fmt: skip
    if look.plan is None:
        return Told(tone="quiet", title=f"{title} before a plan was made", words=_NOTHING)
    done = f"{look.count(_A.SUCCEEDED):,} of {counted(look.approved, 'approved action')} succeeded"
    bad = "".join(f", {n:,} {spoken(status)}" for status in _BAD if (n := look.count(status)))
    held = f"; {n:,} held" if (n := look.count(_A.HELD)) else ""
    left = f" Still to do: {n:,}." if (n := look.count(_A.PLANNED, _A.ATTEMPTING)) else ""
    retry = "Retry repeats only what failed or was not attempted." if look.count(*_BAD) else ""
    if not retry and look.count(_A.HELD):
        retry = "What is held comes back in the next plan; the report says why it is held."
    tone = "good" if run.state is _S.APPLIED else "warning"
    return Told(tone=tone, title=title, words=f"{done}{bad}{held}.{left}", to_do=retry)


def _left(look: RunLook) -> str:
    done, left = look.count(_A.SUCCEEDED), look.count(*_LEFT)
    return f"{counted(done, 'action')} succeeded, {left:,} left."


def _with_written(look: RunLook) -> str:
    """What the run says of itself, and whether anything was written if it doesn't."""
    said = _sentence(look.now.run.detail) or _sentence(spoken(look.now.run.reason or ""))
    if "othing was" in said or "othing has been" in said:
        return said
    written = look.count(*_WRITTEN)
    wrote = f"{counted(written, 'action')} had been written before." if written else _NOTHING
    return f"{said} {wrote}".strip()


def _sentence(text: str | None) -> str:
    told = (text or "").strip()
    if not told:
        return ""
    return capitalize_first(told) + ("" if told.endswith((".", "!", "?")) else ".")
