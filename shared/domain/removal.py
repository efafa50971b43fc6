"""Who has left: managed people nobody in the extract speaks for, minus everybody shielded."""

from collections import Counter
from collections.abc import Collection, Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass

from shared.domain.action import Action, Change, Kind, Mark, classify
from shared.domain.identity import WEAK
from shared.domain.mapping import Mapping
from shared.domain.policy import Ladder, MatchRule, Scope
from shared.domain.snapshot import Person, PersonStatus, Reference
from shared.domain.text import fold, masked_email


@dataclass(frozen=True, slots=True, kw_only=True)
class Removals:
    """The removals of a plan, and what they were chosen from."""

    actions: tuple[Action, ...]
    #: Active people in scope.
    managed: frozenset[int]
    #: People who would have been removed but for the shield: the counterfactual.
    saved_by_shield: tuple[int, ...]
    #: Keys of people who would be removed if the ladder went further than `report`.
    reported: tuple[str, ...]

    @property
    def managed_active(self) -> int:
        """What percentages are taken of."""
        return len(self.managed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaver:
    """Somebody who is to be removed, and what says so."""

    key: str
    why: str
    #: The row that says it; None for who is absent.
    row: int | None = None
    #: How the row's person was found.
    rule: MatchRule | None = None

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What a reviewer should notice."""
        return (Mark.WEAK_MATCH,) if self.rule in WEAK else ()


def is_managed(person: Person, *, scope: Scope, mapping: Mapping, linked: Collection[int]) -> bool:
    """Whether a person is inside our scope; a link keeps someone managed outside the district group."""
    match scope:
        case Scope.TENANT:
            return True
        case Scope.LINKED:
            return person.id in linked
        case Scope.DISTRICT_GROUP:
            return mapping.district.id in person.group_ids or person.id in linked


def is_protected(person: Person, *, mapping: Mapping, reference: Reference) -> bool:
    """Whether the mapping says that nobody may touch this account."""
    role = reference.roles.get(person.role_id or 0, "")
    return (
        fold(person.username) in mapping.protected_usernames
        or fold(role) in mapping.protected_roles
    )


def find_removals(
    people: Iterable[Person],
    *,
    kept: Collection[int],
    left: MappingOf[int, Leaver],
    taken: Collection[str],
    shielded: Collection[int],
    mapping: Mapping,
    reference: Reference,
    scope: Scope,
    linked: Collection[int],
    ladder: Ladder,
    full: bool,
) -> Removals:
    """Choose the people to remove.

    Args:
        kept: ids the extract speaks for.
        left: ids whose record says they have left. Absence adds the others if ``full``.
        taken: folded employee ids of the extract: no key for somebody it doesn't speak for.
        shielded: ids present but unverified.
    """
    actions: list[Action] = []
    saved, reported, managed = [], [], set()
    everybody = sorted(people, key=lambda p: p.id)
    keys = _keys(everybody, taken)
    for person in everybody:
        active = person.status is PersonStatus.ACTIVE
        if not active or not is_managed(person, scope=scope, mapping=mapping, linked=linked):
            continue
        managed.add(person.id)
        absent = full and person.id not in kept
        if person.id in kept or not (absent or person.id in left):
            continue
        if is_protected(person, mapping=mapping, reference=reference):
            continue
        if person.id in shielded:
            saved.append(person.id)
            continue
        leaver = left.get(person.id, Leaver(key=keys[person.id], why="not in the extract"))
        actions.extend(_ladder(person, ladder, mapping, leaver))
        if ladder is Ladder.REPORT:
            reported.append(leaver.key)
    return Removals(
        actions=tuple(actions),
        managed=frozenset(managed),
        saved_by_shield=tuple(saved),
        reported=tuple(reported),
    )


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


def _ladder(person: Person, ladder: Ladder, mapping: Mapping, leaver: Leaver) -> Iterable[Action]:
    managed = mapping.managed_groups
    site = next(
        (code for code, g in sorted(mapping.sites.items()) if g.id in person.group_ids), None
    )
    match ladder:
        case Ladder.REPORT:
            return
        case Ladder.DEACTIVATE:
            yield Action(
                kind=Kind.DEACTIVATE, action_class=classify(Kind.DEACTIVATE),
                person_key=leaver.key, ascip_id=person.id, site=site,
                changes=(Change(path="status", before="active", after="inactive"),),
                reason=leaver.why, source_row=leaver.row, email_masked=masked_email(person.email),
                marks=leaver.marks, match_rule=leaver.rule.value if leaver.rule else None,
            )  # fmt: skip
        case Ladder.LEAVE_GROUPS:
            for group in sorted(set(person.group_ids) & managed.keys()):
                yield Action(
                    kind=Kind.LEAVE, action_class=classify(Kind.LEAVE, by_ladder=True),
                    person_key=leaver.key, ascip_id=person.id, group_id=group, site=site,
                    reason=leaver.why, source_row=leaver.row, group_name=managed[group],
                    email_masked=masked_email(person.email), marks=leaver.marks,
                    match_rule=leaver.rule.value if leaver.rule else None,
                )  # fmt: skip
