"""Words and numbers as pages show them: states in sentence case, digits in threes, local times."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from shared.domain.action import ActionStatus, HeldReason, Kind
from shared.domain.audit import Actor, ActorType
from shared.domain.explanation import StepName
from shared.domain.remediation import QuarantineState
from shared.domain.run import Phase, RunState
from shared.domain.text import masked_email

#: A sign for each kind, so that colour is never the only one.
SYMBOLS: Mapping[str, str] = {
    Kind.ADD: "+", Kind.UPDATE: "~", Kind.REACTIVATE: "^", Kind.JOIN: ">", Kind.LEAVE: "<",
    Kind.DEACTIVATE: "\N{MINUS SIGN}", Kind.RETIRE: "\N{MINUS SIGN}", "held": "!",
}  # fmt: skip
#: What a state is like at a glance: the class of its badge.
TONES: Mapping[str, str] = {
    RunState.AWAITING_APPROVAL: "attention", RunState.HELD: "attention", RunState.APPROVED: "attention",
    RunState.PAUSED: "warning", RunState.APPLIED_WITH_ERRORS: "warning", RunState.CANCELED: "warning",
    RunState.FAILED: "bad", RunState.REJECTED_INPUT: "bad", RunState.STALE: "quiet",
    RunState.APPLIED: "good", RunState.NO_CHANGES: "good", RunState.SKIPPED_UNCHANGED: "quiet",
    RunState.DISCARDED: "quiet", ActionStatus.SUCCEEDED: "good", ActionStatus.CONFLICT: "warning",
    ActionStatus.UNKNOWN: "warning", ActionStatus.NOT_APPROVED: "quiet",
    ActionStatus.NOT_ATTEMPTED: "quiet", ActionStatus.PLANNED: "plain",
    QuarantineState.NEW: "attention", QuarantineState.REGRESSED: "bad", QuarantineState.RESOLVED: "good",
    QuarantineState.WAITING_ON_SOURCE: "warning", QuarantineState.CLOSED: "quiet",
    "tripped": "bad", "ok": "good", "no_baseline": "quiet",
}  # fmt: skip
#: Why something is held, to somebody who reads it for the first time.
HOLDS: Mapping[str, str] = {
    HeldReason.GATE: "a limit is reached", HeldReason.UNMAPPED_SITE: "site not mapped",
    HeldReason.UNMAPPED_BUCKET_VALUE: "value not mapped",
    HeldReason.IDENTITY_CONFLICT: "may be somebody else",
    HeldReason.POSSIBLE_DUPLICATE: "may be there already",
    HeldReason.KEY_CYCLE: "keys go round in a circle",
    HeldReason.TARGET_INCOMPLETE: "ASCIP was not read whole",
    HeldReason.UNIDENTIFIED_ROWS: "damaged rows name nobody", HeldReason.PRIVILEGED_ROLE: "privileged role",
    HeldReason.PROTECTED: "protected account", HeldReason.CALENDAR: "calendar",
}  # fmt: skip
#: Who acts, in a sentence.
ACTORS: Mapping[str, str] = {
    "operator": "an operator", "approver": "an approver", "system": "the system", "nobody": "nobody",
    "compliance": "compliance", "owner": "its owner",
}  # fmt: skip
#: What they do next, after `Next: an operator …`.
STEPS: Mapping[str, str] = {
    "start": "gives it its turn", "validate": "reads the extract", "fetch": "reads ASCIP",
    "plan": "makes the plan", "apply": "applies the plan", "resume": "lets it go on",
    "mend_the_extract": "has the extract mended at its source", "retry": "looks at what failed and retries",
    "read_the_reason": "reads the reason", "release_or_discard": "releases what is held, or discards it",
    "review": "reviews the plan", "resume_or_cancel": "resumes or cancels it",
    "retry_or_plan_again": "retries, or plans again", "plan_again": "plans again",
    "upload": "uploads a staff file", "ask_for_the_file": "asks whoever exports it from the HR system",
    "see_what_is_left": "sees to what is left, in the report",
    "try_again": "tries again", "see_whether_ascip_is_up": "sees whether ASCIP is up",
}  # fmt: skip
#: The steps of an explanation, to somebody who asks why.
STEP_WORDS: Mapping[str, str] = {
    StepName.IMPORT: "In the file", StepName.SCOPING: "Is it ours to decide?",
    StepName.MATCHING: "Who it is in ASCIP", StepName.MAPPING: "What the values stand for",
    StepName.DIFF: "What differs", StepName.ACTION: "What is done about it",
}  # fmt: skip
#: What the phases of a run are called, in their order.
PHASES: Mapping[Phase, str] = {
    Phase.VALIDATE: "Read the file", Phase.FETCH: "Read ASCIP", Phase.PLAN: "Plan", Phase.APPLY: "Apply",
    Phase.VERIFY: "Check what was written", Phase.REPORT: "Write reports",
}  # fmt: skip
#: What the trigger of a run is called.
TRIGGERS: Mapping[str, str] = {
    "api": "API", "cli": "command line", "console": "console", "drop": "drop folder", "sftp": "SFTP",
    "schedule": "schedule",
}  # fmt: skip

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def spoken(word: str) -> str:
    """A word of the contract as it stands in a sentence."""
    return word.replace("_", " ")


def sentence(word: str) -> str:
    """A word of the contract as it stands alone: `Awaiting approval`."""
    return capitalize_first(spoken(word))


def capitalize_first(text: str) -> str:
    """A sentence: the first letter large, the rest as it is."""
    return text[:1].upper() + text[1:]


def number(value: float) -> str:
    """Digits in groups of three."""
    return f"{value:,}"


def counted(value: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 person`, `31 people`."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def size(count: int) -> str:
    """Bytes as people say them."""
    for unit in ("bytes", "KB", "MB"):
        if count < 1024:  # of this unit
            return f"{count:,.0f} {unit}" if unit == "bytes" else f"{count:,.1f} {unit}"
        count /= 1024  # type: ignore[assignment]
    return f"{count:,.1f} GB"


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 60:  # a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest:02d} s"


def clocked(seconds: float) -> str:
    """Seconds as a clock counts them: `0:02:25`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def tone(word: str) -> str:
    """How a badge with this word looks."""
    return TONES.get(word, "plain")


