"""Actions: one change to one person or one membership, in the words of the contract."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from shared.domain.canonical import Json, canonical, fingerprint, sha256

#: A list (of a governed record) stands as its canonical JSON text.
Scalar = str | int | None


class Kind(StrEnum):
    """What an action does; the order is the order of application."""

    ADD = "add"
    UPDATE = "update"
    REACTIVATE = "reactivate"
    JOIN = "join"
    LEAVE = "leave"
    DEACTIVATE = "deactivate"
    RETIRE = "retire"  # record store only


#: Kinds of the LMS target in order of application.
LMS_KINDS = (Kind.ADD, Kind.UPDATE, Kind.REACTIVATE, Kind.JOIN, Kind.LEAVE, Kind.DEACTIVATE)

MEMBERSHIPS = frozenset({Kind.JOIN, Kind.LEAVE})


class ActionClass(StrEnum):
    """What gates, approvals and releases name; an action is in the first that fits."""

    REMOVALS = "removals"
    KEY_CHANGES = "key_changes"
    MEMBERSHIPS_REMOVED = "memberships_removed"
    MEMBERSHIPS_ADDED = "memberships_added"
    ADDS = "adds"
    UPDATES = "updates"


class Mark(StrEnum):
    """What a reviewer should notice about an action."""

    EMAIL_CHANGED = "email_changed"
    SITE_TRANSFER = "site_transfer"
    REHIRE = "rehire"
    WEAK_MATCH = "weak_match"
    PRIVILEGED_ROLE = "privileged_role"
    POSSIBLE_DUPLICATE = "possible_duplicate"
    UNMAPPED = "unmapped"
    IDENTITY_CHANGE = "identity_change"


class ActionStatus(StrEnum):
    """Where an action stands."""

    PLANNED = "planned"  # may be approved
    HELD = "held"  # can't be approved without a release or a mended input
    NOT_APPROVED = "not_approved"  # left out by the review, or never reviewed
    ATTEMPTING = "attempting"  # the intent is recorded, the call may have been sent
    SUCCEEDED = "succeeded"
    CONFLICT = "conflict"  # someone else changed the person since the snapshot
    FAILED = "failed"
    UNKNOWN = "unknown"  # the answer was lost and could not be settled yet
    NOT_ATTEMPTED = "not_attempted"  # approved, but the run ended before its turn


class HeldReason(StrEnum):
    """Why an action (or a change inside it) is held."""

    GATE = "gate"
    UNMAPPED_SITE = "unmapped_site"
    UNMAPPED_BUCKET_VALUE = "unmapped_bucket_value"
    IDENTITY_CONFLICT = "identity_conflict"
    POSSIBLE_DUPLICATE = "possible_duplicate"
    KEY_CYCLE = "key_cycle"
    TARGET_INCOMPLETE = "target_incomplete"
    UNIDENTIFIED_ROWS = "unidentified_rows"
    PRIVILEGED_ROLE = "privileged_role"
    PROTECTED = "protected"
    CALENDAR = "calendar"


#: Reasons a release of a class can lift (docs/reference/gates.md).
RELEASABLE = frozenset({HeldReason.GATE, HeldReason.UNIDENTIFIED_ROWS})
#: Reasons that only a release naming the person lifts.
RELEASABLE_BY_NAME = frozenset({HeldReason.POSSIBLE_DUPLICATE, HeldReason.PRIVILEGED_ROLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field inside an action. ``path`` is `email`, `first_name`, …, or `buckets.<id>`."""

    path: str
    before: Scalar
    after: Scalar
    #: Names of ids, for people to read; not digested.
    before_name: str | None = None
    after_name: str | None = None
    #: A held change is left out when the action is applied.
    hold: HeldReason | None = None

    def body(self) -> dict[str, Json]:
        """The digested form."""
        return {
            "path": self.path,
            "before": self.before,
            "after": self.after,
            "hold": self.hold.value if self.hold else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class NextVersion:
    """The version of a governed record that an action makes: its key, and that of the version before.

    The key covers the whole payload, so what is approved can't be exchanged before it is applied.
    """

    idempotency_key: str
    follows: str | None


@dataclass(frozen=True, kw_only=True)
class Action:
    """A proposed change: the body is digested, the envelope is for people."""

    kind: Kind
    action_class: ActionClass
    #: The employee id, else `ascip:` + the id in the LMS; of a governed record its source id.
    person_key: str
    #: None for an `add`, and for the memberships of a person still to be added.
    ascip_id: int | None
    group_id: int | None = None
    changes: tuple[Change, ...] = ()
    marks: tuple[Mark, ...] = ()
    match_rule: str | None = None
    #: Why it is held as a whole; a gate's hold is recorded here too.
    hold: HeldReason | None = None
    #: Ids of actions that must have succeeded before.
    depends_on: tuple[str, ...] = ()
    #: Of a governed record alone.
    version: NextVersion | None = None
    # Envelope
    reason: str = ""
    source_row: int | None = None
    email_masked: str = ""
    #: The first of the person's sites: all actions on one person are of one site.
    site: str | None = None
    group_name: str | None = None

    @cached_property
    def id(self) -> str:
        """`act_` and 16 hex digits; the same person, kind and group give the same id in every plan."""
        return action_id(self.kind, self.person_key, self.group_id)

    def body(self) -> dict[str, Json]:
        """The digested form; its keys are part of the plan's `format_version`."""
        common: dict[str, Json] = {
            "id": self.id,
            "kind": self.kind.value,
            "class": self.action_class.value,
            "changes": [change.body() for change in self.changes],
            "hold": self.hold.value if self.hold else None,
        }
        if self.version is not None:
            key, follows = self.version.idempotency_key, self.version.follows
            return common | {
                "record": {
                    "source_id": self.person_key, "idempotency_key": key, "follows": follows,
                }
            }  # fmt: skip
        return common | {
            "person": {"key": self.person_key, "ascip_id": self.ascip_id},
            "group_id": self.group_id,
            "marks": [mark.value for mark in self.marks],
            "match": self.match_rule,
            "depends_on": list(self.depends_on),
        }

    @cached_property
    def body_bytes(self) -> bytes:
        """Canonical bytes of the body."""
        return canonical(self.body())

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the canonical body."""
        return sha256(self.body_bytes)

    @property
    def sent(self) -> tuple[Change, ...]:
        """The changes that are sent: those not held."""
        return tuple(change for change in self.changes if change.hold is None)


def action_id(kind: Kind, person_key: str, group_id: int | None) -> str:
    """The id an action has in every plan (docs/reference/plan.md)."""
    return "act_" + fingerprint([kind.value, person_key, group_id])[:16]


def sort_key(action: Action) -> tuple[int, str, int]:
    """The order in which actions are stored and shown: kind, person, group."""
    return (_KIND_ORDER[action.kind], action.person_key, action.group_id or 0)


def ordered(actions: Iterable[Action]) -> list[Action]:
    """Actions in the order they are stored and shown."""
    return sorted(actions, key=sort_key)


_KIND_ORDER = {kind: order for order, kind in enumerate(Kind)}
#: Fields no two people may share.
KEY_PATHS = frozenset({"email", "username", "employee_number"})


def classify(kind: Kind, changes: Iterable[Change] = (), *, by_ladder: bool = False) -> ActionClass:
    """The first class that fits an action (docs/reference/actions.md)."""
    match kind:
        case Kind.DEACTIVATE | Kind.RETIRE:
            return ActionClass.REMOVALS
        case Kind.LEAVE:
            return ActionClass.REMOVALS if by_ladder else ActionClass.MEMBERSHIPS_REMOVED
        case Kind.JOIN:
            return ActionClass.MEMBERSHIPS_ADDED
        case Kind.ADD | Kind.REACTIVATE:
            return ActionClass.ADDS
        case Kind.UPDATE:
            key_change = any(c.path in KEY_PATHS and c.hold is None for c in changes)
            return ActionClass.KEY_CHANGES if key_change else ActionClass.UPDATES
