"""A target: where a feed's truth is made to hold. It speaks in chunks; the LMS is the first."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from shared.domain.action import Action
from shared.domain.snapshot import Login, Person, Reference


class Trouble(StrEnum):
    """Codes of what is wrong with the target or the way to it, never with what was asked of it."""

    KEY_REFUSED = "key_refused"
    UNREACHABLE = "unreachable"
    BREAKER_OPEN = "breaker_open"  # too many calls failed in a row: nothing is sent for a while
    RATE_LIMITED = "rate_limited"  # turned away, and soon worth another try
    THROTTLED = "throttled"  # asked to wait so long that nobody should wait for it
    LIMITER_UNAVAILABLE = "limiter_unavailable"
    LEASE_OVER = "lease_over"  # who asked may not own the work any more: nothing is sent for it


class OutcomeStatus(StrEnum):
    """How the attempt of one action ended."""

    SUCCEEDED = "succeeded"
    CONFLICT = "conflict"  # the person differs from the action's `before`: nothing was sent
    FAILED = "failed"  # refused for good
    TRANSIENT = "transient"  # not done, may be tried again after `retry_after_s`
    UNKNOWN = "unknown"  # may have happened: settle later


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one action. ``code`` is the target's or our word, without personal data."""

    action_id: str
    status: OutcomeStatus
    code: str | None = None
    #: The person's id, once known (an `add` learns it here).
    ascip_id: int | None = None
    #: The effect was found by reading back, not in an answer.
    settled: bool = False
    retry_after_s: float | None = None
    #: Of a refused add or update: who has the email or username already. Never our person.
    holder_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An action to carry out. ``retry`` says that an earlier intent is open, so settle first."""

    action: Action
    #: The person's id; for memberships of a newly added person it comes from the add's outcome.
    ascip_id: int | None
    retry: bool = False


class Mismatch(StrEnum):
    """Why something that was written is not found as it was written."""

    CHANGED = "changed"  # a field or the status has another value by now
    GONE = "gone"  # the person or the group is not there
    TWICE = "twice"  # more than one person has the email or username of an add
    MEMBERSHIP = "membership"  # joined and not a member, or left and still one


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What reading again says of an action; without a mismatch the target is as the action wants it."""

    action_id: str
    mismatch: Mismatch | None = None
    #: The person's id, once known.
    ascip_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleList:
    """The list of all people: ids only, with the proof that it is whole."""

    ids: tuple[int, ...]
    total_items: int
    #: Unique ids numbered `totalItems` in at least one of up to three passes.
    complete: bool
    passes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingDetail:
    """A person who is listed but could not be read; ``code`` says why."""

    ascip_id: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCount:
    """Requests of one kind that ended alike: how many, and their seconds together."""

    #: Such as `GET /people/{id}`: never a value.
    call: str
    #: `ok`, or our word for what came instead (`http_429`, `no_answer`).
    outcome: str
    calls: int
    seconds: float


class Target(Protocol):
    """The ASCIP LMS, or anything that can stand in its place.

    Every method raises `KeyRefused` for 401 and 403 and `Transient` when the target can't be reached
    at all within the configured retries; other failures are values.
    """

    def reference(self) -> Reference:
        """Groups (without members), buckets, roles, time zones and the tenant."""
        ...

    def list_people(self) -> PeopleList:
        """Ids of all people, active and inactive."""
        ...

    def fetch_people(
        self, ids: Sequence[int], *, again: bool = False
    ) -> Iterator[list[Person | MissingDetail]]:
        """Details of ``ids`` in batches as they arrive, in any order; each id comes exactly once.

        A person who is gone (404) comes as `MissingDetail` with code `not_found`. ``again`` is for
        people of whom some failed before: that the target answers with an error for many of them in a
        row doesn't make it unwell.
        """
        ...

    def group_members(self, group_ids: Iterable[int]) -> dict[int, frozenset[int]]:
        """Members of each group, read whole."""
        ...

    def nobody_has(self, logins: Sequence[Login]) -> list[bool]:
        """Whether the target says that nobody has the email, and nobody the username, of each.

        False where somebody has one of them, and where it can't be found out.
        """
        ...

    def apply(self, attempts: Sequence[Attempt], *, may_send: Callable[[], bool]) -> list[Outcome]:
        """Carry out actions of one kind: read again, compare with `before`, write, classify.

        ``may_send`` is asked right before each request, the repeated ones too: once it says no,
        another worker may have the work, and what was not sent ends with `lease_over`.

        One outcome for each attempt. An attempt with ``retry`` is first settled by reading back.
        Memberships of one call share a group and number at most 100.
        """
        ...

    def verify(self, attempts: Sequence[Attempt]) -> list[Verified]:
        """Read what actions of one kind were about again; writes nothing, one answer for each.

        What doesn't match is looked at until the time is over in which a late effect may show.
        """
        ...

    def ping(self) -> None:
        """One cheap read: returns if the target answers and takes our key."""
        ...

    def held_s(self) -> float:
        """Seconds for which nobody may call, because the target asked for it; 0 if that isn't known."""
        ...

    def take_calls(self) -> list[CallCount]:
        """Requests sent by this process since they were last taken, each attempt for itself."""
        ...

    def close(self) -> None:
        """Release connections."""
        ...
