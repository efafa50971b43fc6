"""Who has left: managed people nobody in the extract speaks for, minus everybody shielded or in grace."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from shared.domain.absence import Absence, Because, Grace
from shared.domain.action import Action, Change, Kind, Mark, classify
from shared.domain.canonical import Json
from shared.domain.identity import WEAK
from shared.domain.mapping import Mapping
from shared.domain.policy import Ladder, MatchRule, Scope
from shared.domain.snapshot import Person, PersonStatus, Reference
from shared.domain.text import fold, masked_email


class Fate(StrEnum):
    """What a plan makes of an active person whom no row keeps."""

    REMOVED = "removed"  # it has actions for that; gates may hold them
    REPORTED = "reported"  # the ladder, or a first run, goes no further
    IN_GRACE = "in_grace"
    DAMAGED_ROW = "damaged_row"  # a row that was not taken names them, or may
    EXCLUDED_ROW = "excluded_row"  # a row that is not ours names them
    HELD_ROW = "held_row"  # a row that is held may mean them
    UNREAD = "unread"  # what ASCIP shows of them is incomplete
    PROTECTED = "protected"
    OUT_OF_SCOPE = "out_of_scope"


#: Present but unverified.
SHIELDED = frozenset({Fate.DAMAGED_ROW, Fate.EXCLUDED_ROW, Fate.HELD_ROW, Fate.UNREAD})
#: Never ours to remove.
LEFT_ALONE = frozenset({Fate.PROTECTED, Fate.OUT_OF_SCOPE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Absentee:
    """An active person whom no row keeps, and what the plan makes of them."""

    ascip_id: int
    key: str
    fate: Fate
    email_masked: str
    #: None of those who can't be said to have left.
    absence: Absence | None = None
    #: The row that says so in this extract.
    row: int | None = None
    leaves_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Removals:
    """The removals of a plan, and what they were chosen from."""

    actions: tuple[Action, ...] = ()
    #: Active people in scope.
    managed: frozenset[int] = frozenset()
    absentees: tuple[Absentee, ...] = ()
    #: By id who has left by this plan, active or not: to be remembered.
    absences: MappingOf[int, Absence] = field(default_factory=dict)
    #: Ids the extract speaks for.
    kept: Collection[int] = ()
    #: Active people in scope of whom a delta says nothing.
    unspoken: int = 0

    @property
    def managed_active(self) -> int:
        """What percentages are taken of."""
        return len(self.managed)

    @property
    def saved_by_shield(self) -> tuple[int, ...]:
        """People who would have been removed but for the shield."""
        return tuple(a.ascip_id for a in self.absentees if a.fate in SHIELDED)

    @property
    def reported(self) -> tuple[str, ...]:
        """Keys of people who would be removed if the ladder went further than `report`."""
        return tuple(a.key for a in self.absentees if a.fate is Fate.REPORTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaver:
    """Somebody whose own row says that they have left."""

    key: str
    because: Because
    row: int
    end_date: date | None = None
    #: How the row's person was found.
    rule: MatchRule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What decides who is removed."""

    #: Ids the extract speaks for.
    kept: Collection[int] = ()
    #: By id who is said to have left. Absence adds the others if ``full``.
    left: MappingOf[int, Leaver] = field(default_factory=dict)
    #: Folded employee ids of the extract: no key for somebody it doesn't speak for.
    taken: Collection[str] = ()
    #: Ids present but unverified, and by what.
    shielded: MappingOf[int, Fate] = field(default_factory=dict)
    #: What the plans before found.
    remembered: MappingOf[int, Absence] = field(default_factory=dict)
    mapping: Mapping
    reference: Reference
    scope: Scope
    linked: Collection[int] = ()
    ladder: Ladder
    full: bool
    grace: Grace

    def fate_without_leaving(self, person: Person) -> Fate | None:
        """Why somebody is not removed whatever the extract says; None if nothing stands against it."""
        if not is_managed(person, scope=self.scope, mapping=self.mapping, linked=self.linked):
            return Fate.OUT_OF_SCOPE
        if is_protected(person, mapping=self.mapping, reference=self.reference):
            return Fate.PROTECTED
        return self.shielded.get(person.id)

    def absence_of(self, person_id: int) -> Absence | None:
        """Since when somebody no row keeps has left; None if nothing says so.

        In a delta the row that said so came once: it counts until another row keeps them. What a full
        extract left out before the feed became a delta doesn't: no file would ever bring it back.
        """
        before = self.remembered.get(person_id)
        if before and before.since > self.grace.as_of:  # found later than the day planned for
            before = None
        if leaver := self.left.get(person_id):
            return self.grace.begun(leaver.because, leaver.end_date, before)
        if self.full:
            return self.grace.begun(Because.ABSENT, None, before)
        return before if before and before.because is not Because.ABSENT else None


def is_managed(person: Person, *, scope: Scope, mapping: Mapping, linked: Collection[int]) -> bool:
    """Whether a person is inside our scope; a link keeps someone managed outside the district group."""
    match scope:
        case Scope.TENANT:
            return True
        case Scope.LINKED:
            return person.id in linked
        case Scope.DISTRICT_GROUP:
            return mapping.district.id in person.group_ids or person.id in linked


