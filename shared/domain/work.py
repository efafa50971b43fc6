"""Work items: the pieces a run is cut into. PostgreSQL holds them; a message only carries an id."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.canonical import Json
from shared.domain.run import RunMode, TargetName


class WorkKind(StrEnum):
    """What an item asks for; each is one pipeline call."""

    START = "start"  # take the target's lock, or wait
    VALIDATE = "validate"  # read and judge the extract
    LIST = "list"  # reference data, list of people, managed groups
    FETCH = "fetch"  # details of a chunk of people
    READ_AGAIN = "read_again"  # once more, what failed or contradicts itself
    LOOK_UP = "look_up"  # whether nobody has the email or username of newcomers
    PLAN = "plan"
    APPLY = "apply"  # a chunk of actions of one kind
    VERIFY = "verify"  # read what a chunk of actions wrote again
    RESUME = "resume"  # go on with a paused run once its target answers
    REPORT = "report"  # books, reports, end of the run
    EXPORT = "export"  # one file that somebody ordered; nothing of the run depends on it


#: Work that has a plan's approved actions in hand.
AT_ACTIONS = (WorkKind.APPLY, WorkKind.VERIFY)


class WorkState(StrEnum):
    """Where an item stands."""

    READY = "ready"
    LEASED = "leased"
    DONE = "done"
    DEAD = "dead"  # given up after too many attempts


#: Attempts after which an item is dead and its run fails or ends with errors.
MAX_ATTEMPTS = 5
#: An item that has been worked on for so long begins nothing new: it is given back, and goes on as
#: another task. What was begun may take 200 s more, and a task has 240 (docs/explanation/calling-ascip.md).
ENOUGH_S = 30
#: How long a worker owns an item without renewing, in seconds of the database's clock.
LEASE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """A claimed item. ``epoch`` rises with each claim and fences off earlier owners."""

    id: int
    run_id: str
    target: TargetName
    #: Of its run.
    mode: RunMode
    kind: WorkKind
    chunk: Mapping[str, Json]
    attempt: int
    epoch: int
    #: How long the database has leased it for.
    lease_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWork:
    """An item to be made."""

    kind: WorkKind
    chunk: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """A dead item after which nothing of its run was begun: somebody has to lead the run on."""

    kind: WorkKind
    #: What went wrong in its last attempt.
    code: str
    attempts: int
    at: datetime


class MessageFault(StrEnum):
    """Why a message was refused before anybody worked on it."""

    UNREADABLE = "unreadable"  # no message of Celery's
    UNKNOWN_TASK = "unknown_task"
    UNKNOWN_VERSION = "unknown_version"  # of an older or newer program
    WRONG_ARGUMENTS = "wrong_arguments"
