"""What there is to tell of a run, by where it has come to rest: the news, and its letter."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.access import Role
from shared.domain.action import ActionClass, ActionStatus, Kind
from shared.domain.gate_words import gate_words
from shared.domain.notice import FAILING, News, Word
from shared.domain.run import PausedReason, Run, RunMode, RunState, TargetName
from shared.domain.text import people_in_words, rows_in_words
from shared.pipeline.letter import Letter, local
from shared.pipeline.run_letter import (
    RunFacts,
    sections,
    summary_csv,
    table,
    where,
    why,
)
from shared.pipeline.tools import Tools

WHY_FAILED = {
    "auth": "ASCIP refuses our key",
    "target_unreachable": "ASCIP can't be reached",
    "target_throttled": "ASCIP asks to wait too long",
    "target_breaker_open": "ASCIP fails call after call",
    "snapshot_fewer": "ASCIP lists too few people",
    "books_unbalanced": "the books do not balance",
    "mapping_drift": "the mapping no longer fits ASCIP",
    "worker_lost": "the workers were lost",
}
WHY_PAUSED = {
    PausedReason.AUTH: "ASCIP refuses our key",
    PausedReason.BREAKER: "ASCIP or the workers keep failing",
    PausedReason.THROTTLED: "ASCIP asks to wait",
    PausedReason.AUDIT_UNAVAILABLE: "the audit can't be written",
    PausedReason.FAILURE_RATE: "too many actions fail",
    PausedReason.CONFLICT_RATE: "too many people were changed by somebody else",
}
_S = ActionStatus
_WRITTEN = (_S.SUCCEEDED, _S.UNKNOWN, _S.ATTEMPTING)
#: A run that has something of these was begun; its end was told of then.
_BEGUN = (*_WRITTEN, _S.CONFLICT, _S.FAILED, _S.NOT_ATTEMPTED)
_NOT_WRITTEN = "Nothing has been written."


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What there is to say of a run in a few words."""

    news: News
    about: str
    verdict: str
    ask: Sequence[str] = ()


def series_of(run: Run) -> str:
    """Runs that succeed and fail as one: those without an extract stand apart, by what they are for."""
    apart = f" {run.mode.value}" if run.mode in (RunMode.DRIFT, RunMode.REVERT) else ""
    return f"runs {run.feed}{apart}"


def said_of(tools: Tools, facts: RunFacts) -> Said | None:
    """What there is to say of a run where it stands now; None if it isn't at rest, or nobody asked."""
    run = facts.run
    match run.state:
        case RunState.FAILED | RunState.REJECTED_INPUT:
            return _failed(facts)
        case RunState.HELD | RunState.AWAITING_APPROVAL:
            return _waits(tools, facts)
        case RunState.PAUSED if run.reason != PausedReason.OPERATOR:
            return _paused(facts)
        case RunState.STALE if run.superseded_by is None and not facts.count(*_BEGUN):
            return _expired(tools, facts)
        case RunState.NO_CHANGES | RunState.SKIPPED_UNCHANGED:
            return _unchanged(facts)
        case RunState.APPLIED | RunState.APPLIED_WITH_ERRORS:
            return _applied(facts)
        case _:
            return None


def letter_of(tools: Tools, facts: RunFacts, said: Said, word: Word) -> Letter:
    """The whole of it."""
    return Letter(
        word=word, about=f"{said.about} ({facts.run.id})", verdict=said.verdict, ask=said.ask,
        where=where(tools, facts), table=table(facts), sections=list(sections(facts)),
        why=why(said.news),
        summary=summary_csv(facts) if tools.mailing.attach_summary else "",
    )  # fmt: skip


def _failed(facts: RunFacts) -> Said:
    run = facts.run
    if run.state is RunState.REJECTED_INPUT:
        short = f"the extract was refused ({run.reason})"
        ask = "mend the extract where it is made, then send it again"
    else:
        short = WHY_FAILED.get(str(run.reason), str(run.reason).replace("_", " "))
        ask = "read the reason, then plan again"
    written = facts.count(*_WRITTEN)
    news = _news(facts, FAILING, word=Word.FAILED)
    end = "" if written else ", nothing written"
    verdict = run.detail or f"{short[:1].upper()}{short[1:]}."
    if not written and "othing was" not in verdict:
        verdict = f"{verdict} {_NOT_WRITTEN}"
    return Said(news=news, about=f"{short}{end}", verdict=verdict, ask=_ask("an operator", ask))


