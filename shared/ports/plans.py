"""Storage of plans, actions and reviews."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol, cast

from shared.domain.action import Action, ActionClass, ActionStatus, HeldReason, Kind, Mark
from shared.domain.canonical import Json
from shared.domain.gates import Counts, Gate
from shared.domain.plan import Plan, PlanHead
from shared.domain.rates import Ended
from shared.domain.review import Candidate, Decision, Review
from shared.ports.target import Attempt, Mismatch, Outcome, Verified


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlan:
    """A plan without its actions."""

    id: str
    run_id: str
    snapshot_id: str
    digest: str
    header: Mapping[str, Json]
    held_classes: Sequence[str]
    applyable: bool
    summary: Mapping[str, Json]
    facts: Mapping[str, Json]
    created_at: datetime
    expires_at: datetime | None
    expired: bool

    @property
    def gates(self) -> list[Gate]:
        """Judged when it was made."""
        header = cast("Iterable[Mapping[str, Any]]", self.header["gates"])
        return [Gate.from_json(gate) for gate in header]

    @property
    def rate_per_s(self) -> float | None:
        """ASCIP calls a second when it was made; None in a plan of the record store, or an old one."""
        rate = self.facts.get("rate_per_s")
        return float(str(rate)) if rate else None

    @property
    def minutes_estimated(self) -> int | None:
        """What applying takes at that rate, without what is held; rounded up."""
        if self.rate_per_s is None:
            return None
        return math.ceil(int(str(self.summary["calls_estimated"])) / self.rate_per_s / 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAction:
    """An action as stored: the proposal, and what became of it."""

    action: Action
    status: ActionStatus
    #: Known from the plan, or learned from the add's outcome.
    ascip_id: int | None
    attempts: int = 0
    outcome_code: str | None = None
    settled: bool = False
    intent_at: datetime | None = None
    outcome_at: datetime | None = None
    #: When it was read again, and what didn't match then.
    verified_at: datetime | None = None
    mismatch: Mismatch | None = None
    #: Of a refused add or update: the LMS id of whoever has the email or username already.
    holder_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What reading again came to: actions looked at, and those that don't match."""

    verified: int = 0
    mismatches: int = 0

    def to_json(self) -> dict[str, Json]:
        """The stored form, beside the books."""
        return {"verified": self.verified, "mismatches": self.mismatches}


class PersonSecret(NamedTuple):
    """What the audit speaks of a person under, and the master key without which it means nothing."""

    secret: bytes
    #: None for those made before secrets were bound to a key.
    key_id: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionFilter:
    """Which actions to list; empty fields don't narrow."""

    kinds: Sequence[Kind] = ()
    classes: Sequence[ActionClass] = ()
    statuses: Sequence[ActionStatus] = ()
    #: As the plan holds them, released or not since.
    holds: Sequence[HeldReason] = ()
    marks: Sequence[Mark] = ()
    sites: Sequence[str] = ()
    groups: Sequence[int] = ()
    #: Paths of changes: `email`, `buckets.7`.
    fields: Sequence[str] = ()
    #: Keys of identical changes, as groups of a plan have them.
    changes: Sequence[str] = ()
    people: Sequence[str] = ()
    #: Rows of the extract.
    rows: Sequence[int] = ()
    #: Part of an employee id, a masked email or a name, or a whole email address; in any case.
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReview:
    """A decision as stored."""

    actor: str
    decided_at: datetime
    body: Mapping[str, Json]

    @property
    def decision(self) -> Decision:
        """What was decided."""
        return Decision(str(self.body["decision"]))


