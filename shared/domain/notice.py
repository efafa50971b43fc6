"""Notices: what somebody should hear of by mail, whether it still is news, and who hears of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.access import Role
from shared.domain.run import RunState


class Topic(StrEnum):
    """What a notice is about."""

    RUN = "run"  # a run came to rest
    UNREVIEWED = "unreviewed"  # a plan waits for an approver
    NO_FILE = "no_file"  # an extract did not come
    DIGEST = "digest"  # what is told once a day


class NoticeState(StrEnum):
    """What became of a notice."""

    WAITING = "waiting"
    SENT = "sent"
    NO_NEWS = "no_news"  # out of date, told before, or not wanted
    GIVEN_UP = "given_up"  # the mail server did not take it for three days


class Word(StrEnum):
    """How it stands: the first word of a subject."""

    ACTION_NEEDED = "ACTION NEEDED"
    APPLIED = "APPLIED"
    OK = "OK"
    FAILED = "FAILED"
    OVERDUE = "OVERDUE"
    RECOVERED = "RECOVERED"
    DIGEST = "DIGEST"
    TEST = "TEST"  # whether mail arrives


class SuccessMail(StrEnum):
    """When a run that ended well is told of."""

    ALWAYS = "always"
    CHANGES = "changes"  # if it changed something
    DAILY = "daily"  # in the digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """`[mail]`, but for the way to the server."""

    #: Who hears of what is nobody's own, and in place of a role that names nobody.
    to: Sequence[str] = ()
    of_role: Mapping[Role, Sequence[str]] = field(default_factory=dict)
    success: SuccessMail = SuccessMail.CHANGES
    attach_summary: bool = False

    def recipients(self, roles: Sequence[Role]) -> list[str]:
        """Addresses, each once."""
        named = (address for role in roles for address in self.of_role.get(role) or self.to)
        return list(dict.fromkeys(named))


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice as stored."""

    id: int
    topic: Topic
    #: A run, a feed, or nothing.
    about: str
    #: A run's state, how long a plan has waited, when a file was due, the day of a digest.
    stage: str
    created_at: datetime
    attempts: int
    #: Whether there is a newer one about the same run: it has gone on since.
    overtaken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """How things stand, to be told or not."""

    word: Word
    #: What is compared with the notice before: runs of a feed, decisions about it, reviews of a plan.
    series: str
    status: str
    roles: Sequence[Role]
    #: Whether something has changed, or is wrong: told whatever `mail.success` says.
    changed: bool = True
    wrong: bool = False
    #: Whether it asks for something of its own, even if the like of it was asked for before.
    apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What the notice before it in its series came to."""

    status: str | None = None
    #: Whether this very status was told today.
    told_today: bool = False
    #: Whether a newer run has taken the place of the one it was about.
    superseded: bool = False


#: Where a run has come to rest and somebody may want to know.
TOLD = frozenset(
    {
        RunState.NO_CHANGES, RunState.SKIPPED_UNCHANGED, RunState.REJECTED_INPUT, RunState.FAILED,
        RunState.HELD, RunState.AWAITING_APPROVAL, RunState.PAUSED, RunState.APPLIED,
        RunState.APPLIED_WITH_ERRORS, RunState.STALE,
    }
)  # fmt: skip

#: Statuses that a good end recovers from.
FAILING, MISSING = "failed", "overdue"
#: Of these `mail.success` says whether they are told.
GOOD_ENDS = frozenset({Word.OK, Word.APPLIED})

#: After so many hours an approver is told again of a plan that waits.
REMINDERS_H = (4, 24)

#: A pause that ends by itself is told of if it lasts longer.
PATIENCE = timedelta(hours=1)
#: A mail that could not be sent for so long tells nothing any more.
GIVE_UP_AFTER = timedelta(hours=72)
#: A median of fewer runs says nothing; what takes a second or three is not slow.
_RUNS, _SLOW_S = 10, 10
_RETRY_MINUTES = (1, 5, 15, 60)


def word_of(news: News, earlier: Earlier, success: SuccessMail) -> Word | None:
    """The word to tell news under, None if it is none.

    The same is told once a day at most, but for good ends that somebody wants to hear of. Each plan
    that waits is news of its own, unless it only took the place of one that was told of today.
    """
    same = news.status == earlier.status and earlier.told_today
    if news.word not in GOOD_ENDS:
        quiet = same and (not news.apart or earlier.superseded)
        return None if quiet else news.word
    if earlier.status in (FAILING, MISSING):
        return Word.RECOVERED
    wanted = {
        SuccessMail.ALWAYS: True,
        SuccessMail.CHANGES: news.changed,
        SuccessMail.DAILY: False,
    }[success]
    return news.word if wanted or (news.wrong and not same) else None


def reminder(waited_h: float) -> str | None:
    """The stage of a plan that waits for its review, None while nobody need be reminded."""
    passed = [hours for hours in REMINDERS_H if waited_h >= hours]
    return f"{passed[-1]}h" if passed else None


def is_slow(seconds: float, median_s: float | None, runs: int) -> bool:
    """Whether a phase took more than twice as long as the median of ten runs, by ten seconds at least."""
    if median_s is None or runs < _RUNS:
        return False
    return seconds > 2 * median_s and seconds - median_s >= _SLOW_S


def retry_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts to send."""
    return timedelta(minutes=_RETRY_MINUTES[min(attempts, len(_RETRY_MINUTES)) - 1])
