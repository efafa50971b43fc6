"""Who is who: which record of the extract is which person of the LMS. Order never decides."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from shared.domain.email_address import clash_key
from shared.domain.names import names_agree
from shared.domain.policy import MatchRule
from shared.domain.snapshot import Person
from shared.domain.staff import StaffRecord
from shared.domain.text import fold

#: Rules weaker than the work email: a person found by them carries the mark `weak_match`.
WEAK = frozenset({MatchRule.USERNAME, MatchRule.WORK_EMAIL_IS_PERSONAL, MatchRule.PERSONAL_EMAIL})

#: Rules that compare what passes from one person to another: addresses and logins.
PASSING = WEAK | {MatchRule.WORK_EMAIL}


_STRANGER = "has a wholly different name and other addresses"


@dataclass(frozen=True, slots=True)
class Match:
    """A record and its person; ``rule`` is None for somebody new."""

    record: StaffRecord
    person: Person | None
    rule: MatchRule | None


@dataclass(frozen=True, slots=True)
class IdentityConflict:
    """A record that could be several people, nobody for sure, or somebody else's."""

    record: StaffRecord
    #: Everybody it could be: shielded.
    candidates: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """The result: each record is in one of the two, and no person is matched twice."""

    matches: tuple[Match, ...]
    conflicts: tuple[IdentityConflict, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """What the rules say of one record, before records are compared with each other."""

    record: StaffRecord
    #: Who it is, or by a link should be: nobody else may be matched with them.
    person: Person | None = None
    rule: MatchRule | None = None
    conflict: str | None = None
    candidates: tuple[int, ...] = ()


@dataclass(slots=True)
class PeopleIndex:
    """People by each identifier a rule looks at."""

    people: Mapping[int, Person]
    #: Remembered from earlier runs: folded employee id → LMS id.
    links: Mapping[str, int] = field(default_factory=dict)
    #: Listed by the LMS, but without the detail that would be compared.
    unread: frozenset[int] = frozenset()
    by_link: dict[int, str] = field(init=False)
    by_number: dict[str, list[Person]] = field(init=False)
    by_email: dict[str, list[Person]] = field(init=False)
    by_username: dict[str, list[Person]] = field(init=False)
    by_personal_email: dict[str, list[Person]] = field(init=False)

    def __post_init__(self) -> None:
        """Build the indexes."""
        self.by_link = {person_id: key for key, person_id in sorted(self.links.items())}
        self.by_number = _index(self.people.values(), lambda p: p.employee_number)
        self.by_email = _index(self.people.values(), lambda p: p.email)
        self.by_username = _index(self.people.values(), lambda p: p.username)
        self.by_personal_email = _index(self.people.values(), lambda p: p.personal_email)

    def owner(self, person: Person) -> str | None:
        """Whose account it is: the folded employee number, else the one it is linked to."""
        return fold(person.employee_number or "") or self.by_link.get(person.id)

    def holders(self, path: str, value: str) -> list[Person]:
        """Who has a value no two people may share; ``value`` is folded."""
        by_value = {
            "email": self.by_email, "username": self.by_username, "employee_number": self.by_number,
        }[path]  # fmt: skip
        return by_value.get(value, [])

    def candidates(self, rule: MatchRule, record: StaffRecord) -> list[Person]:
        """Everybody a rule finds for a record."""
        match rule:
            case MatchRule.LINK:
                linked = self.people.get(self.links.get(fold(record.employee_id), 0))
                return [linked] if linked else []
            case MatchRule.EMPLOYEE_NUMBER:
                return self.by_number.get(fold(record.employee_id), [])
            case MatchRule.WORK_EMAIL:
                return self.by_email.get(fold(record.work_email), [])
            case MatchRule.USERNAME:
                return self.by_username.get(fold(record.username), []) if record.username else []
            case MatchRule.WORK_EMAIL_IS_PERSONAL:
                return self.by_personal_email.get(fold(record.work_email), [])
            case MatchRule.PERSONAL_EMAIL:
                return self._by_any_email(record.personal_email)

    def _by_any_email(self, email: str | None) -> list[Person]:
        if not email:
            return []
        found = self.by_email.get(fold(email), []) + self.by_personal_email.get(fold(email), [])
        return list({person.id: person for person in found}.values())


def identify(
    records: Iterable[StaffRecord], index: PeopleIndex, rules: Iterable[MatchRule]
) -> Identified:
    """Match records with people.

    The first rule that gives exactly one person decides, unless something stronger says that it is
    somebody else (`_veto`): a recycled address must not hand a leaver's account to a newcomer. Two
    records that claim one person, or share an email or username, are all conflicts: none is guessed.
    """
    order, rows = tuple(rules), list(records)
    here = {fold(record.employee_id) for record in rows}
    found = [_find(record, index, order, here) for record in rows]
    clashing = _clashes(found)
    matches, conflicts = [], []
    for item in sorted(found, key=lambda f: (f.record.employee_id, f.record.row)):
        reason = item.conflict or clashing.get(item.record.row)
        if reason is None:
            matches.append(Match(item.record, item.person, item.rule))
        else:
            ids = {*item.candidates, *([item.person.id] if item.person else [])}
            conflicts.append(IdentityConflict(item.record, tuple(sorted(ids)), reason))
    return Identified(matches=tuple(matches), conflicts=tuple(conflicts))


def _find(
    record: StaffRecord, index: PeopleIndex, rules: tuple[MatchRule, ...], here: Collection[str]
) -> _Found:
    key = fold(record.employee_id)
    for rule in rules:
        candidates = index.candidates(rule, record)
        if rule in PASSING:
            # Who another row speaks for by number or link may still have what is this row's by now.
            candidates = [p for p in candidates if not _spoken_for(index.owner(p), key, here)]
        if not candidates:
            continue
        ids = tuple(sorted(person.id for person in candidates))
        words = rule.value.replace("_", " ")
        if len(candidates) > 1:
            reason = f"{len(candidates)} people in ASCIP have its {words}"
            return _Found(record, conflict=reason, candidates=ids)
        (person,) = candidates
        if veto := _veto(rule, person, record, index):
            claimed = person if rule is MatchRule.LINK else None
            others = (other.id for other in index.by_number.get(key, ()))
            reason = f"the person found by {words} {veto}"
            return _Found(record, person=claimed, conflict=reason, candidates=(*ids, *others))
        return _Found(record, person=person, rule=rule)
    return _Found(record)


def _spoken_for(owner: str | None, key: str, here: Collection[str]) -> bool:
    return owner is not None and owner != key and owner in here


def _veto(rule: MatchRule, person: Person, record: StaffRecord, index: PeopleIndex) -> str | None:
    """What says that the person found is somebody else.

    The employee number outweighs everything, then the link. An address or a login alone proves
    nothing where not even a name agrees; nor does a number or a link where nothing else does: numbers are
    given out again too.
    """
    key = fold(record.employee_id)
    owner = index.owner(person)
    if owner not in (None, key):
        number = "has another employee number"
        return number if person.employee_number else "is linked to another employee id"
    if person.employee_number:
        return None if _known(record, person) else _STRANGER
    if index.by_number.get(key):
        return "has no employee number, and somebody else has this one"
    if rule not in PASSING:
        return None if _known(record, person) else _STRANGER
    if index.links.get(key) in index.unread:
        return "is not the one linked to this employee id, who could not be read"
    return None if names_agree(record, person) else "has a wholly different name"


def _known(record: StaffRecord, person: Person) -> bool:
    """Whether an address, a login or a word of the names speaks for it as well."""
    theirs = {
        fold(value) for value in (person.email, person.personal_email, person.username) if value
    }
    ours = (record.work_email, record.personal_email, record.username)
    return any(fold(value) in theirs for value in ours if value) or names_agree(record, person)


def _clashes(found: Iterable[_Found]) -> dict[int, str]:
    """Row → why records exclude each other: one person, one email or one username claimed twice."""
    claims: dict[tuple[str, str | int], list[int]] = defaultdict(list)
    for item in found:
        row = item.record.row
        claims["employee id", fold(item.record.employee_id)].append(row)
        if item.person:
            claims["ASCIP person", item.person.id].append(row)
        claims["work email", clash_key(item.record.work_email)].append(row)
        if item.record.username:
            claims["username", fold(item.record.username)].append(row)
    clashing: dict[int, str] = {}
    several = (claim for claim in claims.items() if len(claim[1]) > 1)
    for (what, _), rows in sorted(several, key=lambda c: c[0][0]):
        for row in rows:
            clashing.setdefault(row, f"{len(rows)} rows claim one {what}")
    return clashing


def _index(
    people: Iterable[Person], key: Callable[[Person], str | None]
) -> dict[str, list[Person]]:
    index: dict[str, list[Person]] = defaultdict(list)
    for person in people:
        value = key(person)
        if value:
            index[fold(value)].append(person)
    return dict(index)
