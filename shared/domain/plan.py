"""The plan: a frozen, sorted, digested proposal. Nothing after it decides what is written."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from shared.domain.absence import Absence
from shared.domain.action import Action, ActionClass, Kind
from shared.domain.adoption import Adoption
from shared.domain.baseline import ExtractFigures
from shared.domain.canonical import Json, canonical
from shared.domain.counterfactual import Counterfactual, counted
from shared.domain.dependencies import falling_with
from shared.domain.estimate import estimate_calls
from shared.domain.gates import Gate
from shared.domain.held_rows import HeldRow
from shared.domain.mapping import Mapping
from shared.domain.policy import MatchRule, Policy
from shared.domain.removal import Removals
from shared.domain.shield import Unverified
from shared.domain.snapshot import Reference, Snapshot
from shared.domain.staff import StaffRecord

#: Of the digested body; a minor version only adds.
FORMAT_VERSION = "1.2"


class Disposition(StrEnum):
    """What a plan makes of an accepted row."""

    UNCHANGED = "unchanged"
    HELD = "held"
    PENDING = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInputs:
    """Everything a plan is a function of."""

    feed: str
    engine_version: str
    as_of: date
    policy: Policy
    mapping: Mapping
    input_sha256: str
    config_sha256: str
    records: Sequence[StaffRecord]
    columns: frozenset[str]
    unverified: Unverified
    snapshot: Snapshot
    reference: Reference
    #: Remembered matches: folded employee id → LMS id.
    links: MappingOf[str, int] = field(default_factory=dict)
    first_run: bool = False
    #: Who had left by the plans before: LMS id → since when. Grace is counted from there.
    absences: MappingOf[int, Absence] = field(default_factory=dict)
    extract: ExtractFigures = field(default_factory=ExtractFigures)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanHead:
    """A plan without its actions."""

    header: MappingOf[str, Json]
    digest: str
    #: Classes a tripped gate holds.
    held_classes: tuple[ActionClass, ...]
    #: Whether anything can be approved without a release.
    applyable: bool
    summary: MappingOf[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The proposal with its digest."""

    header: MappingOf[str, Json]
    actions: tuple[Action, ...]
    gates: tuple[Gate, ...]
    digest: str
    dispositions: MappingOf[int, Disposition]
    held_rows: tuple[HeldRow, ...]
    #: Row → LMS id of the person it was matched with; of leavers only where no address decided.
    matched: MappingOf[int, int]
    removals: Removals
    shielded: int
    adoption: Adoption
    #: Former groups that somebody this plan could not judge is still a member of.
    owed: frozenset[int] = frozenset()
    #: Row → the rule that found its person, of leavers too.
    match_rules: MappingOf[int, MatchRule] = field(default_factory=dict)

    def head(self) -> PlanHead:
        """The plan without its actions."""
        return PlanHead(
            header=self.header, digest=self.digest, held_classes=tuple(self.held_classes),
            applyable=self.applyable, summary=self.summary(),
        )  # fmt: skip

    @property
    def counterfactual(self) -> Counterfactual:
        """What a sync that trusts the file would have removed."""
        return counted(self.removals, self.actions)

    @property
    def held_classes(self) -> list[ActionClass]:
        """Classes a tripped gate holds."""
        return sorted({c for gate in self.gates if gate.tripped for c in gate.classes})

    @property
    def applyable(self) -> bool:
        """Whether anything can be approved without a release."""
        return len(self._stays()) < len(self.actions)

    def summary(self) -> dict[str, int]:
        """Counts per kind, including what is held."""
        kinds, stays = Counter(action.kind for action in self.actions), self._stays()
        counts = {kind.value: kinds[kind] for kind in Kind if kind is not Kind.RETIRE}
        rows = Counter(self.dispositions.values())
        held = sum(1 for action in self.actions if action.hold)
        return counts | {
            "held": held,
            "waiting_for_held": len(stays) - held,
            "unchanged": rows[Disposition.UNCHANGED],
            "calls_estimated": estimate_calls(a for a in self.actions if a.id not in stays),
        }

    def _stays(self) -> set[str]:
        """Ids of what is held, and of what waits for it."""
        held = {action.id for action in self.actions if action.hold}
        return falling_with(held, ((a.id, a.depends_on) for a in self.actions))


def digest(header: Json, action_hashes: Iterable[str]) -> str:
    """SHA-256 over the header and the sorted action hashes, each in its RFC 8785 form."""
    return digest_of_sorted(header, sorted(action_hashes))


def digest_of_sorted(header: Json, action_hashes: Iterable[str]) -> str:
    """`digest` for who has them sorted already, and more than memory should hold."""
    running = hashlib.sha256(canonical(header))
    for action_hash in action_hashes:
        running.update(canonical(action_hash))
    return running.hexdigest()
