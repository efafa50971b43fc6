"""Plans a damaged extract as the engine does, and judges by what the damage did, not by what it reports."""

import codecs
import io
import re
from array import array
from collections.abc import Iterator, MutableSequence
from dataclasses import dataclass, field
from functools import partial
from random import Random

from shared.adapters.tabular.reader import ExtractReader
from shared.domain.action import Kind
from shared.domain.errors import InputInvalid
from shared.domain.plan import Plan
from shared.domain.planning import build_plan
from shared.domain.snapshot import Person
from shared.domain.staff import StaffRecord
from shared.domain.staff_file import check_file
from shared.domain.staff_result import Validated
from shared.pipeline.read_staff import staff_dialect, staff_headers, staff_rules
from shared.pipeline.shield_staff import looked_at
from shared.ports.reader import BlankRecord, DamagedRecord, OpenExtract, SoundRecord
from tests.campaign.damage import Damage
from tests.campaign.shield.tenant import MAPPING, REFERENCE, Tenant
from tests.fakes.people import a_policy, a_snapshot, plan_inputs

LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file."""

    validated: Validated
    plan: Plan


def planned(tenant: Tenant, data: bytes, encoding: str = "utf-8") -> Outcome:
    """Read, check and plan; the shield's material is noted and read again as in a run.

    Raises:
        InputInvalid: the file is refused.
    """
    policy = a_policy(encoding=encoding, delimiter=tenant.sound.manner.delimiter)
    extract = ExtractReader().open(
        partial(io.BytesIO, data),
        staff_dialect(policy.staff),
        staff_headers(policy.staff, MAPPING.attribute_columns),
    )
    lines = array("q")
    validated = check_file(_noting(extract, lines), staff_rules(policy.staff, extract.columns))
    plan = build_plan(
        plan_inputs(
            policy=policy, mapping=MAPPING, reference=REFERENCE,
            records=validated.accepted, columns=extract.columns, links=tenant.links,
            unverified=looked_at(extract, validated, lines),
            snapshot=a_snapshot(tenant.people.values()),
        )
    )  # fmt: skip
    return Outcome(validated, plan)


def _noting(
    extract: OpenExtract, lines: MutableSequence[int]
) -> Iterator[SoundRecord | DamagedRecord | BlankRecord]:
    for record in extract.records():
        lines.append(record.line)
        yield record


@dataclass(slots=True)
class Verdict:
    """On one damaged file; people by their id in the LMS."""

    refused: str | None = None
    #: Their bytes occur in a damaged region, and they would lose something, held or not.
    struck: list[int] = field(default_factory=list)
    #: In the undamaged extract, and removed by an action that needs no release.
    removed: list[int] = field(default_factory=list)
    #: Taken out of a group in which the undamaged extract leaves them.
    torn_out: list[int] = field(default_factory=list)
    #: Any of these where the reader took a damaged row for a sound one: no shield knows of it.
    misread: list[int] = field(default_factory=list)
    #: Any of these of people of whose row nothing is left, or an end that another row goes on with.
    gone: list[int] = field(default_factory=list)
    #: Who is absent, so who a sync without shield and gates would remove.
    absent: int = 0
    #: Of these, whom the shield saves, and whose removal is held.
    saved: int = 0
    held: int = 0
    #: Who has left in truth, and of these whose removal is proposed all the same.
    leavers: int = 0
    proposed: int = 0

    @property
    def wronged(self) -> list[int]:
        """Who must not have been touched."""
        return [*self.struck, *self.removed, *self.torn_out]


@dataclass(frozen=True, slots=True)
class Sane:
    """What the undamaged extract says, to hold the damaged one against."""

    tenant: Tenant
    rows: frozenset[tuple[object, ...]]
    leaves: frozenset[tuple[int | None, int | None]]
    leavers: frozenset[int]

    @classmethod
    def of(cls, tenant: Tenant) -> "Sane":
        """Plan the undamaged extract."""
        outcome = planned(tenant, tenant.sound.data)
        actions = outcome.plan.actions
        return cls(
            tenant,
            frozenset(map(content, outcome.validated.accepted)),
            frozenset((a.ascip_id, a.group_id) for a in actions if a.kind is Kind.LEAVE),
            frozenset(a.ascip_id for a in actions if a.kind is Kind.DEACTIVATE and a.ascip_id),
        )


def content(record: StaffRecord) -> tuple[object, ...]:
    """A record without its place."""
    attributes = tuple(sorted(record.attributes.items()))
    values = {**record._asdict(), "attributes": attributes}
    return tuple(value for name, value in values.items() if name not in ("row", "line"))


def region_of(tenant: Tenant, damage: Damage, data: bytes) -> bytes:
    """The lines of the damaged file that an edit, or a row it touches, stands on; without case."""
    sound = tenant.sound
    spans = [(damage.moved(e.start), damage.moved(e.start) + len(e.text)) for e in damage.edits]
    spans += [(damage.moved(sound.start(r)), damage.moved(sound.end(r))) for r in damage.rows]
    ends = [0, *(match.end() for match in LINE_END.finditer(data)), len(data)]
    parts = []
    for start, end in sorted(spans):
        first = max(at for at in ends if at <= start)
        last = min(at for at in ends if at >= max(end, start + 1) or at == len(data))
        parts.append(data[first:last])
    return b"\n".join(parts).decode("utf-8", "ignore").lower().encode()


def occurs(person: Person, region: bytes) -> bool:
    """Whether an identifier of a person stands in a region."""
    keys = (person.employee_number, person.email, person.username)
    return any(key and key.lower().encode() in region for key in keys)


def judge(sane: Sane, damage: Damage, region: bytes, outcome: Outcome) -> Verdict:
    """Who was wronged."""
    tenant, actions = sane.tenant, outcome.plan.actions
    taken = {content(record) for record in outcome.validated.accepted}
    misread = not taken <= sane.rows
    sound = _rows_taken(sane, taken)
    damaged = misread or not damage.rows | damage.gone <= sound
    row_of = {one.person.id: row for row, one in enumerate(tenant.staff) if one.person}
    removals = [a for a in actions if a.kind is Kind.DEACTIVATE]
    saved = len(outcome.plan.removals.saved_by_shield)
    found = Verdict(
        absent=len(removals) + saved, saved=saved, held=sum(1 for a in removals if a.hold),
        leavers=len(sane.leavers), proposed=sum(1 for a in removals if a.ascip_id in sane.leavers),
    )  # fmt: skip
    gone = damage.gone | _headless(tenant, damage)
    for action in actions:
        who = action.ascip_id
        if who is None or action.kind not in (Kind.DEACTIVATE, Kind.LEAVE):
            continue
        row, leaves = row_of.get(who), action.kind is Kind.LEAVE
        if damaged and row not in sound and occurs(tenant.people[who], region):
            wrong = found.struck
        elif not leaves and row is not None and action.hold is None:
            wrong = found.removed
        elif leaves and (who, action.group_id) not in sane.leaves:
            wrong = found.torn_out
        else:
            continue
        if row in gone and wrong is not found.struck:
            wrong = found.gone
        elif misread:
            wrong = found.misread
        wrong.append(who)
    return found


def _headless(tenant: Tenant, damage: Damage) -> set[int]:
    """Rows whose beginning is gone together with the end of another one."""
    sound = tenant.sound
    return {
        row
        for row in damage.rows
        for edit in damage.edits
        if not edit.text and edit.start < sound.start(row) < edit.end
    }


def _rows_taken(sane: Sane, taken: set[tuple[object, ...]]) -> set[int]:
    """Rows of the undamaged extract that were read as they stand in it."""
    by_id = {str(values[0]) for values in taken & sane.rows}
    return {r for r, one in enumerate(sane.tenant.staff) if one.values["employee_id"] in by_id}


def tried(sane: Sane, damage: Damage, encoding: str = "utf-8") -> Verdict:
    """Damage, write in an encoding, read, plan, judge; what is invalid in UTF-8 stays so in the others."""
    data = damage.apply(sane.tenant.sound.data)
    return _judged(
        sane, damage, region_of(sane.tenant, damage, data), written_in(data, encoding), encoding
    )


def written_in(data: bytes, encoding: str) -> bytes:
    """The same text in another encoding; bytes that are no text, and letters it lacks, as they are."""
    if encoding == "utf-8":
        return data
    text = data.decode("utf-8-sig", "surrogateescape")
    if encoding == "utf-16":
        return text.encode(encoding, "surrogatepass")
    return text.encode(encoding, "campaign_as_it_is")


def _as_it_is(error: UnicodeError) -> tuple[bytes, int]:
    assert isinstance(error, UnicodeEncodeError)
    return error.object[error.start : error.end].encode("utf-8", "surrogateescape"), error.end


codecs.register_error("campaign_as_it_is", _as_it_is)


def askew(sane: Sane, rng: Random) -> tuple[Damage, Verdict]:
    """One byte of a UTF-16 file is lost: from there on every character is another one."""
    sound = sane.tenant.sound
    row = rng.randrange(len(sound.rows) // 2, len(sound.rows))
    data = written_in(sound.data, "utf-16")
    before = len(written_in(sound.data[: sound.start(row)], "utf-16"))
    at = before + rng.randrange(20)
    damage = Damage("askew", (), frozenset(range(row, len(sound.rows))))
    region = sound.data[sound.end(row) :].decode().lower().encode()
    return damage, _judged(sane, damage, region, data[:at] + data[at + 1 :], "utf-16")


def _judged(sane: Sane, damage: Damage, region: bytes, data: bytes, encoding: str) -> Verdict:
    try:
        outcome = planned(sane.tenant, data, encoding)
    except InputInvalid as refusal:
        return Verdict(refused=refusal.code)
    return judge(sane, damage, region, outcome)
