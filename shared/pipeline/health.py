"""How the engine is doing, judged by what it has done: for monitoring, containers and people.

A process that lives may have stopped working long ago, so workers are judged by progress alone.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from shared.domain.canonical import Json
from shared.domain.feeds.staff import FEED
from shared.domain.run import PausedReason, RunState
from shared.domain.sync_switch import SyncPause
from shared.pipeline.overdue import overdue
from shared.pipeline.probing import Probed
from shared.pipeline.tools import Tools
from shared.ports.probe import Finding, Probe, Verdict
from shared.ports.state import FeedState, QueueState, WaitingRuns

#: Work that is due this long while nobody takes, renews or ends anything: the workers have stopped.
STALLED_S = 60


class Part(StrEnum):
    """What must work before requests are sent here.

    ASCIP is none of them: the engine is needed most when ASCIP is down.
    """

    DB = "db"
    MIGRATIONS = "migrations"
    QUEUE = "queue"
    DISK = "disk"


#: The probes that tell about these.
READY_PROBES = frozenset({"db", "queue", "disk"})
#: What makes the whole `fail`; anything else that is wrong is a warning.
_VITAL = frozenset(
    {*Part, "state", "queue-unrecorded", "queue-unsent", "worker-progress", "books-balanced"}
)

_STATUS = {Verdict.OK: "pass", Verdict.WARNING: "warn", Verdict.ERROR: "fail"}
#: Names that have no measurement in them.
_KEYS = {
    "db": "db:responseTime", "migrations": "db:migrations", "queue": "queue:responseTime",
    "disk": "disk:free", "ascip": "ascip:responseTime",
}  # fmt: skip
_UNITS = {"_ms": "ms", "_s": "s", "_bytes": "bytes"}


def is_stalled(queue: QueueState) -> bool:
    """Whether work is due and nobody does any."""
    due_s, idle_s = queue.oldest_due_s or 0.0, queue.idle_s
    return due_s > STALLED_S and (idle_s is None or idle_s > STALLED_S)


def queue_state(tools: Tools) -> QueueState:
    """The queue now."""
    with tools.transactions.begin() as uow:
        return uow.state.queue()


def state_probe(tools: Tools) -> Probe:
    """The engine's own state, from what is stored."""

    def look() -> Iterable[Finding]:
        with tools.transactions.begin() as uow:
            queue, feed = uow.state.queue(), uow.state.feed(FEED)
            waiting, missed = uow.state.waiting(), overdue(tools, uow)
            mails, pause = uow.notices.backlog(), uow.sync_switch.paused()
        found = (*_queue(queue), worker_progress(queue), *_feed(feed, missed), _runs(waiting))
        if pause:
            found = (*found, _switch(pause, tools.policy.timezone))
        return (*found, _mail(mails.waiting, tools.since(mails.oldest))) if mails.oldest else found

    return Probe(name="state", look=look)


def worker_progress(queue: QueueState) -> Finding:
    """Whether the workers work."""
    facts = {} if queue.idle_s is None else {"idle_s": round(queue.idle_s, 1)}
    if is_stalled(queue):
        return Finding(
            name="worker-progress", verdict=Verdict.ERROR, facts=facts,
            detail=f"{_items(queue.due)} due, the oldest for {_age(queue.oldest_due_s)};"
            f" nobody has worked {_since(queue.idle_s)}",
            remedy="start the workers again; nothing is lost",
        )  # fmt: skip
    doing = f"{_items(queue.leased)} in hand" if queue.leased else "nothing to do"
    return Finding(name="worker-progress", detail=doing, facts=facts)


def readiness(probed: Sequence[Probed], exclude: Collection[str] = ()) -> list[Finding]:
    """One finding for each part that must work; what could not be looked at counts as broken."""
    found = {finding.name: finding for each in probed for finding in each.findings}
    return [
        found.get(name)
        or Finding(name=name, verdict=Verdict.ERROR, detail="could not be looked at")
        for name in Part
        if name not in exclude
    ]


def health_document(probed: Sequence[Probed], at: datetime) -> dict[str, Json]:
    """`application/health+json` (draft-inadarei-api-health-check-06)."""
    findings = [finding for each in probed for finding in each.findings]
    # A part that nobody looked at must not pass for one that works.
    findings += [part for part in readiness(probed) if part not in findings]
    checks: dict[str, Json] = {}
    for finding in findings:
        checks.setdefault(_key(finding.name), [_check(finding, at)])
    return {"status": status(findings), "checks": checks}


def status(findings: Iterable[Finding]) -> str:
    """`pass`, `warn` or `fail`: the worst of them."""
    order = ("pass", "warn", "fail")
    return max((_status(finding) for finding in findings), key=order.index, default="pass")


def _status(finding: Finding) -> str:
    found = _STATUS[finding.verdict]
    return "warn" if found == "fail" and finding.name not in _VITAL else found


def _check(finding: Finding, at: datetime) -> dict[str, Json]:
    said = finding.detail + (f" -> {finding.remedy}" if finding.remedy else "")
    check: dict[str, Json] = {"status": _status(finding), "time": at.isoformat(), "output": said}
    return {**check, **_observed(finding.facts)}


def _observed(facts: Mapping[str, float | str]) -> Mapping[str, Json]:
    """The first figure; its name ends in its unit."""
    for name, value in facts.items():
        unit = next((unit for end, unit in _UNITS.items() if name.endswith(end)), None)
        # JSON of this project has no floats; a reader of the draft takes a number in text too.
        number = value if isinstance(value, str) else round(value)
        return {"observedValue": number} | ({"observedUnit": unit} if unit else {})
    return {}