def _waits(tools: Tools, facts: RunFacts) -> Said:
    """For an approver; an operator hears of held classes and quarantined rows: they are the extract's."""
    plan, held = facts.plan, facts.count(_S.HELD)
    classes = ", ".join(plan.held_classes) if plan else ""
    both = classes or facts.counted("quarantined")
    roles = (Role.APPROVER, Role.OPERATOR) if both else (Role.APPROVER,)
    tripped = [f"{gate_words(gate)}." for gate in facts.gates if gate.tripped]
    things, of_class = "actions", held
    if plan and len(plan.held_classes) == 1:
        only = ActionClass(plan.held_classes[0])
        # Rows that wait for the mapping are held as well, and are no removals.
        things, of_class = classes.replace("_", " "), facts.figures.actions.get((only, _S.HELD), 0)
    about = f"{of_class:,} {things} held" if classes else f"{_actions(facts.planned)} planned"
    of_them = f"{held:,} of them held" if held else "none of them held"
    verdict = f"{_actions(facts.planned)} planned, {of_them}."
    if tripped:
        verdict += f" {tripped[0][:1].upper()}{tripped[0][1:]}"
    can = (
        "review and approve, release, or discard" if classes else "review, then approve or discard"
    )
    if facts.run.state is RunState.HELD:
        can = "look why all of it is held: release, or discard"
    return Said(
        news=_decision(facts, f"waiting {classes}", *roles),
        about=f"{about}, approve{_by(tools, facts)}", verdict=f"{verdict} {_NOT_WRITTEN}",
        ask=_ask("an approver", can, _by(tools, facts)),
    )  # fmt: skip


def reminded(tools: Tools, facts: RunFacts, stage: str) -> Said | None:
    """A plan that has waited long for its review; None if it doesn't any more."""
    if facts.run.state not in (RunState.HELD, RunState.AWAITING_APPROVAL):
        return None
    hours = stage.removesuffix("h")
    news = News(
        word=Word.ACTION_NEEDED, series=f"review {facts.run.id}", status=stage,
        roles=(Role.APPROVER,),
    )  # fmt: skip
    return Said(
        news=news,
        about=f"a plan has waited {hours} hours, approve{_by(tools, facts)}",
        verdict=f"Nobody has decided about this plan for {hours} hours: {facts.planned:,} actions"
        f" wait. {_NOT_WRITTEN}",
        ask=_ask("an approver", "review, then approve or discard", _by(tools, facts)),
    )  # fmt: skip


def _expired(tools: Tools, facts: RunFacts) -> Said:
    """A plan of which nothing was applied in its time, or before something made it out of date."""
    undone = "applied" if facts.review else "reviewed"
    hours = tools.policy.approval.plan_ttl_h
    if facts.plan and facts.plan.expired:
        about = f"a plan expired before it was {undone}, plan again"
        what = f"This plan was not {undone} within {hours} hours and can't be any more."
    else:
        about = f"a plan is out of date before it was {undone}, plan again"
        what = f"This plan was not {undone} before it went out of date: {facts.run.detail or 'plan again'}."
    role = Role.OPERATOR if facts.review else Role.APPROVER
    news = News(
        word=Word.ACTION_NEEDED,
        series=f"review {facts.run.id}",
        status=facts.run.state.value,
        roles=(role,),
    )
    ask = _ask("an operator", "plan again, then have it reviewed in time")
    return Said(news=news, about=about, verdict=f"{what} {_NOT_WRITTEN}", ask=ask)