def site_of(person: Person, mapping: Mapping) -> str | None:
    """The first of a person's sites, by code: the one that their actions are of."""
    return next(
        (code for code, g in sorted(mapping.sites.items()) if g.id in person.group_ids), None
    )


def is_protected(person: Person, *, mapping: Mapping, reference: Reference) -> bool:
    """Whether the mapping says that nobody may touch this account."""
    role = reference.roles.get(person.role_id or 0, "")
    return (
        fold(person.username) in mapping.protected_usernames
        or fold(role) in mapping.protected_roles
    )


def find_removals(people: Iterable[Person], terms: Terms) -> Removals:
    """Choose the people to remove, and say of everybody else without a row why not."""
    everybody = sorted(people, key=lambda p: p.id)
    keys = _keys(everybody, terms.taken)
    managed: set[int] = set()
    absences: dict[int, Absence] = {}
    absentees: list[Absentee] = []
    actions: list[Action] = []
    unspoken = 0
    for person in everybody:
        active = person.status is PersonStatus.ACTIVE
        ours = is_managed(person, scope=terms.scope, mapping=terms.mapping, linked=terms.linked)
        if active and ours:
            managed.add(person.id)
        if person.id in terms.kept:
            continue
        absence = terms.absence_of(person.id)
        if absence is None:
            unspoken += active and ours
            continue
        fate = terms.fate_without_leaving(person)
        if fate is None or not terms.full:
            absences[person.id] = absence
        if not active:
            continue
        who = _absentee(person, keys[person.id], fate, absence, terms)
        steps = _steps(person, who, terms) if who.fate is Fate.REMOVED else []
        # Who has left all groups already has nothing more to lose on that step of the ladder.
        if steps or who.fate is not Fate.REMOVED:
            absentees.append(who)
            actions += steps
    return Removals(
        actions=tuple(actions), managed=frozenset(managed), absentees=tuple(absentees),
        absences=absences, kept=terms.kept, unspoken=unspoken,
    )  # fmt: skip


def reported_sentence(facts: MappingOf[str, Json]) -> str:
    """Why leavers are only reported, and what comes next, from a plan's facts."""
    if facts.get("ladder") == Ladder.REPORT:
        return "It is only reported (staff.removal.ladder): no plan removes anybody."
    return "This run only reports it (staff.removal.first_run); the next plan will propose to remove them."


def _absentee(
    person: Person, key: str, fate: Fate | None, absence: Absence, terms: Terms
) -> Absentee:
    said, leaves_on = terms.left.get(person.id), terms.grace.leaves_on(absence)
    if fate is None and not terms.grace.over(absence):
        fate = Fate.IN_GRACE
    elif fate is None:
        fate = Fate.REPORTED if terms.ladder is Ladder.REPORT else Fate.REMOVED
    left = fate not in SHIELDED | LEFT_ALONE
    return Absentee(
        ascip_id=person.id, key=said.key if said else key, fate=fate,
        email_masked=masked_email(person.email), absence=absence if left else None,
        row=said.row if said else None, leaves_on=leaves_on if left else None,
    )  # fmt: skip


def _keys(people: Collection[Person], taken: Collection[str]) -> dict[int, str]:
    """Person keys of people without a record; a number that others carry too names nobody."""
    numbers = {person.id: fold(person.employee_number or "") for person in people}
    carried = Counter(numbers.values())
    return {
        person.id: person.employee_number
        if person.employee_number and carried[number] == 1 and number not in taken
        else f"ascip:{person.id}"
        for person in people
        for number in [numbers[person.id]]
    }


def _steps(person: Person, who: Absentee, terms: Terms) -> list[Action]:
    """What the ladder does to somebody."""
    managed, said = terms.mapping.managed_groups, terms.left.get(person.id)
    rule = said.rule if said else None
    why = who.absence.why(terms.grace.as_of, who.row) if who.absence else ""
    common = Action(
        kind=Kind.DEACTIVATE, action_class=classify(Kind.DEACTIVATE), person_key=who.key,
        ascip_id=person.id, site=site_of(person, terms.mapping), reason=why, source_row=who.row,
        email_masked=who.email_masked, match_rule=rule.value if rule else None,
        marks=(Mark.WEAK_MATCH,) if rule in WEAK else (),
    )  # fmt: skip
    match terms.ladder:
        case Ladder.REPORT:
            return []
        case Ladder.DEACTIVATE:
            status = Change(path="status", before="active", after="inactive")
            return [replace(common, changes=(status,))]
        case Ladder.LEAVE_GROUPS:
            steps = [
                replace(
                    common, kind=Kind.LEAVE, action_class=classify(Kind.LEAVE, by_ladder=True),
                    group_id=group, group_name=managed[group],
                )
                for group in sorted(set(person.group_ids) & managed.keys())
            ]  # fmt: skip
            return _district_last(steps, terms.mapping)


def _district_last(steps: Sequence[Action], mapping: Mapping) -> list[Action]:
    """Whoever has left it may be out of scope: what is left of them would never be proposed again."""
    others = tuple(sorted(step.id for step in steps if step.group_id != mapping.district.id))
    return [
        replace(step, depends_on=others) if step.group_id == mapping.district.id else step
        for step in steps
    ]