def _key(name: str) -> str:
    """`queue-oldest-due` → `queue:oldestDue`."""
    if name in _KEYS:
        return _KEYS[name]
    component, *words = name.split("-")
    measured = "".join(words[:1] + [word.capitalize() for word in words[1:]])
    return f"{component}:{measured or 'state'}"


def _queue(queue: QueueState) -> Iterator[Finding]:
    yield Finding(
        name="queue-depth", facts={"due": queue.due},
        detail=f"{queue.due} due, {queue.leased} in hand, {queue.later} later",
    )  # fmt: skip
    yield Finding(
        name="queue-oldest-due", facts={"oldest_due_s": round(queue.oldest_due_s or 0, 1)},
        detail="nothing waits" if queue.oldest_due_s is None
        else f"the oldest has waited {_age(queue.oldest_due_s)}",
    )  # fmt: skip
    if queue.dead:
        yield Finding(
            name="queue-dead", verdict=Verdict.WARNING, facts={"dead": queue.dead},
            detail=f"{_items(queue.dead)} given up within a day, of {', '.join(queue.dead_runs)}",
            remedy="`ascip-sync status RUN` says why, and what leads the run on",
        )  # fmt: skip
    if queue.unrecorded:
        yield Finding(
            name="queue-unrecorded", verdict=Verdict.ERROR, facts={"unrecorded": queue.unrecorded},
            detail=f"{_items(queue.unrecorded)} waiting: PostgreSQL takes nothing of what was done",
            remedy="make room on its disk, or let it be written to; nothing is lost, and work goes on by"
            " itself within half a minute",
        )  # fmt: skip
    if (queue.oldest_unsent_s or 0) > STALLED_S:
        yield Finding(
            name="queue-unsent", verdict=Verdict.ERROR,
            facts={"oldest_unsent_s": round(queue.oldest_unsent_s or 0, 1)},
            detail=f"a message has waited {_age(queue.oldest_unsent_s)} to be sent",
            remedy="see whether `beat` runs and reaches Redis; nothing is lost",
        )  # fmt: skip


def _feed(feed: FeedState, missed: datetime | None) -> Iterator[Finding]:
    facts = {} if feed.last_file_s is None else {"last_file_s": round(feed.last_file_s)}
    came = (
        "no file has come yet"
        if feed.last_file_s is None
        else f"the last file came {_age(feed.last_file_s)} ago"
    )
    if missed:
        yield Finding(
            name="source-last-file-age", verdict=Verdict.WARNING, facts=facts,
            detail=f"{came}; one was due at {missed:%Y-%m-%d %H:%M} UTC",
            remedy="ask who exports it from the HR system",
        )  # fmt: skip
    else:
        yield Finding(name="source-last-file-age", detail=came, facts=facts)
    if feed.last_success_s is not None:
        yield Finding(
            name="runs-last-success", facts={"last_success_s": round(feed.last_success_s)},
            detail=f"the last run that ended well ended {_age(feed.last_success_s)} ago",
        )  # fmt: skip
    if feed.balanced is False:
        yield Finding(
            name="books-balanced", verdict=Verdict.ERROR,
            detail="the books of the newest run don't balance",
            remedy="report this as a fault; the run's report has the numbers",
        )  # fmt: skip


def _runs(waiting: Sequence[WaitingRuns]) -> Finding:
    """Waiting for a person is no fault; a pause that nobody asked for is worth a look."""
    total = sum(runs.count for runs in waiting)
    words = ", ".join(f"{runs.count} {runs.state}{_reason(runs)}" for runs in waiting)
    unasked = [
        runs for runs in waiting
        if runs.state == RunState.PAUSED and runs.reason != PausedReason.OPERATOR
    ]  # fmt: skip
    return Finding(
        name="runs-waiting", verdict=Verdict.WARNING if unasked else Verdict.OK,
        detail=words or "no run waits for anybody", facts={"waiting": total},
        remedy="`ascip-sync status RUN` says what a paused run needs" if unasked else "",
    )  # fmt: skip


def _switch(pause: SyncPause, timezone: str) -> Finding:
    return Finding(
        name="sync-switch", verdict=Verdict.WARNING,
        detail=f"syncing is paused {pause.until_words(timezone)}; no run begins or is applied",
        remedy="" if pause.until else "resume it in the console under Settings",
    )  # fmt: skip


def _mail(unsent: int, oldest_s: float) -> Finding:
    return Finding(
        name="mail-unsent", verdict=Verdict.WARNING, facts={"oldest_unsent_s": round(oldest_s)},
        detail=f"the mail server has not taken {unsent} mail{'' if unsent == 1 else 's'}, the oldest"
        f" for {_age(oldest_s)}",
        remedy="see [mail] in config.toml and the mail server; what they tell of stands, and they are"
        " tried again",
    )  # fmt: skip


def _reason(runs: WaitingRuns) -> str:
    return f" ({runs.reason})" if runs.reason else ""


def _since(idle_s: float | None) -> str:
    return "yet" if idle_s is None else f"for {_age(idle_s)}"


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"


def _age(seconds: float | None) -> str:
    whole = round(seconds or 0)
    if whole < 120:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 7200 else f"{whole // 3600} h"