def _paused(facts: RunFacts) -> Said:
    run = facts.run
    short = WHY_PAUSED.get(PausedReason(str(run.reason)), str(run.reason))
    done, left = facts.count(_S.SUCCEEDED), facts.count(_S.PLANNED)
    what = (
        "nothing yet: it goes on by itself once ASCIP answers"
        if run.goes_on_at
        else "mend the cause and resume, or cancel"
    )
    return Said(
        news=_decision(facts, f"paused {run.reason}", Role.OPERATOR),
        about=f"paused, {short}; {done:,} done, {left:,} left",
        verdict=f"Applying has stopped: {short}. {done:,} actions succeeded, {left:,} are left;"
        " nothing was marked failed because of it.",
        ask=_ask("an operator", what),
    )  # fmt: skip


def _unchanged(facts: RunFacts) -> Said:
    count = facts.counted("accepted")
    records = "1 record" if count == 1 else f"{count:,} records"
    taken = people_in_words(count) if facts.run.target is TargetName.ASCIP else records
    not_taken = _not_taken(facts)
    return Said(
        news=_news(
            facts, f"ok{not_taken}", word=Word.OK, changed=False, wrong=bool(not_taken)
        ),
        about=f"no changes ({taken}){not_taken}",
        verdict=f"Nothing had to be changed for {taken}{not_taken}.",
        ask=_ask("an operator", "have the rows mended at the source") if not_taken else (),
    )  # fmt: skip


def _applied(facts: RunFacts) -> Said:
    figures = [
        f"+{facts.done(Kind.ADD, Kind.REACTIVATE):,}", f"~{facts.done(Kind.UPDATE):,}",
        f"-{facts.done(Kind.DEACTIVATE, Kind.RETIRE):,}",
    ]  # fmt: skip
    moved = facts.done(Kind.JOIN), facts.done(Kind.LEAVE)
    if any(moved):
        figures[-1] += ","
        figures.append(f"groups +{moved[0]:,} -{moved[1]:,}")
    bad = [
        f"{count:,} {status.value.replace('_', ' ')}"
        for status in (_S.FAILED, _S.CONFLICT, _S.UNKNOWN, _S.NOT_ATTEMPTED)
        if (count := facts.count(status))
    ]
    approved = facts.planned - facts.count(_S.HELD, _S.NOT_APPROVED)
    not_taken = _not_taken(facts)
    status = " ".join(["applied", *bad]) + not_taken
    tail = f", {', '.join(bad)}" if bad else ""
    if bad:
        ask = _ask(
            "an operator", f"look at the reasons, then retry: ascip-sync retry {facts.run.id}"
        )
    else:
        ask = _ask("an operator", "have the rows mended at the source") if not_taken else []
    return Said(
        news=_news(facts, status, word=Word.APPLIED, wrong=bool(bad or not_taken)),
        about=f"{' '.join(figures)}{tail}{not_taken}",
        verdict=f"{facts.count(_S.SUCCEEDED):,} of {approved:,} approved actions succeeded"
        f"{tail}{not_taken}.",
        ask=ask,
    )  # fmt: skip


def _news(
    facts: RunFacts, status: str, *, word: Word, changed: bool = True, wrong: bool = False
) -> News:
    """How a run ended, for operators."""
    return News(
        word=word, series=series_of(facts.run), status=status, roles=(Role.OPERATOR,),
        changed=changed, wrong=wrong,
    )  # fmt: skip


def _decision(facts: RunFacts, status: str, *roles: Role) -> News:
    """Something that waits for a person."""
    return News(
        word=Word.ACTION_NEEDED, series=f"decisions {facts.run.feed}", status=status, roles=roles,
        apart=True,
    )  # fmt: skip


def _ask(actor: str, what: str, by: str = "") -> list[str]:
    by_when = [f"By: {by.removeprefix(' by ')}"] if by else []
    return [f"Who: {actor}", f"What: {what}", *by_when]


def _by(tools: Tools, facts: RunFacts) -> str:
    ends = facts.plan.expires_at if facts.plan else None
    return f" by {local(tools, ends)}" if ends else ""


def _not_taken(facts: RunFacts) -> str:
    rows = facts.counted("quarantined")
    return f", {rows_in_words(rows)} quarantined" if rows else ""


def _actions(number: int) -> str:
    return f"{number:,} action{'' if number == 1 else 's'}"
