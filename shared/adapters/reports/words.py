"""Sentences of the reports: the books, the verdict, what is next. JSON and HTML take them as they are."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import cast

from shared.domain.action import RELEASABLE, RELEASABLE_BY_NAME, ActionStatus, HeldReason
from shared.domain.books import ROW_OUTCOMES, Books
from shared.domain.run import Run, RunMode, RunState, TargetName
from shared.domain.shadow import SHADOW

NOTICE = (
    "Contains staff data: handle as such. Full emails are in report.html (changes), report.xlsx,"
    " changes.csv and reference/people.csv."
)

NOTICE_OF_RECORDS = "Contains governed records: handle as their classification says."

_S = RunState
#: What happened, where numbers add nothing.
_PLAIN: dict[RunState, str] = {
    _S.NO_CHANGES: "No changes: {target} matches the extract.",
    _S.SKIPPED_UNCHANGED: "Skipped: nothing has changed since the last success.",
    _S.REJECTED_INPUT: "The extract was refused; nothing was planned.",
    _S.FAILED: "The run failed.",
    _S.DISCARDED: "The plan was discarded.",
    _S.STALE: "The plan is stale: it can't be applied any more.",
}
_TARGETS = {TargetName.ASCIP: "ASCIP", TargetName.RECORDS: "the record store"}
_APPLY: dict[RunState, str] = {
    _S.APPLYING: "Applying",
    _S.PAUSED: "Paused",
    _S.APPLIED: "Applied",
    _S.APPLIED_WITH_ERRORS: "Applied with errors",
    _S.CANCELED: "Canceled",
}
#: How approved actions can end without success, and what was never approved.
_ENDS = (
    ActionStatus.CONFLICT, ActionStatus.FAILED, ActionStatus.UNKNOWN, ActionStatus.NOT_ATTEMPTED,
)  # fmt: skip
_LEFT_OUT = (ActionStatus.HELD, ActionStatus.NOT_APPROVED)
#: What a release can lift.
_LIFTED = RELEASABLE | RELEASABLE_BY_NAME
_ARTICLE = {"operator": "an operator", "approver": "an approver", "system": "the system"}


def notice(run: Run) -> str:
    """How to handle the files of a run."""
    return NOTICE if run.target is TargetName.ASCIP else NOTICE_OF_RECORDS


def number(value: int) -> str:
    """Digits in groups of three."""
    return f"{value:,}"


def spoken(word: str) -> str:
    """A word of the contract as it stands in a sentence."""
    return word.replace("_", " ")


def counted(value: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{number(value)} {one if value == 1 else many}"


def utc(moment: datetime | None, timespec: str = "seconds") -> str | None:
    """RFC 3339 in UTC."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 60:  # a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def rows_sentence(books: Books) -> str:
    """Every row that came in, and what became of it."""
    came = counted(books.rows_in, "row came in", "rows came in")
    return _equation(came, ((name, books.rows.get(name, 0)) for name in ROW_OUTCOMES))


def actions_sentence(books: Books) -> str:
    """Every action that was planned, and what became of it."""
    planned = counted(books.planned, "action was planned", "actions were planned")
    statuses = ((s.value, books.actions.get(s.value, 0)) for s in ActionStatus)
    return _equation(planned, _renamed(statuses))


def books_sentences(books: Books | None) -> list[str]:
    """The books in words."""
    if books is None:
        return ["No books were kept: the run ended before its rows were counted."]
    return [rows_sentence(books), actions_sentence(books), books.verdict]


def verdict(run: Run, statuses: Mapping[ActionStatus, int]) -> str:
    """What happened, and whether anything was written."""
    return f"{_happened(run, Counter(statuses))} {_written(statuses)}"


def read_again_sentence(verified: int, mismatches: int) -> str | None:
    """What the look after the last action found; None where nothing was written."""
    if not verified:
        return None
    looked = f"Read again after the last: {counted(verified, 'action', 'actions')}"
    if not mismatches:
        return f"{looked}, all as written."
    return (
        f"{looked}; {counted(mismatches, 'is', 'are')} not as written any more (Exceptions, below)."
    )


