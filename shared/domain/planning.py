"""Making the plan: extract × snapshot → actions, what is held and why. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import replace
from datetime import date

from shared.domain.absence import Because, Grace
from shared.domain.action import Action, HeldReason, Kind, ordered
from shared.domain.adoption import take_stock
from shared.domain.canonical import Json
from shared.domain.completeness import hold_unproven, in_doubt, too_many_missing, unread
from shared.domain.diff import Desire, Proposal, has_left, propose
from shared.domain.doubts import hold_doubtful
from shared.domain.feeds.declared import declared
from shared.domain.former_groups import still_owed
from shared.domain.gates import Gate, Measures, hold_tripped, judge
from shared.domain.held_rows import HeldRow, list_held_rows
from shared.domain.identity import PASSING, Identified, Match, PeopleIndex, identify
from shared.domain.plan import FORMAT_VERSION, Disposition, Plan, PlanInputs, digest
from shared.domain.policy import Ladder, RowsPerPerson
from shared.domain.privilege import makes_protected
from shared.domain.removal import (
    Fate,
    Leaver,
    Removals,
    Terms,
    find_removals,
    is_protected,
    site_of,
)
from shared.domain.school_calendar import hold_for_calendar, window_of
from shared.domain.shield import Known, Shield, raise_shield, without_excluded
from shared.domain.snapshot import Person
from shared.domain.staff import StaffRecord
from shared.domain.staff_merge import merged
from shared.domain.staff_rules import Template
from shared.domain.text import fold


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
        match_rules=persons.every_row(plan.match_rules),
    )


def _merges(inputs: PlanInputs) -> bool:
    return inputs.policy.staff.rows_per_person is RowsPerPerson.MERGE


def _is_delta(inputs: PlanInputs) -> bool:
    return declared(inputs.policy.staff).mode == "delta"


def _plan(inputs: PlanInputs) -> Plan:
    index = PeopleIndex(inputs.snapshot.people, inputs.links, unread(inputs.snapshot))
    here = [record for record in inputs.records if not has_left(record, inputs.as_of)]
    left = [record for record in inputs.records if has_left(record, inputs.as_of)]
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
        inputs, [matches[r.row] for r in left if r.row in matches], matches, here, shield
    )
    proposed = [a for p in proposals.values() for a in p.actions] + list(removals.actions)
    measures = _measures(inputs, removals, shield)
    gates = judge(proposed, limits=inputs.policy.limits, measures=measures)
    proposed = hold_for_gaps(inputs, proposed, gates)
    proposed = hold_for_calendar(proposed, window_of(inputs.policy.calendar, inputs.as_of))
    actions = ordered(hold_tripped(proposed, gates))
    header = header_of(inputs, gates)
    held_rows = list_held_rows(identified, proposals, inputs.mapping, doubts)
    return Plan(
        header=header,
        actions=tuple(actions),
        gates=tuple(gates),
        digest=digest(header, (action.hash for action in actions)),
        dispositions=_dispositions(inputs.records, actions, held_rows),
        held_rows=held_rows,
        matched=_to_remember(matches, {record.row for record in left}),
        match_rules={row: match.rule for row, match in matches.items() if match.rule},
        removals=removals,
        shielded=len(shield.people),
        owed=_owed(
            inputs, proposals, matches, shield.people | _unspoken(desire, matches, removals)
        ),
        adoption=take_stock(identified, actions, removals.managed),
    )


def _by_row(identified: Identified) -> dict[int, Match]:
    return {match.record.row: match for match in identified.matches}


def _to_remember(matches: MappingOf[int, Match], left: Collection[int]) -> dict[int, int]:
    """Row → LMS id. A leaver gets no number, so nobody would ever approve what an address says."""
    return {
        row: match.person.id
        for row, match in matches.items()
        if match.person and not (row in left and match.rule in PASSING)
    }


def _spare(proposal: Proposal, person: Person | None, desire: Desire, shield: Shield) -> None:
    """Leave out what a shielded person would lose, hold what a protected one would get."""
    if person and person.id in shield.people:
        # A row that was not taken may name the very group they would leave.
        proposal.actions = [a for a in proposal.actions if a.kind is not Kind.LEAVE]
    protected = person and is_protected(person, mapping=desire.mapping, reference=desire.reference)
    mapping, reference = desire.mapping, desire.reference
    if protected or any(makes_protected(a.changes, reference, mapping) for a in proposal.actions):
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
    people = {*shield.people, *in_doubt(inputs.snapshot)}
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
    left: Iterable[Match],
    matches: MappingOf[int, Match],
    here: Iterable[StaffRecord],
    shield: Shield,
) -> Removals:
    staff = inputs.policy.staff
    report_only = inputs.first_run and staff.removal.first_run == "report"
    kept = {m.person.id for r in here if (m := matches.get(r.row)) and m.person}
    doubted = in_doubt(inputs.snapshot)
    terms = Terms(
        kept=kept,
        left={m.person.id: _leaver(m, inputs.as_of) for m in left if m.person},
        taken={fold(record.employee_id) for record in inputs.records},
        shielded={id_: _shielded_by(id_, shield, doubted) for id_ in shield.people},
        remembered=inputs.absences,
        mapping=inputs.mapping,
        reference=inputs.reference,
        scope=staff.scope,
        linked=set(inputs.links.values()),
        ladder=Ladder.REPORT if report_only else staff.removal.ladder,
        full=not _is_delta(inputs),
        grace=Grace(days=staff.removal.grace_days, as_of=inputs.as_of),
    )
    return find_removals(inputs.snapshot.people.values(), terms)


def _leaver(match: Match, as_of: date) -> Leaver:
    record = match.record
    passed = record.end_date is not None and record.end_date < as_of
    return Leaver(
        key=record.employee_id, row=record.row, rule=match.rule, end_date=record.end_date,
        because=Because.END_DATE if passed else Because.INACTIVE,
    )  # fmt: skip


def _shielded_by(person_id: int, shield: Shield, doubted: Collection[int]) -> Fate:
    if person_id in doubted:
        return Fate.UNREAD
    if person_id in shield.by_excluded:
        return Fate.EXCLUDED_ROW
    return Fate.DAMAGED_ROW if person_id in shield.by_rows else Fate.HELD_ROW


def hold_for_gaps(
    inputs: PlanInputs, actions: Iterable[Action], gates: Iterable[Gate]
) -> list[Action]:
    """Hold what an incomplete read could get wrong."""
    linked, short = inputs.links.keys(), too_many_missing(gates)
    return hold_unproven(actions, inputs.snapshot, linked=linked, short=short)


def _measures(inputs: PlanInputs, removals: Removals, shield: Shield) -> Measures:
    people, missing = inputs.snapshot.people, inputs.snapshot.missing_details
    sites = Counter(site_of(people[id_], inputs.mapping) for id_ in removals.managed)
    return Measures(
        managed=removals.managed_active,
        managed_at={site: count for site, count in sites.items() if site is not None},
        extract=inputs.extract,
        unidentified=shield.unidentified,
        listed=len(people.keys() | missing),
        details_missing=len(missing),
        unread=len(unread(inputs.snapshot)),
    )


def header_of(inputs: PlanInputs, gates: Iterable[Gate]) -> dict[str, Json]:
    """The digested header: what the plan was made from, and its limits."""
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
