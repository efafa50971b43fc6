"""Desired × snapshot → actions: what has to change so that the LMS matches the extract. Pure."""

from collections.abc import Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from datetime import date

from shared.domain.action import Action, Change, HeldReason, Kind, Mark, Scalar, action_id, classify
from shared.domain.identity import WEAK, Match
from shared.domain.mapping import MappedBucket, Mapping
from shared.domain.policy import MatchRule
from shared.domain.privilege import privileged, privileged_role
from shared.domain.snapshot import Person, PersonStatus, Reference
from shared.domain.staff import StaffRecord
from shared.domain.text import fold, masked_email, tidy


@dataclass(frozen=True, slots=True, kw_only=True)
class Desire:
    """What the comparison needs besides a record and its person."""

    mapping: Mapping
    reference: Reference
    #: Canonical columns the extract has.
    columns: frozenset[str]
    as_of: date
    #: In a delta feed a blank cell leaves the value alone.
    delta: bool = False
    #: A delta feed may lack a person's rows of other sites: then nobody leaves a group.
    all_sites: bool = True


#: Reasons that doubt who a row means.
WHO = frozenset({HeldReason.IDENTITY_CONFLICT, HeldReason.KEY_CYCLE, HeldReason.POSSIBLE_DUPLICATE})


@dataclass(slots=True)
class Proposal:
    """Actions for one record, or the reason why there are none."""

    actions: list[Action] = field(default_factory=list)
    #: The row itself is held (an unmapped site), whether or not it has actions.
    held: HeldReason | None = None

    @property
    def unsure(self) -> bool:
        """Whether the row is held as a whole, or something of it because of whom it may mean."""
        return self.held is not None or any(a.hold in WHO for a in self.actions)


def has_left(record: StaffRecord, as_of: date) -> bool:
    """Whether the record says that the person works here no more."""
    return record.inactive or (record.end_date is not None and record.end_date < as_of)


def propose(match: Match, desire: Desire) -> Proposal:
    """Actions that bring one person in line with their record."""
    record = match.record
    mapped = all(code in desire.mapping.sites for code in record.site_codes)
    hold = None if mapped else HeldReason.UNMAPPED_SITE
    marks = [Mark.WEAK_MATCH] if match.rule in WEAK else []
    proposal = Proposal(held=hold)
    person = match.person
    if person is None:
        proposal.actions.append(_add(record, desire, hold))
    else:
        proposal.actions.extend(_changes_of(match, person, desire, hold, marks))
    if mapped:
        proposal.actions.extend(_memberships(record, person, desire, marks, match.rule))
    return proposal


def _add(record: StaffRecord, desire: Desire, hold: HeldReason | None) -> Action:
    values = _wanted(record, desire)
    changes = [Change(path=path, before=None, after=value) for path, value in values.items()]
    changes += _defaults(record, desire)
    changes += [
        c for bucket in desire.mapping.buckets if (c := _bucket(bucket, record, None, desire))
    ]
    return _action(
        Kind.ADD,
        record,
        None,
        changes=changes,
        hold=hold or privileged(changes, desire.reference, desire.mapping),
        reason=f"in the extract (row {record.row}), not in ASCIP",
    )


def _defaults(record: StaffRecord, desire: Desire) -> list[Change]:
    """Role and time zone of a newcomer: the mapping's default, but only where the extract is silent."""
    mapping, reference = desire.mapping, desire.reference
    return [
        *_choice("role_id", record.role, _role(record, desire), mapping.role_default, reference.roles),
        *_choice(
            "timezone_id", record.timezone, _zone(record, desire), mapping.timezone_default,
            reference.timezones,
        ),
    ]  # fmt: skip


def _choice(
    path: str, word: str | None, known: int | None, default: str | None, names: MappingOf[int, str]
) -> Iterable[Change]:
    """What a newcomer gets; a word nobody knows holds the change instead of becoming the default."""
    if word and known is None:
        yield Change(path=path, before=None, after=word, hold=HeldReason.UNMAPPED_BUCKET_VALUE)
    elif value := known or id_of(default, names):
        yield _named(path, None, value, names)


