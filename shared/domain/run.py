"""Runs: everything that one extract sets going; its states, who acts next, and allowed moves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from shared.domain.canonical import Json
from shared.domain.feeds.staff import FEED as STAFF


class TargetName(StrEnum):
    """Where the truth of a feed is made to hold; one run at a time has a target."""

    ASCIP = "ascip"
    RECORDS = "records"


def target_of(feed: str) -> TargetName:
    """The target of a feed: staff goes to ASCIP, governed records into the record store."""
    return TargetName.ASCIP if feed == STAFF else TargetName.RECORDS


class RunState(StrEnum):
    """Where a run stands (docs/reference/states.md)."""

    QUEUED = "queued"  # waits for its turn on the target
    VALIDATING = "validating"  # reads the extract
    FETCHING = "fetching"  # reads the target
    PLANNING = "planning"
    NO_CHANGES = "no_changes"
    SKIPPED_UNCHANGED = "skipped_unchanged"
    REJECTED_INPUT = "rejected_input"
    FAILED = "failed"
    HELD = "held"  # nothing can be approved without a release
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    APPLYING = "applying"
    PAUSED = "paused"
    APPLIED = "applied"
    APPLIED_WITH_ERRORS = "applied_with_errors"
    CANCELED = "canceled"
    DISCARDED = "discarded"
    STALE = "stale"


class PausedReason(StrEnum):
    """Why a run is paused."""

    OPERATOR = "operator"
    AUTH = "auth"
    BREAKER = "breaker"
    THROTTLED = "throttled"
    AUDIT_UNAVAILABLE = "audit_unavailable"
    FAILURE_RATE = "failure_rate"
    CONFLICT_RATE = "conflict_rate"


#: Why a queued run waits for the end of a window, or of a pause of all syncing.
CALENDAR = "calendar"
SYNC_PAUSED = "sync_paused"
#: Nobody can be told of a run that waits: what rings the workers is away.
BROKER_DOWN = "broker_down"


class RunMode(StrEnum):
    """What was asked for."""

    PLAN = "plan"
    PLAN_AND_APPLY = "plan_and_apply"
    DRIFT = "drift"
    REVERT = "revert"  # take another run back


class Phase(StrEnum):
    """Phases with timings, in their order."""

    VALIDATE = "validate"
    FETCH = "fetch"
    PLAN = "plan"
    APPLY = "apply"
    VERIFY = "verify"
    REPORT = "report"


_S = RunState

#: States no verb leads out of.
FINAL = frozenset(
    {_S.NO_CHANGES, _S.SKIPPED_UNCHANGED, _S.REJECTED_INPUT, _S.FAILED, _S.APPLIED, _S.DISCARDED, _S.STALE}
)  # fmt: skip

#: States in which nothing moves until somebody acts.
RESTING = FINAL | {
    _S.HELD,
    _S.AWAITING_APPROVAL,
    _S.APPROVED,
    _S.PAUSED,
    _S.APPLIED_WITH_ERRORS,
    _S.CANCELED,
}

#: States in which the run has its target to itself.
LOCKING = frozenset({_S.VALIDATING, _S.FETCHING, _S.PLANNING, _S.APPLYING, _S.PAUSED})

_MOVES: dict[RunState, frozenset[RunState]] = {
    _S.QUEUED: frozenset({_S.VALIDATING, _S.SKIPPED_UNCHANGED, _S.FAILED, _S.STALE, _S.CANCELED}),
    _S.VALIDATING: frozenset({_S.FETCHING, _S.SKIPPED_UNCHANGED, _S.REJECTED_INPUT, _S.FAILED, _S.CANCELED}),
    _S.FETCHING: frozenset({_S.PLANNING, _S.FAILED, _S.CANCELED}),
    # Drift runs and those in shadow mode are discarded before anybody could decide: they are there
    # to be looked at.
    _S.PLANNING: frozenset(
        {_S.NO_CHANGES, _S.HELD, _S.AWAITING_APPROVAL, _S.DISCARDED, _S.FAILED, _S.CANCELED}
    ),
    _S.HELD: frozenset({_S.APPROVED, _S.DISCARDED, _S.STALE}),
    _S.AWAITING_APPROVAL: frozenset({_S.APPROVED, _S.DISCARDED, _S.STALE}),
    _S.APPROVED: frozenset({_S.APPLYING, _S.STALE, _S.CANCELED}),
    _S.APPLYING: frozenset({_S.PAUSED, _S.APPLIED, _S.APPLIED_WITH_ERRORS, _S.CANCELED, _S.FAILED}),
    _S.PAUSED: frozenset({_S.APPLYING, _S.CANCELED}),
    _S.APPLIED_WITH_ERRORS: frozenset({_S.APPLYING, _S.STALE}),
    _S.CANCELED: frozenset({_S.APPLYING, _S.STALE}),
}  # fmt: skip


def may_move(before: RunState, after: RunState) -> bool:
    """Whether a run may go from one state to another."""
    return after in _MOVES.get(before, frozenset())


@dataclass(frozen=True, slots=True)
class Next:
    """Who acts next, and how."""

    actor: str
    step: str


_NEXT: dict[RunState, Next] = {
    _S.QUEUED: Next("system", "start"),
    _S.VALIDATING: Next("system", "validate"),
    _S.FETCHING: Next("system", "fetch"),
    _S.PLANNING: Next("system", "plan"),
    _S.NO_CHANGES: Next("nobody", "done"),
    _S.SKIPPED_UNCHANGED: Next("nobody", "done"),
    _S.REJECTED_INPUT: Next("operator", "mend_the_extract"),
    _S.FAILED: Next("operator", "read_the_reason"),
    _S.HELD: Next("approver", "release_or_discard"),
    _S.AWAITING_APPROVAL: Next("approver", "review"),
    _S.APPROVED: Next("operator", "apply"),
    _S.APPLYING: Next("system", "apply"),
    _S.PAUSED: Next("operator", "resume_or_cancel"),
    _S.APPLIED: Next("nobody", "done"),
    _S.APPLIED_WITH_ERRORS: Next("operator", "retry"),
    _S.CANCELED: Next("operator", "retry_or_plan_again"),
    _S.DISCARDED: Next("operator", "plan_again"),
    _S.STALE: Next("operator", "plan_again"),
}


def next_after(state: RunState) -> Next:
    """Who acts next when a run is in ``state``, and the step that is theirs."""
    return _NEXT[state]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A landed file; its name is the one it was first sent under."""

    id: str
    feed: str
    name: str
    sha256: str
    size_bytes: int
    location: str
    actor: str
    #: When its bytes came last.
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as stored."""

    id: str
    feed: str
    target: TargetName
    upload_id: str | None
    mode: RunMode
    force: bool
    trigger: str
    actor: str
    state: RunState
    engine_version: str
    mapping_sha256: str
    config_sha256: str
    #: What this arrival called the file; shown escaped.
    file_name: str | None = None
    reason: str | None = None
    detail: str | None = None
    as_of: date | None = None
    input_sha256: str | None = None
    counts: Mapping[str, Json] = field(default_factory=dict)
    unverified: Mapping[str, Json] = field(default_factory=dict)
    books: Mapping[str, Json] | None = None
    clean: bool | None = None
    superseded_by: str | None = None
    #: The run that it takes back.
    reverts: str | None = None
    #: When a run that waits for its target is tried again by itself.
    goes_on_at: datetime | None = None
    archive: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def state_and_reason(self) -> str:
        """As people read it: `failed (target_unreachable)`."""
        return f"{self.state.value} ({self.reason})" if self.reason else self.state.value

    @property
    def made_from(self) -> str:
        """As people read it: `file staff.csv`; what takes a run back has no file."""
        return f"takes back {self.reverts}" if self.reverts else f"file {self.file_name}"

    @property
    def is_put_off(self) -> bool:
        """Whether its turn comes when a window of the calendar, or a pause of all syncing, has ended."""
        return self.state is RunState.QUEUED and self.reason in (CALENDAR, SYNC_PAUSED)

    @property
    def next(self) -> Next:
        """Who acts next; what goes on by itself needs nobody."""
        if self.state is RunState.PAUSED and self.goes_on_at:
            return Next("system", "resume")
        return next_after(self.state)
