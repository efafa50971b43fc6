"""The plan: a frozen, sorted, digested proposal. Nothing after it decides what is written."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from shared.domain.action import Action, ActionClass, HeldReason, Kind, ordered
from shared.domain.adoption import Adoption, take_stock
from shared.domain.canonical import Json, canonical
from shared.domain.dependencies import falling_with
from shared.domain.diff import Desire, Proposal, has_left, makes_protected, propose
from shared.domain.doubts import hold_doubtful
from shared.domain.feeds.declared import declared
from shared.domain.former_groups import still_owed
from shared.domain.gates import Gate, hold_of, judge
from shared.domain.held_rows import HeldRow, list_held_rows
from shared.domain.identity import PASSING, Identified, Match, PeopleIndex, identify
from shared.domain.mapping import Mapping
from shared.domain.policy import Ladder, Policy, RowsPerPerson
from shared.domain.removal import Leaver, Removals, find_removals, is_protected
from shared.domain.shield import Known, Shield, Unverified, raise_shield, without_excluded
from shared.domain.snapshot import Person, Reference, Snapshot
from shared.domain.staff import StaffRecord
from shared.domain.staff_merge import merged
from shared.domain.staff_rules import Template
from shared.domain.text import fold

#: Of the digested body; a minor version only adds.
FORMAT_VERSION = "1.1"


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

    def head(self) -> PlanHead:
        """The plan without its actions."""
        return PlanHead(
            header=self.header, digest=self.digest, held_classes=tuple(self.held_classes),
            applyable=self.applyable, summary=self.summary(),
        )  # fmt: skip

    @property
    def held_classes(self) -> list[ActionClass]:
        """Classes a tripped gate holds."""
        return sorted({g.action_class for g in self.gates if g.tripped})

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


def build_plan(inputs: PlanInputs) -> Plan:
    """Compare the extract with the snapshot; the same inputs give the same digest everywhere."""
    if not _merges(inputs):
        return _plan(inputs)
    unmarked = _is_delta(inputs) and bool(inputs.policy.staff.primary)
    persons = merged(inputs.records, inputs.as_of, primary_only=unmarked)
    plan = _plan(replace(inputs, records=persons.records))
    held = persons.every_row({held.row: held for held in plan.held_rows})
    lines = {record.row: record.line for record in inputs.records}
    return replace(
        plan,
        dispositions=persons.every_row(plan.dispositions),
        held_rows=tuple(replace(held[row], row=row, line=lines[row]) for row in sorted(held)),
        matched=persons.every_row(plan.matched),
    )


def _merges(inputs: PlanInputs) -> bool:
    return inputs.policy.staff.rows_per_person is RowsPerPerson.MERGE


def _is_delta(inputs: PlanInputs) -> bool:
    return declared(inputs.policy.staff).mode == "delta"


def _plan(inputs: PlanInputs) -> Plan:
    index = PeopleIndex(inputs.snapshot.people, inputs.links, inputs.snapshot.missing_details)
    here = [record for record in inputs.records if not has_left(record, inputs.as_of)]
    gone = [record for record in inputs.records if has_left(record, inputs.as_of)]
    identified = identify(inputs.records, index, inputs.policy.staff.match)
    identified = without_excluded(identified, inputs.unverified.excluded)
    matches = _by_row(identified)
    delta = _is_delta(inputs)
    desire = Desire(
        mapping=inputs.mapping, reference=inputs.reference, columns=inputs.columns,
        as_of=inputs.as_of, delta=delta, all_sites=not (delta and _merges(inputs)),
    )  # fmt: skip
    proposals = {r.row: propose(matches[r.row], desire) for r in here if r.row in matches}
    doubts = hold_doubtful(proposals, identified.matches, index, desire)
    shield = _shield(inputs, index, identified, proposals)
    shield = replace(shield, people=shield.people | doubts.people)
    for row, proposal in proposals.items():
        _spare(proposal, matches[row].person, desire, shield)
    removals = _removals(
        inputs, [matches[r.row] for r in gone if r.row in matches], matches, here, shield
    )
    proposed = [a for p in proposals.values() for a in p.actions] + list(removals.actions)
    proposed = [_hold_incomplete(action, inputs.snapshot) for action in proposed]
    gates = judge(
        proposed, limits=inputs.policy.limits,
        managed_active=removals.managed_active, unidentified=shield.unidentified,
    )  # fmt: skip
    actions = ordered(
        action if action.hold else replace(action, hold=hold_of(action, gates))
        for action in proposed
    )
    header = _header(inputs, gates)
    held_rows = list_held_rows(identified, proposals, inputs.mapping, doubts)
    return Plan(
        header=header,
        actions=tuple(actions),
        gates=tuple(gates),
        digest=digest(header, (action.hash for action in actions)),
        dispositions=_dispositions(inputs.records, actions, held_rows),
        held_rows=held_rows,
        matched=_to_remember(matches, {record.row for record in gone}),
        removals=removals,
        shielded=len(shield.people),
        owed=_owed(
            inputs, proposals, matches, shield.people | _unspoken(desire, matches, removals)
        ),
        adoption=take_stock(identified, actions, removals.managed),
    )


def estimate_calls(actions: Iterable[Action]) -> int:
    """Calls that applying takes where nothing goes wrong and a group's members fit on one page.

    A person: read, write, read again at the end. An add: write, then two look-ups by name and the
    person. Memberships: a list and a call for each 100 of a group, and a list at the end.
    """
    calls = 0
    members: Counter[tuple[Kind, int | None]] = Counter()
    for action in actions:
        match action.kind:
            case Kind.JOIN | Kind.LEAVE:
                members[action.kind, action.group_id] += 1
            case Kind.ADD:
                calls += 4
            case _:
                calls += 3
    return calls + sum(1 + 2 * -(-count // 100) for count in members.values())


def _by_row(identified: Identified) -> dict[int, Match]:
    return {match.record.row: match for match in identified.matches}


def _to_remember(matches: MappingOf[int, Match], gone: Collection[int]) -> dict[int, int]:
    """Row → LMS id. A leaver gets no number, so nobody would ever approve what an address says."""
    return {
        row: match.person.id
        for row, match in matches.items()
        if match.person and not (row in gone and match.rule in PASSING)
    }


def _spare(proposal: Proposal, person: Person | None, desire: Desire, shield: Shield) -> None:
    """Leave out what a shielded person would lose, hold what a protected one would get."""
    if person and person.id in shield.people:
        # A row that was not taken may name the very group they would leave.
        proposal.actions = [a for a in proposal.actions if a.kind is not Kind.LEAVE]
    protected = person and is_protected(person, mapping=desire.mapping, reference=desire.reference)
    if protected or any(makes_protected(a, desire) for a in proposal.actions):
        proposal.actions = [replace(a, hold=HeldReason.PROTECTED) for a in proposal.actions]


def _shield(
    inputs: PlanInputs,
    index: PeopleIndex,
    identified: Identified,
    proposals: MappingOf[int, Proposal],
) -> Shield:
    """Rows that were not taken shield, and so do rows that are held, with whomever they could mean."""
    known = Known(index)
    templates = map(Template.parse, declared(inputs.policy.staff).derive.values())
    shield = raise_shield(known, inputs.unverified, templates)
    people = {*shield.people, *inputs.snapshot.missing_details}
    for conflict in identified.conflicts:
        people |= known.by_record(conflict.record) | {*conflict.candidates}
    for match in identified.matches:
        proposal = proposals.get(match.record.row)
        if proposal is not None and proposal.unsure:
            people |= known.by_record(match.record)
    return replace(shield, people=frozenset(people))


def _owed(
    inputs: PlanInputs,
    proposals: MappingOf[int, Proposal],
    matches: MappingOf[int, Match],
    unjudged: Collection[int],
) -> frozenset[int]:
    held = (m.person for row, m in matches.items() if row in proposals and proposals[row].held)
    undecided = {*unjudged, *(person.id for person in held if person)}
    return still_owed(inputs.mapping, inputs.snapshot.people.values(), undecided)


def _unspoken(desire: Desire, matches: MappingOf[int, Match], removals: Removals) -> frozenset[int]:
    """People in scope of whose groups a delta says nothing."""
    if not desire.delta:
        return frozenset()
    spoken_for = {m.person.id for m in matches.values() if m.person and desire.all_sites}
    return removals.managed - spoken_for


def _removals(
    inputs: PlanInputs,
    gone: Iterable[Match],
    matches: MappingOf[int, Match],
    here: Iterable[StaffRecord],
    shield: Shield,
) -> Removals:
    staff = inputs.policy.staff
    report_only = inputs.first_run and staff.removal.first_run == "report"
    left = {
        m.person.id: Leaver(
            key=m.record.employee_id,
            row=m.record.row,
            rule=m.rule,
            why=_why_left(m.record, inputs.as_of),
        )
        for m in gone
        if m.person
    }
    kept = {m.person.id for r in here if (m := matches.get(r.row)) and m.person}
    return find_removals(
        inputs.snapshot.people.values(),
        kept=kept,
        left=left,
        taken={fold(record.employee_id) for record in inputs.records},
        shielded=shield.people,
        mapping=inputs.mapping,
        reference=inputs.reference,
        scope=staff.scope,
        linked=set(inputs.links.values()),
        ladder=Ladder.REPORT if report_only else staff.removal.ladder,
        full=not _is_delta(inputs),
    )


def _why_left(record: StaffRecord, as_of: date) -> str:
    if record.end_date and record.end_date < as_of:
        return f"end date {record.end_date.isoformat()} has passed (row {record.row})"
    return f"inactive in the extract (row {record.row})"


_NEEDS_WHOLE_LIST = frozenset(
    {ActionClass.ADDS, ActionClass.REMOVALS, ActionClass.MEMBERSHIPS_REMOVED}
)


def _hold_incomplete(action: Action, snapshot: Snapshot) -> Action:
    """Hold what incomplete knowledge could get wrong.

    Somebody who is listed but could not be read may be the very person an `add` would make again.
    Whoever is missing from the list can't be told from a leaver; who lacks a detail is shielded.
    """
    if action.hold or action.kind is Kind.REACTIVATE:
        return action
    doubtful = not snapshot.list_complete and action.action_class in _NEEDS_WHOLE_LIST
    doubtful |= bool(snapshot.missing_details) and action.kind is Kind.ADD
    return replace(action, hold=HeldReason.TARGET_INCOMPLETE) if doubtful else action


def _header(inputs: PlanInputs, gates: Iterable[Gate]) -> dict[str, Json]:
    return {
        "format_version": FORMAT_VERSION,
        "feed": inputs.feed,
        "as_of": inputs.as_of.isoformat(),
        "engine_version": inputs.engine_version,
        "input_sha256": inputs.input_sha256,
        "mapping_sha256": inputs.mapping.sha256,
        "former_groups": sorted(inputs.mapping.former_groups),
        "config_sha256": inputs.config_sha256,
        "snapshot_sha256": inputs.snapshot.content_hash(),
        "gates": [gate.to_json() for gate in gates],
    }


def _dispositions(
    records: Iterable[StaffRecord], actions: Iterable[Action], held_rows: Iterable[HeldRow]
) -> dict[int, Disposition]:
    rows = {record.row: Disposition.UNCHANGED for record in records}
    for held in held_rows:
        rows[held.row] = Disposition.HELD
    for action in actions:
        if action.source_row is None:
            continue
        if action.hold is None:
            rows[action.source_row] = Disposition.PENDING
        elif rows[action.source_row] is Disposition.UNCHANGED:
            rows[action.source_row] = Disposition.HELD
    return rows