def _changes_of(
    match: Match, person: Person, desire: Desire, hold: HeldReason | None, marks: list[Mark]
) -> Iterable[Action]:
    record = match.record
    changes = list(_field_changes(record, person, desire))
    rule = match.rule
    if changes:
        noted = [*marks]
        if any(change.path == "email" for change in changes):
            noted.append(Mark.EMAIL_CHANGED)
        if any(change.path == "employee_number" and change.before for change in changes):
            noted.append(Mark.IDENTITY_CHANGE)
        yield _action(
            Kind.UPDATE, record, person, changes=changes, rule=rule, marks=noted,
            hold=hold or privileged(changes, desire.reference, desire.mapping),
            reason=f"differs from the extract (row {record.row})",
        )  # fmt: skip
    if person.status is PersonStatus.INACTIVE:
        yield _action(
            Kind.REACTIVATE, record, person, rule=rule, marks=[*marks, Mark.REHIRE],
            hold=hold or privileged_role(person.role_id, desire.reference, desire.mapping),
            changes=[Change(path="status", before="inactive", after="active")],
            reason=f"inactive in ASCIP, in the extract again (row {record.row})",
        )  # fmt: skip


def _field_changes(record: StaffRecord, person: Person, desire: Desire) -> Iterable[Change]:
    current: dict[str, str | None] = {
        "email": person.email,
        "username": person.username,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "employee_number": person.employee_number,
    }
    for path, value in _wanted(record, desire, update=True).items():
        if not _same(path, current[path], value):
            yield Change(path=path, before=current[path], after=value)
    role, zone = _role(record, desire), _zone(record, desire)
    if role and role != person.role_id:
        yield _named("role_id", person.role_id, role, desire.reference.roles)
    if zone and zone != person.timezone_id:
        yield _named("timezone_id", person.timezone_id, zone, desire.reference.timezones)
    for bucket in desire.mapping.buckets:
        if change := _bucket(bucket, record, person, desire):
            yield change


def _wanted(record: StaffRecord, desire: Desire, *, update: bool = False) -> dict[str, str]:
    """Plain fields as the extract wants them; an update touches a username only if the column exists."""
    wanted = {
        "email": record.work_email,
        "username": record.username or record.work_email,
        "first_name": record.first_name,
        "last_name": record.last_name,
        "employee_number": record.employee_id,
    }
    if update and not ("username" in desire.columns and record.username):
        del wanted["username"]
    return wanted


def _same(path: str, before: str | None, after: str) -> bool:
    if before is None:
        return False
    if path in ("email", "username", "employee_number"):
        return fold(before) == fold(after)
    return tidy(before) == tidy(after)


def _bucket(
    bucket: MappedBucket, record: StaffRecord, person: Person | None, desire: Desire
) -> Change | None:
    """The change of one bucket, None if it fits; an unmapped value holds this change only."""
    if bucket.column not in desire.columns:
        return None
    word = record.attributes.get(bucket.column, "")
    before = person.bucket(bucket.id) if person else None
    path = f"buckets.{bucket.id}"
    after: Scalar
    if not word:
        after = before if desire.delta else None
    elif bucket.is_text:
        after = word
    else:
        after = bucket.by_word.get(fold(word))
        if after is None:
            return Change(
                path=path, before=before, after=word, hold=HeldReason.UNMAPPED_BUCKET_VALUE,
                before_name=_value_name(bucket, before, desire),
            )  # fmt: skip
    if before == after or (isinstance(before, str) and tidy(before) == after):
        return None
    return Change(
        path=path, before=before, after=after,
        before_name=_value_name(bucket, before, desire),
        after_name=_value_name(bucket, after, desire),
    )  # fmt: skip


def _value_name(bucket: MappedBucket, value: Scalar, desire: Desire) -> str | None:
    known = desire.reference.buckets.get(bucket.id)
    return known.values.get(value) if known and isinstance(value, int) else None


