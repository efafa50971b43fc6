"""Taking back what a run did: inverse actions from its before-images, and whom they leave out. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from shared.domain.action import KEY_PATHS, Action, Change, HeldReason, Kind, Mark, classify
from shared.domain.completeness import in_doubt
from shared.domain.conflict import reached, value_at
from shared.domain.feeds.feed import Payload
from shared.domain.identity import PeopleIndex
from shared.domain.keys import arrange
from shared.domain.mapping import Mapping
from shared.domain.policy import Policy
from shared.domain.privilege import makes_protected, privileged, privileged_role
from shared.domain.record import RecordStatus
from shared.domain.removal import is_managed, is_protected, site_of
from shared.domain.snapshot import Person, PersonStatus, Reference, Snapshot
from shared.domain.text import masked_email


class LeftOutReason(StrEnum):
    """Why something that a run did is not taken back."""

    CHANGED_SINCE = "changed_since"  # it isn't as the run left it
    GONE = "gone"  # the person or the record isn't there any more
    UNREAD = "unread"  # what ASCIP shows of the person is incomplete
    PROTECTED = "protected"  # nobody may touch this account, or make it one of these
    NOT_KNOWN = "not_known"  # whether the run added the person is unknown
    TAKEN = "taken"  # somebody else has the email, username or employee number by now
    VALUE_GONE = "value_gone"  # ASCIP has the group, role, time zone or value no more
    VERSION_GONE = "version_gone"  # the version before has expired


#: The same for people to read.
LEFT_OUT_WORDS = {
    LeftOutReason.CHANGED_SINCE: "changed since: what the run wrote is not there as it wrote it",
    LeftOutReason.GONE: "not in ASCIP any more",
    LeftOutReason.UNREAD: "could not be read completely; try again later",
    LeftOutReason.PROTECTED: "protected by the mapping",
    LeftOutReason.NOT_KNOWN: "never known whether the run added them",
    LeftOutReason.TAKEN: "somebody else has their former email, username or employee number",
    LeftOutReason.VALUE_GONE: "ASCIP has their former group, role, time zone or value no more",
    LeftOutReason.VERSION_GONE: "the version before has expired",
}


class Done(NamedTuple):
    """An action of the run that was carried out, or may have been."""

    action: Action
    #: None for an add whose answer was lost for good.
    ascip_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Somebody of whom nothing is taken back, because something of it can't be."""

    #: The employee id, else `ascip:` + the id; of a governed record its source id.
    key: str
    ascip_id: int | None
    reason: LeftOutReason
    #: Paths it is about: `email`, `buckets.7`, `groups.12`.
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What is there now, and whose it is to change."""

    snapshot: Snapshot
    reference: Reference
    mapping: Mapping
    policy: Policy
    links: MappingOf[str, int] = field(default_factory=dict)

    def managed(self) -> frozenset[int]:
        """Active people in scope."""
        linked = set(self.links.values())
        scope = self.policy.staff.scope
        return frozenset(
            person.id
            for person in self.snapshot.people.values()
            if person.status is PersonStatus.ACTIVE
            and is_managed(person, scope=scope, mapping=self.mapping, linked=linked)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """Inverse actions, not judged by gates yet, and who is left out."""

    actions: tuple[Action, ...]
    left_out: tuple[LeftOut, ...]


class _LeaveOut(Exception):  # a way out, not an error
    def __init__(self, reason: LeftOutReason, *fields: str) -> None:
        super().__init__(reason)
        self.reason, self.fields = reason, fields


def reverse(done: Iterable[Done], present: Present) -> Reversal:
    """What takes a run back: all that it did to a person, or nothing of it.

    What already stands as before the run needs no action. Whoever differs from what the run left is
    left out, and so is who can't get back a value because somebody keeps it.
    """
    doubted = in_doubt(present.snapshot)
    actions: dict[str, list[Action]] = {}
    left_out: list[LeftOut] = []
    for key, steps in _by_person(done).items():
        ascip_id = next((step.ascip_id for step in steps if step.ascip_id), None)
        try:
            person = _person(ascip_id, present, doubted)
            if inverse := _inverse(key, [step.action for step in steps], person, present):
                actions[key] = inverse
        except _LeaveOut as why:
            left_out.append(
                LeftOut(key=key, ascip_id=ascip_id, reason=why.reason, fields=why.fields)
            )
    left_out += _settle_values(actions, present, doubted)
    return Reversal(
        actions=tuple(action for each in actions.values() for action in each),
        left_out=tuple(sorted(left_out, key=lambda who: (who.reason, who.key))),
    )


def _by_person(done: Iterable[Done]) -> dict[str, list[Done]]:
    people: dict[str, list[Done]] = defaultdict(list)
    for step in done:
        people[step.action.person_key].append(step)
    return people


def _person(ascip_id: int | None, present: Present, doubted: Iterable[int]) -> Person:
    if ascip_id is None:
        raise _LeaveOut(LeftOutReason.NOT_KNOWN)
    person = present.snapshot.people.get(ascip_id)
    if ascip_id in present.snapshot.missing_details or (person and ascip_id in doubted):
        raise _LeaveOut(LeftOutReason.UNREAD)
    if person is None:
        raise _LeaveOut(LeftOutReason.GONE)
    if is_protected(person, mapping=present.mapping, reference=present.reference):
        raise _LeaveOut(LeftOutReason.PROTECTED)
    return person


def _inverse(key: str, actions: Sequence[Action], person: Person, present: Present) -> list[Action]:
    """Inverse actions on one person, in an order in which nobody active is without their groups."""
    inverse = [i for action in actions if (i := _inverse_of(action, person, present))]
    inverse = [
        replace(
            action, person_key=key, ascip_id=person.id, email_masked=masked_email(person.email),
            site=site_of(person, present.mapping),
        )
        for action in inverse
    ]  # fmt: skip
    # Who ends inactive is so before they leave, and who joins another group has done so.
    first = tuple(sorted(a.id for a in inverse if a.kind in (Kind.DEACTIVATE, Kind.JOIN)))
    return [replace(a, depends_on=first) if a.kind is Kind.LEAVE else a for a in inverse]


def _inverse_of(action: Action, person: Person, present: Present) -> Action | None:
    match action.kind:
        case Kind.ADD:
            if differing := [c.path for c in action.sent if c.after and not reached(c, person)]:
                raise _LeaveOut(LeftOutReason.CHANGED_SINCE, *differing)
            return _status(Kind.DEACTIVATE, action, person, PersonStatus.ACTIVE)
        case Kind.REACTIVATE:
            return _status(Kind.DEACTIVATE, action, person, PersonStatus.ACTIVE)
        case Kind.DEACTIVATE:
            return _status(Kind.REACTIVATE, action, person, PersonStatus.INACTIVE, present)
        case Kind.JOIN | Kind.LEAVE:
            return _membership(action, person, present)
        case Kind.UPDATE:
            return _update(action, person, present)
        case Kind.RETIRE:
            raise ValueError("nobody retires a person")


def _status(
    kind: Kind,
    action: Action,
    person: Person,
    left: PersonStatus,
    present: Present | None = None,
) -> Action | None:
    """Back to the status before; None where somebody has done that already."""
    if person.status is not left:
        return None
    before = PersonStatus.ACTIVE if kind is Kind.REACTIVATE else PersonStatus.INACTIVE
    change = Change(path="status", before=left.value, after=before.value)
    hold = privileged_role(person.role_id, present.reference, present.mapping) if present else None
    return _new(kind, action, changes=(change,), hold=hold)


def _membership(action: Action, person: Person, present: Present) -> Action | None:
    joined, group = action.kind is Kind.JOIN, action.group_id
    if (group in person.group_ids) is not joined:
        return None
    if group not in present.reference.groups:
        raise _LeaveOut(LeftOutReason.VALUE_GONE, f"groups.{group}")
    return _new(Kind.LEAVE if joined else Kind.JOIN, action)


def _update(action: Action, person: Person, present: Present) -> Action | None:
    """The fields that the run wrote, as they were; those that are so already are left alone."""
    changes: list[Change] = []
    for change in action.sent:
        back = replace(
            change, before=change.after, after=change.before,
            before_name=change.after_name, after_name=change.before_name,
        )  # fmt: skip
        if reached(back, person):
            continue
        if not reached(change, person):
            raise _LeaveOut(LeftOutReason.CHANGED_SINCE, change.path)
        if not _exists(back, present.reference):
            raise _LeaveOut(LeftOutReason.VALUE_GONE, change.path)
        # As it stands there, to the letter: the comparison before the call is strict.
        changes.append(replace(back, before=value_at(person, change.path)))
    if not changes:
        return None
    if makes_protected(changes, present.reference, present.mapping):
        raise _LeaveOut(LeftOutReason.PROTECTED, *(change.path for change in changes))
    hold = privileged(changes, present.reference, present.mapping)
    return _new(Kind.UPDATE, action, changes=tuple(changes), hold=hold)


def _exists(change: Change, reference: Reference) -> bool:
    value = change.after
    match change.path:
        case "role_id":
            return value is None or value in reference.roles
        case "timezone_id":
            return value is None or value in reference.timezones
        case path if path.startswith("buckets."):
            bucket = reference.buckets.get(int(path.removeprefix("buckets.")))
            return bucket is not None and (not isinstance(value, int) or value in bucket.values)
        case _:
            return True


def _new(
    kind: Kind, of: Action, *, changes: tuple[Change, ...] = (), hold: HeldReason | None = None
) -> Action:
    marks = [Mark.PRIVILEGED_ROLE] if hold else []
    if any(change.path == "email" for change in changes):
        marks.append(Mark.EMAIL_CHANGED)
    if any(change.path == "employee_number" and change.before for change in changes):
        marks.append(Mark.IDENTITY_CHANGE)
    return Action(
        kind=kind, action_class=classify(kind, changes), person_key=of.person_key,
        ascip_id=of.ascip_id, group_id=of.group_id, changes=changes, marks=tuple(sorted(marks)),
        hold=hold, reason=f"takes back the {of.kind.value} of the run", group_name=of.group_name,
    )  # fmt: skip


def _settle_values(
    actions: dict[str, list[Action]], present: Present, doubted: frozenset[int]
) -> Iterator[LeftOut]:
    """Put those first who give a value up; leave out whoever wants one that somebody keeps.

    Again and again, since whoever is left out keeps theirs too.
    """
    index = PeopleIndex(present.snapshot.people, present.links, doubted)
    while True:
        moves = arrange((a for each in actions.values() for a in each), index)
        if not moves.conflicts:
            break
        stuck = [k for k, each in actions.items() if any(a.id in moves.conflicts for a in each)]
        for key in stuck:
            wanted = [a for a in actions.pop(key) if a.id in moves.conflicts]
            paths = sorted({c.path for a in wanted for c in a.sent} & KEY_PATHS)
            yield LeftOut(
                key=key, ascip_id=wanted[0].ascip_id, reason=LeftOutReason.TAKEN, fields=(*paths,)
            )
    for key, each in actions.items():
        actions[key] = [
            replace(a, depends_on=tuple(sorted({*a.depends_on, *moves.needs.get(a.id, ())})))
            for a in each
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What a run made of a governed record, what it was before, and what it is now."""

    source_id: str
    #: Whether the run made its first version.
    added: bool
    #: None if that version has expired.
    made: Payload | None
    before: Payload | None
    now: Payload | None
    #: Whether the version that the run made is still the one in force.
    in_force: bool


def payload_before(image: Image) -> Payload | LeftOut | None:
    """What takes a record back, as its next version; None if it says so already.

    The store forgets nothing: what the run added is retired.
    """
    before = image.before
    if image.added:
        before = {**image.made, "record_status": RecordStatus.RETIRED.value} if image.made else None
    if before is not None and image.now == before:
        return None
    if not image.in_force:
        return _left_out(image, LeftOutReason.CHANGED_SINCE)
    if before is None:
        return _left_out(image, LeftOutReason.VERSION_GONE)
    return before


def _left_out(image: Image, reason: LeftOutReason) -> LeftOut:
    return LeftOut(key=image.source_id, ascip_id=None, reason=reason)