class Plans(Protocol):
    """Plans with their actions and reviews."""

    def save(
        self,
        plan: Plan,
        *,
        plan_id: str,
        run_id: str,
        snapshot_id: str,
        ttl_h: int,
        facts: Mapping[str, Json],
    ) -> None:
        """Store a plan whole, in bulk, or not at all."""
        ...  # fmt: skip

    def begin(
        self, plan_id: str, *, run_id: str, snapshot_id: str, header: Mapping[str, Json], ttl_h: int
    ) -> None:
        """Begin to store a plan whose actions come one after the other; `seal` it in this transaction."""
        ...

    def add_actions(self, plan_id: str, actions: Iterable[Action]) -> None:
        """Add actions in their order, in portions: what makes them may read in between."""
        ...

    def sorted_hashes(self, plan_id: str) -> Iterator[str]:
        """The hashes of all actions, sorted, streaming: what a digest is made of."""
        ...

    def seal(self, plan_id: str, head: PlanHead, *, facts: Mapping[str, Json]) -> None:
        """End what was begun: the digest and what is said of the whole."""
        ...

    def get(self, plan_id: str) -> StoredPlan:
        """Read a plan by its id. Raises `NotFound`."""
        ...

    def of_run(self, run_id: str) -> StoredPlan | None: ...
    def actions(self, plan_id: str, wanted: ActionFilter) -> Iterator[StoredAction]:
        """Actions in the plan's order."""
        ...

    def hashes(self, plan_id: str) -> Iterator[tuple[str, str]]:
        """(body, hash) of every action, sorted by hash, streaming: to recompute the digest."""
        ...

    def candidates(self, plan_id: str) -> list[Candidate]:
        """What a review needs to know of each action."""
        ...

    def add_review(
        self, review_id: str, plan_id: str, review: Review, actor: str, *, four_eyes: bool
    ) -> None:
        """Store a decision; with ``four_eyes`` storage refuses an approval by who made the run, too.

        Raises:
            Conflict: the plan was decided before.
        """
        ...

    def review_of(self, plan_id: str) -> StoredReview | None: ...
    def set_statuses(self, plan_id: str, statuses: Mapping[str, ActionStatus]) -> None: ...

    def status_counts(self, plan_id: str) -> dict[ActionStatus, int]: ...
    def approved_counts(self, plan_id: str) -> Counts:
        """People of what is neither held nor left out, as gates count them."""
        ...

    def ended(self, plan_id: str) -> Ended:
        """How approved actions have ended since the run was begun or went on."""
        ...

    def kind_counts(self, plan_id: str) -> dict[tuple[Kind, ActionStatus], int]: ...

    def due_spans(self, plan_id: str, size: int) -> list[tuple[int, int]]:
        """First and last position of portions of approved actions still to be done, of any kind.

        For targets that need no order of kinds and no dependencies.
        """
        ...

    def due_ids(
        self, plan_id: str, kind: Kind, *, max_attempts: int
    ) -> list[tuple[str, int | None]]:
        """(id, group) of approved actions of a kind that are still to be done, in order.

        Those that depend on others are left out until these have succeeded.
        """
        ...

    def give_up_orphans(self, plan_id: str, *, max_attempts: int) -> list[StoredAction]:
        """Mark `not_attempted` what depends on an action that ended without success, and so on."""
        ...

    def intend(self, plan_id: str, ids: Sequence[str], work_item_id: int) -> list[Attempt]:
        """Record the intent (`attempting`) of approved actions; those attempting already are retries.

        An action that is finished, held or not approved is left out, and so is every action of a
        plan without an approving review, or of another run than the item's: an id alone applies nothing.
        """
        ...

    def record(
        self, plan_id: str, outcomes: Iterable[Outcome], *, max_attempts: int
    ) -> list[StoredAction]:
        """Record outcomes of attempting actions; returns these actions as they are now."""
        ...

    def unverified(self, plan_id: str) -> list[tuple[str, Kind, int | None]]:
        """(id, kind, group) of what may have been written and was not read again yet."""
        ...

    def written(self, plan_id: str, ids: Sequence[str]) -> list[Attempt]:
        """What may have been written, of ``ids``, with the people it was about."""
        ...

    def record_verified(self, plan_id: str, verified: Iterable[Verified]) -> list[StoredAction]:
        """Record what was found; returns unknown actions that turn out to have succeeded."""
        ...

    def verification(self, plan_id: str) -> Verification: ...

    def close_open(self, plan_id: str) -> list[StoredAction]:
        """Mark `not_attempted` what is still planned when the run ends, `unknown` an intent left open."""
        ...

    def leave_out(self, plan_id: str) -> None:
        """Mark `not_approved` what is planned, because the plan will never be approved."""
        ...

    def reopen(self, plan_id: str) -> int:
        """Make failed and not-attempted actions planned again, give unknown ones new attempts (retry)."""
        ...

    def make_secrets(self, plan_id: str, key_id: bytes) -> None:
        """Give each person of a plan the secret under which the audit will speak of them.

        It counts only together with the master key ``key_id``, for as long as it lives.
        """
        ...

    def secret_keys(self, plan_id: str) -> list[bytes]:
        """Ids of the master keys that the secrets of a plan's people go with."""
        ...

    def secrets(self, person_keys: Iterable[str]) -> dict[str, PersonSecret]:
        """Those that were not destroyed."""
        ...
