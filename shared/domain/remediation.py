"""What people do about quarantined records of governed feeds: states, moves, keys, due dates. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from shared.domain.canonical import fingerprint
from shared.domain.feeds.feed import Feed, Severity
from shared.domain.run import Next
from shared.domain.violation import Violation


class QuarantineState(StrEnum):
    """Where a quarantined record stands (docs/reference/quarantine.md)."""

    NEW = "new"
    REGRESSED = "regressed"  # its source id came back with a code it had before
    ASSIGNED = "assigned"
    WAITING_ON_SOURCE = "waiting_on_source"  # whoever is responsible was told
    RESUBMITTED = "resubmitted"  # a run is under way with it
    RESOLVED = "resolved"  # a run applied its source id, or found it unchanged
    CLOSED = "closed"  # by a person with a reason, or because a newer record took its place


class QuarantineEvent(StrEnum):
    """What happens to a quarantined record; its timeline is made of them."""

    OPENED = "opened"
    ASSIGNED = "assigned"
    COMMENTED = "commented"
    NOTIFIED = "notified"
    MAIL_SUBMITTED = "mail_submitted"
    MAIL_FAILED = "mail_failed"
    ATTESTED = "attested"
    RESUBMITTED = "resubmitted"
    RETURNED = "returned"  # the run it was sent in with ended without it
    RESOLVED = "resolved"
    CLOSED = "closed"
    SUPERSEDED = "superseded"
    OVERDUE = "overdue"


class ResubmissionOutcome(StrEnum):
    """What a run came to for a record that it was meant to mend."""

    RESOLVED = "resolved"
    REGRESSED = "regressed"  # the same code again: a new record took its place
    OTHER_CODES = "other_codes"  # other codes: a new record took its place
    NOT_IN_FILE = "not_in_file"
    NOT_APPLIED = "not_applied"  # taken, but the run ended without applying it


_S, _E = QuarantineState, QuarantineEvent

#: States in which a record waits for somebody; of a source id at most one record is in them.
OPEN = frozenset({_S.NEW, _S.REGRESSED, _S.ASSIGNED, _S.WAITING_ON_SOURCE, _S.RESUBMITTED})

#: Why a record is closed that a newer one took the place of.
SUPERSEDED = "superseded"

_Moves: TypeAlias = dict[QuarantineState, QuarantineState]

_STAY = {state: state for state in _S}
_STAY_OPEN = {state: state for state in _S if state in OPEN}


def _all_to(after: QuarantineState, *, but: QuarantineState | None = None) -> _Moves:
    return {state: after for state in _S if state in OPEN and state is not but}


_AFTER: Mapping[QuarantineEvent, Mapping[QuarantineState, QuarantineState]] = {
    _E.OPENED: {},  # it begins then
    # Another owner doesn't take back what the source was told, nor what is under way.
    _E.ASSIGNED: _STAY_OPEN | dict.fromkeys((_S.NEW, _S.REGRESSED), _S.ASSIGNED),
    _E.COMMENTED: _STAY,
    _E.NOTIFIED: _all_to(_S.WAITING_ON_SOURCE, but=_S.RESUBMITTED),
    _E.MAIL_SUBMITTED: _STAY,
    _E.MAIL_FAILED: _STAY,
    _E.ATTESTED: {state: state for state in _STAY_OPEN if state is not _S.RESUBMITTED},
    _E.RESUBMITTED: _all_to(_S.RESUBMITTED),
    _E.RETURNED: {},  # to what it was; see `after`
    _E.RESOLVED: _all_to(_S.RESOLVED),
    _E.CLOSED: _all_to(_S.CLOSED),
    _E.SUPERSEDED: _all_to(_S.CLOSED),
    _E.OVERDUE: _STAY_OPEN,
}


def after(
    state: QuarantineState, event: QuarantineEvent, before: QuarantineState | None = None
) -> QuarantineState | None:
    """The state after an event; None where a record in ``state`` doesn't take it.

    Args:
        state: where the record stands.
        event: what happens.
        before: where it stood when it was resubmitted.
    """
    if event is QuarantineEvent.RETURNED:
        fits = state is QuarantineState.RESUBMITTED and before in OPEN and before is not state
        return before if fits else None
    return _AFTER[event].get(state)


_NEXT: Mapping[QuarantineState, Next] = {
    _S.NEW: Next("compliance", "assign"),
    _S.REGRESSED: Next("compliance", "assign"),
    _S.ASSIGNED: Next("owner", "mend_at_the_source"),
    _S.WAITING_ON_SOURCE: Next("owner", "resubmit"),
    _S.RESUBMITTED: Next("approver", "follow_the_run"),
    _S.RESOLVED: Next("nobody", "done"),
    _S.CLOSED: Next("nobody", "done"),
}


def next_after(state: QuarantineState) -> Next:
    """Who acts next on a record in ``state``, and the step that is theirs."""
    return _NEXT[state]


def due_on(opened: date, days: int) -> date:
    """The last day that is in time."""
    return opened + timedelta(days=days)


def is_overdue(state: QuarantineState, due: date, today: date) -> bool:
    """Whether a record waits longer than it should."""
    return state in OPEN and due < today


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A row of a governed feed that was not taken."""

    row: int
    line: int
    last_line: int
    #: Where its fields are sound.
    source_id: str | None
    #: Canonical column → text as written; hashed, never stored.
    values: Mapping[str, str]
    #: None where not every value could be read: then nobody can attest it.
    payload_hash: str | None
    violations: Sequence[Violation]

    @property
    def known_by(self) -> str:
        """What says that it is the same record as before: its source id, else everything it says."""
        return self.source_id or f"values:{fingerprint(_hashable(self.values))}"

    @property
    def codes(self) -> frozenset[str]:
        """What is wrong with it."""
        return frozenset(v.code for v in self.violations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The newest record of a source id."""

    id: str
    state: QuarantineState
    idempotency_key: str
    owner: str | None
    due_on: date
    upload_id: str
    #: Of every record that earlier runs opened of the source id.
    codes: frozenset[str]


def state_when_opened(
    stopped_by: Sequence[str], earlier: Earlier | None, upload_id: str
) -> QuarantineState:
    """Where a record begins that has these codes, without warnings (`stopping`).

    The same file read once more says nothing new: what was done about its records stands.
    """
    if earlier is None:
        return QuarantineState.NEW
    same_file = earlier.upload_id == upload_id and earlier.state in OPEN
    if same_file and earlier.state is not QuarantineState.RESUBMITTED:
        return earlier.state
    return (
        QuarantineState.NEW if earlier.codes.isdisjoint(stopped_by) else QuarantineState.REGRESSED
    )


def quarantine_key(feed: str, found: SetAside, follows: str | None) -> str:
    """The idempotency key of a quarantined record: another one than any version of it has.

    SHA-256 over the RFC 8785 form of [feed, source id or null, key of the record it supersedes or
    null, values as written].
    """
    return fingerprint([feed, found.source_id, follows, _hashable(found.values)])


def _hashable(values: Mapping[str, str]) -> dict[str, str]:
    """Without halves of characters, which have no UTF-8."""
    return {k: v.encode("utf-8", "backslashreplace").decode() for k, v in values.items()}


def stopping(feed: Feed, codes: Iterable[str]) -> list[str]:
    """Codes for which a record is set aside: all but warnings."""
    warnings = {rule.code for rule in feed.rules if rule.severity is Severity.WARN}
    return [code for code in codes if code not in warnings]


def needs_attesting(feed: Feed, codes: Sequence[str]) -> tuple[list[str], list[str]]:
    """Codes of a record that a person may confirm, and those that only the source can mend."""
    attestable = {rule.code for rule in feed.rules if rule.severity is Severity.ATTEST}
    stops = stopping(feed, codes)
    return [c for c in stops if c in attestable], [c for c in stops if c not in attestable]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRecord:
    """A quarantined record of a governed feed as stored; never what stands in it."""

    id: str
    feed: str
    run_id: str
    upload_id: str
    file_name: str | None
    row: int
    line: int
    last_line: int
    source_id: str | None
    state: QuarantineState
    owner: str | None
    idempotency_key: str
    payload_hash: str | None
    #: The record before it of the same source id, and the one that took its place.
    supersedes: str | None
    superseded_by: str | None
    opened_at: datetime
    due_on: date
    closed_at: datetime | None
    #: Why a person closed it, or `superseded`.
    closed_reason: str | None
    #: The run that is under way with it, and where it stood before.
    resubmitted_run: str | None
    state_before: QuarantineState | None
    #: The run that applied its source id or found it unchanged, and the key of the version in the store.
    resolved_run: str | None
    resolved_key: str | None
    violations: Sequence[Violation]

    @property
    def codes(self) -> list[str]:
        """What is wrong with it, each once."""
        return list(dict.fromkeys(v.code for v in self.violations))


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """A person confirms that a record may say what it says."""

    quarantine_id: str
    feed: str
    source_id: str
    payload_hash: str
    code: str
    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEvent:
    """Something that happened to a record."""

    quarantine_id: str
    at: datetime
    actor: str
    event: QuarantineEvent
    #: A run, a code, an owner, what somebody wrote; an address is masked.
    detail: str = ""