def next_sentence(run: Run, held: Collection[HeldReason]) -> str:
    """Who acts next, and how; ``held`` is what actions are held for."""
    ahead = run.next
    if run.state is _S.HELD and not _LIFTED.intersection(held):
        return "Next, an approver: discard the plan; no release lifts what is held (Exceptions, below)."
    if ahead.actor == "nobody":
        rows = run.books["rows"] if run.books else {}
        waiting = cast("Mapping[str, int]", rows)
        left = [
            counted(waiting[outcome], *what)
            for outcome, what in (
                ("held", ("held row", "held rows")),
                ("quarantined", ("row that was not taken", "rows that were not taken")),
            )
            if waiting.get(outcome)
        ]
        if left:
            return f"To mend at the source or in the mapping: {' and '.join(left)} (Exceptions, below)."
        return "Nothing is left to do."
    return f"Next, {_ARTICLE.get(ahead.actor, ahead.actor)}: {spoken(ahead.step)}."


def _equation(left: str, parts: Iterable[tuple[str, int]]) -> str:
    right = ", ".join(f"{number(count)} {spoken(name)}" for name, count in parts if count)
    return f"{left}: {right}." if right else f"{left}."


def _renamed(statuses: Iterable[tuple[str, int]]) -> Iterable[tuple[str, int]]:
    # "1,517 actions were planned: 1,517 planned" would say nothing.
    return (("still planned" if name == ActionStatus.PLANNED else name, n) for name, n in statuses)


def _happened(run: Run, statuses: Counter[ActionStatus]) -> str:
    held = statuses[ActionStatus.HELD]
    total = statuses.total()
    approved = total - held - statuses[ActionStatus.NOT_APPROVED]
    if run.mode is RunMode.DRIFT and run.state is _S.DISCARDED:
        return f"Drift: {run.detail}."
    if run.reason == SHADOW and run.state is _S.DISCARDED:
        return f"Looked at only: {run.detail}."
    if run.state in _PLAIN:
        return _PLAIN[run.state].format(target=_TARGETS[run.target])
    if run.state in _APPLY:
        why = f" ({spoken(run.reason)})" if run.state is _S.PAUSED and run.reason else ""
        return f"{_APPLY[run.state]}{why}{_ends(statuses, approved)}."
    match run.state:
        case _S.AWAITING_APPROVAL:
            rest = f", {number(held)} more are held" if held else ""
            return (
                f"Planned: {counted(approved, 'action waits', 'actions wait')} for approval{rest}."
            )
        case _S.HELD:
            of = counted(total, "action is", "actions are")
            return f"Held: nothing can be approved as it is; {number(held)} of {of} held."
        case _S.APPROVED:
            return f"Approved: {counted(approved, 'action waits', 'actions wait')} to be applied."
        case _:
            return f"Not finished: the run is {run.state.value}."


def _ends(statuses: Counter[ActionStatus], approved: int) -> str:
    if not approved:
        return ""
    done = number(statuses[ActionStatus.SUCCEEDED])
    of = counted(approved, "approved action", "approved actions")
    rest = "".join(f", {number(statuses[s])} {spoken(s)}" for s in _ENDS if statuses[s])
    out = ", ".join(f"{number(statuses[s])} {spoken(s)}" for s in _LEFT_OUT if statuses[s])
    return f": {done} of {of} succeeded{rest}" + (f"; {out}" if out else "")


def _written(statuses: Mapping[ActionStatus, int]) -> str:
    done = statuses.get(ActionStatus.SUCCEEDED, 0)
    open_ = statuses.get(ActionStatus.UNKNOWN, 0) + statuses.get(ActionStatus.ATTEMPTING, 0)
    if not done and not open_:
        return "Nothing was written."
    lost = f" {number(open_)} more may have been: the answer was lost." if open_ else ""
    return f"{counted(done, 'action was', 'actions were')} written.{lost}"