def ago(moment: datetime, now: datetime) -> str:
    """How long since, roughly."""
    passed = now - moment
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if passed >= unit:
            return counted(passed // unit, name) + " ago"
    return "just now"


def times(zone: ZoneInfo, now: Callable[[], datetime]) -> dict[str, Callable[..., Any]]:
    """Filters for moments: `when` in full, `clock` by the hour, `since` as how long ago.

    `at` leaves out the day if it is today.
    """

    def element(moment: datetime, told: str) -> Markup:
        at = moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        local = moment.astimezone(zone)
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            at, f"{local:%Y-%m-%d %H:%M:%S %Z}", told
        )

    def when(moment: datetime) -> Markup:
        return element(moment, f"{moment.astimezone(zone):%a %d %b %Y, %H:%M %Z}")

    def at(moment: datetime) -> Markup:
        local, today = moment.astimezone(zone), now().astimezone(zone)
        day = "" if local.date() == today.date() else f"{local:%a %d %b}, "
        return element(moment, f"{day}{local:%H:%M %Z}")

    def clock(moment: datetime) -> Markup:
        return element(moment, f"{moment.astimezone(zone):%H:%M:%S}")

    def since(moment: datetime) -> Markup:
        return element(moment, ago(moment, now()))

    def due(day: date) -> str:
        left = (day - now().astimezone(zone).date()).days
        if left < 0:
            return f"overdue by {counted(-left, 'day')}"
        return "due today" if left == 0 else f"due in {counted(left, 'day')}"

    return {"when": when, "at": at, "clock": clock, "since": since, "due": due}


def value(told: object) -> Markup:
    """A value as a cell shows it; none and the empty text are told apart from a blank."""
    if told is None:
        return Markup('<span class="none">none</span>')
    if told == "":
        return Markup('<span class="none">empty</span>')
    return Markup("<bdi>{}</bdi>").format(escape(str(told)))


def verb(name: str) -> str:
    """A verb of the audit as people say it: `Run: state changed`."""
    return sentence(name.replace(".", ": "))


def hold(reason: str) -> str:
    """Why something is held."""
    return HOLDS.get(reason, spoken(reason))


def who(actor: str) -> str:
    """An actor of the audit as people say it: users by name, a program by its key."""
    known = Actor.parse(actor)
    return f"key {known.name}" if known.type is ActorType.KEY else known.name


def plainly(told: object) -> str:
    """A value of the audit's details in a line."""
    match told:
        case bool():
            return "yes" if told else "no"
        case dict():
            return ", ".join(f"{spoken(str(name))} {plainly(each)}" for name, each in told.items())
        case list():
            return "; ".join(map(plainly, told))
        case _:
            return str(told)


def told(detail: Mapping[str, object]) -> str:
    """The audit's details in one line, without what says nothing."""
    said = ((name, each) for name, each in detail.items() if each not in (None, "", [], {}))
    return ", ".join(f"{spoken(name)}: {plainly(each)}" for name, each in said)


FILTERS: Mapping[str, Callable[..., Any]] = {
    "spoken": spoken, "sentence": sentence, "number": number, "counted": counted, "size": size,
    "duration": duration, "clocked": clocked, "tone": tone, "masked": masked_email, "value": value,
    "plainly": plainly, "told": told, "who": who, "hold": hold, "verb": verb,
    "capitalize_first": capitalize_first,
}  # fmt: skip
#: The main navigation; a page says which of these it is under.
NAVIGATION = (
    ("Overview", "/"), ("Runs", "/runs"), ("People", "/people"), ("Mapping", "/mapping"),
    ("Quarantine", "/quarantine"), ("Audit", "/audit"), ("Settings", "/settings"),
)  # fmt: skip