def _memberships(
    record: StaffRecord,
    person: Person | None,
    desire: Desire,
    marks: list[Mark],
    rule: MatchRule | None,
) -> Iterable[Action]:
    managed = desire.mapping.managed_groups
    sites = {desire.mapping.sites[code].id for code in record.site_codes}
    wanted = {desire.mapping.district.id, *sites}
    present = set(person.group_ids) & managed.keys() if person else set()
    surplus = present - wanted if desire.all_sites else set()
    transfer = bool(person and wanted - present and surplus)
    noted = [*marks, Mark.SITE_TRANSFER] if transfer else marks
    reason = _sites_say(record)
    after = () if person else (action_id(Kind.ADD, record.employee_id, None),)
    for group in sorted(wanted - present):
        yield _action(
            Kind.JOIN, record, person, group_id=group, group_name=managed[group], marks=noted,
            rule=rule, depends_on=after, reason=reason,
        )  # fmt: skip
    # Nobody is without the district's group in between: who is to join it has done so before they leave.
    district = desire.mapping.district.id
    joined = (
        (action_id(Kind.JOIN, record.employee_id, district),) if district not in present else ()
    )
    for group in sorted(surplus):
        yield _action(
            Kind.LEAVE, record, person, group_id=group, group_name=managed[group], marks=noted,
            rule=rule, depends_on=joined, reason=reason,
        )  # fmt: skip


def _sites_say(record: StaffRecord) -> str:
    word = "site" if len(record.site_codes) == 1 else "sites"
    return f"{word} {', '.join(record.site_codes)} in the extract (row {record.row})"


def _role(record: StaffRecord, desire: Desire) -> int | None:
    if not record.role:
        return None
    name = desire.mapping.role_values.get(fold(record.role), record.role)
    return id_of(name, desire.reference.roles)


def _zone(record: StaffRecord, desire: Desire) -> int | None:
    return id_of(record.timezone, desire.reference.timezones)


def id_of(name: str | None, known: MappingOf[int, str]) -> int | None:
    """The id of a name; None also where several have it, so that none is taken by chance."""
    found = [i for i, n in known.items() if name and fold(n) == fold(name)]
    return found[0] if len(found) == 1 else None


def _named(path: str, before: int | None, after: int, names: MappingOf[int, str]) -> Change:
    return Change(
        path=path, before=before, after=after,
        before_name=names.get(before) if before else None, after_name=names.get(after),
    )  # fmt: skip


def _action(
    kind: Kind,
    record: StaffRecord,
    person: Person | None,
    *,
    reason: str,
    changes: Iterable[Change] = (),
    marks: Iterable[Mark] = (),
    rule: MatchRule | None = None,
    hold: HeldReason | None = None,
    group_id: int | None = None,
    group_name: str | None = None,
    depends_on: tuple[str, ...] = (),
) -> Action:
    ordered = tuple(sorted(changes, key=lambda change: change.path))
    noted = set(marks)
    if any(change.hold for change in ordered):
        noted.add(Mark.UNMAPPED)
    if hold is HeldReason.UNMAPPED_SITE:
        noted.add(Mark.UNMAPPED)
    if hold is HeldReason.PRIVILEGED_ROLE:
        noted.add(Mark.PRIVILEGED_ROLE)
    if hold is None and ordered and all(change.hold for change in ordered):
        hold = ordered[0].hold
    return Action(
        kind=kind,
        action_class=classify(kind, ordered),
        person_key=record.employee_id,
        ascip_id=person.id if person else None,
        group_id=group_id,
        changes=ordered,
        marks=tuple(sorted(noted)),
        match_rule=rule.value if rule else None,
        hold=hold,
        depends_on=depends_on,
        reason=reason,
        source_row=record.row,
        email_masked=masked_email(record.work_email),
        site=record.site_codes[0],
        group_name=group_name,
    )
