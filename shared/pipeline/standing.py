"""How everything stands, in one sentence and the next step: judged from facts alone.

`overview` reads the facts; the first page of the console says the first standing and lists the rest.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from shared.domain.action import ActionStatus, Kind
from shared.domain.audit import Actor
from shared.domain.gate_rules import GateName
from shared.domain.gate_words import gate_words
from shared.domain.gates import Gate
from shared.domain.run import Next, PausedReason, Run, RunState, next_after
from shared.domain.shadow import SHADOW
from shared.domain.sync_switch import SyncPause
from shared.domain.text import rows_in_words
from shared.pipeline.run_news import WHY_FAILED, WHY_PAUSED
from shared.ports.trends import Contact, PastRun

#: Words and moments in turn; whoever shows it writes the moments in the district's time.
Sentence: TypeAlias = tuple[str | datetime, ...]


class About(StrEnum):
    """What a standing is about, most urgent first."""

    STOPPED = "stopped"  # a run stands still in the middle of writing
    HELD = "held"
    WAITS = "waits"  # for an approver
    FAILED = "failed"
    ERRORS = "errors"  # applied, but not all of it
    OVERDUE = "overdue"
    TARGET = "target"  # ASCIP didn't answer the last call
    SYNC_PAUSED = "sync_paused"  # somebody has paused all syncing
    APPROVED = "approved"
    GOES = "goes"  # something is being done
    NO_RUNS = "no_runs"
    ENDED = "ended"  # the newest extract came to nothing
    IN_SYNC = "in_sync"


class Tone(StrEnum):
    """How much it should stand out."""

    WRONG = "bad"
    CARE = "warning"
    ASK = "attention"  # a person is wanted, and nothing is wrong
    CALM = "plain"
    GOOD = "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One thing that is the case, who acts next, and where."""

    about: About
    tone: Tone
    sentence: Sentence
    next: Next
    #: None where it is about no run, or about several in `states`.
    run_id: str | None = None
    states: Sequence[RunState] = ()
    #: What the run says of itself, or the reason of a pause.
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRun:
    """A run that goes on, or waits for somebody, with what its plan says."""

    run: Run
    #: Of its plan: gates, actions by kind and those of them that are held.
    tripped: Sequence[Gate] = ()
    planned: Mapping[Kind, int] = field(default_factory=dict)
    held: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is judged."""

    #: Of all feeds, newest first.
    open: Sequence[OpenRun]
    #: Whether any feed has any run.
    begun: bool
    #: Of the staff feed: the newest run of an extract, and the newest that ASCIP matched at the end.
    newest: PastRun | None
    in_sync: PastRun | None
    last_file_at: datetime | None
    #: When a file was due that has not come.
    missed: datetime | None
    contact: Contact
    #: The pause of all syncing that holds.
    pause: SyncPause | None = None


_S = RunState
_GOING = (_S.QUEUED, _S.VALIDATING, _S.FETCHING, _S.PLANNING, _S.APPLYING)
#: States of runs that `Facts.open` has.
OPEN_STATES = (_S.PAUSED, _S.HELD, _S.AWAITING_APPROVAL, _S.APPROVED, *_GOING)
_DOING = {
    _S.QUEUED: "waits for its turn",
    _S.VALIDATING: "is reading its extract",
    _S.FETCHING: "is reading ASCIP",
    _S.PLANNING: "is comparing the extract with what there is",
    _S.APPLYING: "is being applied",
}
_CAME_TO = {
    _S.DISCARDED: "was discarded",
    _S.STALE: "is out of date",
    _S.CANCELED: "was canceled",
}
_PROPOSED = (
    ((Kind.ADD,), "addition", "additions"),
    ((Kind.REACTIVATE,), "reactivation", "reactivations"),
    ((Kind.UPDATE,), "update", "updates"),
    ((Kind.DEACTIVATE, Kind.RETIRE), "removal", "removals"),
    ((Kind.JOIN, Kind.LEAVE), "group change", "group changes"),
)
_NO_ANSWER = {
    "http_401": "refuses our key",
    "http_403": "refuses our key",
    "http_429": "asks us to wait",
}
_WRITTEN = (ActionStatus.SUCCEEDED, ActionStatus.UNKNOWN, ActionStatus.ATTEMPTING)


def standings(facts: Facts) -> list[Standing]:
    """Everything that is the case, most urgent first; never nothing."""
    found = [*_open(facts.open), *_newest(facts), *_source(facts), *_target(facts.contact)]
    if facts.pause:
        found.append(_paused(facts.pause))
    return sorted(found, key=lambda standing: list(About).index(standing.about))


def _open(runs: Sequence[OpenRun]) -> Iterator[Standing]:
    """Those that are told apart by state; several that wait for the same are one standing."""
    alike: defaultdict[RunState, list[OpenRun]] = defaultdict(list)
    for each in runs:
        alike[each.run.state].append(each)
    for state, those in alike.items():
        match state:
            case _S.PAUSED:
                yield from (_stopped(each.run) for each in those)
            case _S.HELD:
                yield _of(About.HELD, Tone.ASK, those, _held_words(those))
            case _S.AWAITING_APPROVAL:
                yield _of(About.WAITS, Tone.ASK, those, _waiting_words(those))
            case _S.APPROVED:
                words = _counted(len(those), "approved plan has", "approved plans have")
                yield _of(About.APPROVED, Tone.ASK, those, f"{words} not been applied yet.")
            case _:
                yield from (_goes(each.run) for each in those)


def _of(about: About, tone: Tone, those: Sequence[OpenRun], words: str) -> Standing:
    first = those[0].run
    return Standing(
        about=about, tone=tone, sentence=(words,), next=next_after(first.state),
        run_id=first.id if len(those) == 1 else None, states=(first.state,),
        detail=_proposal(those[0]) if len(those) == 1 else "",
    )  # fmt: skip


def _proposal(open_run: OpenRun) -> str:
    """What a plan wants, in a sentence; empty of one that was not looked at."""
    if not open_run.planned:
        return ""
    told = ", ".join(
        _counted(count, one, more)
        for kinds, one, more in _PROPOSED
        if (count := sum(open_run.planned.get(kind, 0) for kind in kinds))
    )
    return f"{open_run.run.made_from[:1].upper()}{open_run.run.made_from[1:]}: {told}."


def _stopped(run: Run) -> Standing:
    why = "by a person"
    if run.reason != PausedReason.OPERATOR:
        why = WHY_PAUSED.get(PausedReason(str(run.reason)), "") or str(run.reason)
    words: Sentence = (f"Applying has paused: {why}.",)
    if run.goes_on_at:
        words = (f"Applying has paused: {why}. It goes on by itself, at ", run.goes_on_at, ".")
    elif run.reason == PausedReason.OPERATOR:
        words = ("Applying was paused by a person.",)
    return Standing(
        about=About.STOPPED, tone=Tone.CALM if run.goes_on_at else Tone.WRONG, sentence=words,
        next=run.next, run_id=run.id, states=(run.state,), detail=run.detail or "",
    )  # fmt: skip


def _paused(pause: SyncPause) -> Standing:
    by = Actor.parse(pause.paused_by).name
    words: Sentence = (f"Syncing is paused by {by} until somebody resumes it.",)
    if pause.until:
        words = (f"Syncing is paused by {by} until ", pause.until, ".")
    after = Next("system", "resume") if pause.until else Next("operator", "resume")
    return Standing(
        about=About.SYNC_PAUSED, tone=Tone.CARE, sentence=words, next=after, detail=pause.reason
    )


def _held_words(those: Sequence[OpenRun]) -> str:
    if len(those) > 1:
        return f"{len(those)} plans are held. Nothing was written."
    first = those[0]
    told = _limits(first.tripped) or f"{_counted(first.held, 'action is', 'actions are')} held."
    return f"{told} Nothing was written."


def _waiting_words(those: Sequence[OpenRun]) -> str:
    told = _counted(len(those), "plan needs approval", "plans need approval")
    limits = _limits([gate for each in those for gate in each.tripped])
    return f"{told}. {limits}".rstrip() if limits else f"{told}."


def _limits(tripped: Iterable[Gate]) -> str:
    """The gate that people ask for first, and how many more there are."""
    gates = sorted(tripped, key=lambda gate: gate.name is not GateName.REMOVALS)
    if not gates:
        return ""
    first, more = gates[0], len(gates) - 1
    if first.name is GateName.REMOVALS:
        removals = _counted(first.value, "removal is", "removals are")
        told = f"{removals} held: the limit is {first.limit:,}."
    else:
        classes = " and ".join(each.value.replace("_", " ") for each in first.classes)
        told = f"{classes[:1].upper()}{classes[1:]} are held: {gate_words(first)}."
    if more == 1:
        return f"{told} One more limit is reached: {gates[1].name.value.replace('_', ' ')}."
    return told + (f" {more} more limits are reached." if more else "")


def _goes(run: Run) -> Standing:
    doing = _DOING[run.state]
    if run.is_put_off:
        doing = "is put off: the calendar or a pause of all syncing says when it goes on"
    return Standing(
        about=About.GOES, tone=Tone.CALM, sentence=(f"A run of the feed {run.feed} {doing}.",),
        next=run.next, run_id=run.id, states=(run.state,), detail=run.detail or "",
    )  # fmt: skip


def _newest(facts: Facts) -> Iterator[Standing]:
    """Where the newest staff extract has left us."""
    newest, since = facts.newest, facts.in_sync
    if newest is None:
        what = "No run of the staff feed yet" if facts.begun else "No runs yet"
        yield Standing(
            about=About.NO_RUNS, tone=Tone.CALM, next=Next("operator", "upload"),
            sentence=(f"{what}. Upload a staff CSV to begin.",),
        )  # fmt: skip
        return
    if newest.state in (_S.FAILED, _S.REJECTED_INPUT):
        yield _at(newest, About.FAILED, Tone.WRONG, _failed_words(newest))
    elif newest.state is _S.APPLIED_WITH_ERRORS:
        yield _at(newest, About.ERRORS, Tone.WRONG, _errors_words(newest))
    elif newest.state in _CAME_TO:
        yield _at(newest, About.ENDED, Tone.CALM, _ended_words(newest, since))
    elif newest.state in OPEN_STATES:
        if newest.id not in {each.run.id for each in facts.open}:  # it began between two reads
            yield _at(newest, About.GOES, Tone.CALM, ("A run of the feed staff is under way.",))
    else:
        last = since or newest
        apart = _left_apart(last)
        standing = _at(last, About.IN_SYNC, Tone.GOOD, _in_sync_words(newest, last, apart))
        yield replace(standing, next=Next("operator", "see_what_is_left")) if apart else standing


def _at(run: PastRun, about: About, tone: Tone, words: Sentence) -> Standing:
    detail = run.detail if about is About.FAILED else None
    return Standing(
        about=about, tone=tone, sentence=words, next=next_after(run.state), run_id=run.id,
        states=(run.state,), detail=detail or "",
    )  # fmt: skip


def _failed_words(run: PastRun) -> Sentence:
    written = sum((run.ended or {}).get(status, 0) for status in _WRITTEN)
    end = f"{written:,} actions were written before." if written else "Nothing was written."
    if run.state is _S.REJECTED_INPUT:
        return ("The staff file of ", run.created_at, f" was refused ({run.reason}). {end}")
    why = WHY_FAILED.get(str(run.reason), str(run.reason).replace("_", " "))
    return ("The run of ", run.created_at, f" failed: {why}. {end}")


def _errors_words(run: PastRun) -> Sentence:
    done, ended = run.ended or {}, ActionStatus
    bad = [
        f"{done[status]:,} {words}"
        for status, words in (
            (ended.FAILED, "failed"), (ended.CONFLICT, "in conflict"),
            (ended.UNKNOWN, "of unknown outcome"), (ended.NOT_ATTEMPTED, "not attempted"),
        )
        if done.get(status)
    ]  # fmt: skip
    told = f": {', '.join(bad)}" if bad else ""
    return ("The plan of ", run.created_at, f" was applied with errors{told}.")


def _ended_words(run: PastRun, since: PastRun | None) -> Sentence:
    what = "The newest plan " + _CAME_TO[run.state]
    if run.reason == SHADOW:
        what = "Shadow mode: the newest extract was planned and nothing is applied"
    if since is None:
        return (f"{what}. No plan has been applied yet.",)
    return (f"{what}. ASCIP was last in line with an extract at ", _ended_at(since), ".")


def _left_apart(since: PastRun) -> list[str]:
    """What was left out, in words: a sync with held actions is none of everything."""
    done = since.ended or {ActionStatus.HELD: since.held}
    left = done.get(ActionStatus.HELD, 0), done.get(ActionStatus.NOT_APPROVED, 0)
    apart = [
        words
        for count, words in (
            (left[0], _counted(left[0], "held action", "held actions")),
            (left[1], _counted(left[1], "action not approved", "actions not approved")),
        )
        if count
    ]
    if since.rows and since.rows.quarantined:
        apart.append(f"{rows_in_words(since.rows.quarantined)} in quarantine")
    return apart


def _in_sync_words(newest: PastRun, since: PastRun, apart: Sequence[str]) -> Sentence:
    again: Sentence = ()
    if newest.state is _S.SKIPPED_UNCHANGED:
        again = (" The file of ", newest.created_at, " says the same.")
    if apart:
        return ("In sync as of ", _ended_at(since), f", but for {' and '.join(apart)}.", *again)
    return ("All in sync as of ", _ended_at(since), ".", *again)


def _ended_at(run: PastRun) -> datetime:
    return run.ended_at or run.created_at


def _source(facts: Facts) -> Iterator[Standing]:
    if facts.missed is None or facts.last_file_at is None:
        return
    yield Standing(
        about=About.OVERDUE, tone=Tone.CARE, next=Next("operator", "ask_for_the_file"),
        sentence=(
            "No staff file since ", facts.last_file_at, "; one was due at ", facts.missed, ".",
        ),
    )  # fmt: skip


def _target(contact: Contact) -> Iterator[Standing]:
    """As last seen: nothing is called for it."""
    trouble = contact.trouble
    if trouble is None or contact.failed_at is None:
        return
    waits = trouble == "http_429"
    last: Sentence = ("; it has never answered before.",)
    if contact.answered_at:
        last = ("; last good contact ", contact.answered_at, ".")
    yield Standing(
        about=About.TARGET, tone=Tone.CALM if waits else Tone.CARE,
        sentence=(f"ASCIP {trouble_words(trouble)} (last tried ", contact.failed_at, ")", *last),
        next=Next("system", "try_again") if waits else Next("operator", "see_whether_ascip_is_up"),
    )  # fmt: skip


def trouble_words(trouble: str) -> str:
    """What ASCIP does instead of answering well."""
    with_errors = trouble.startswith("http_") or trouble == "garbled_answer"
    return _NO_ANSWER.get(trouble, "answers with errors" if with_errors else "does not answer")


def _counted(count: int, one: str, more: str) -> str:
    return f"{count:,} {one if count == 1 else more}"
