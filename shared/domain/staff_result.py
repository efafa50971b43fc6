"""What validation says about a staff extract: records, quarantine, counts; and its input hash."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from shared.domain.canonical import Json, fingerprint, sha256
from shared.domain.staff import StaffIdentity, StaffRecord
from shared.domain.staff_row import Excluded
from shared.domain.text import fold
from shared.domain.violation import Violation

CONFLICT = Violation(
    "conflict", "employee_id", "the id stands in rows with different values (rows_per_person = one)"
)
CONFLICT_MERGED = Violation(
    "conflict", "employee_id",
    "rows of the id disagree on who it is, or one of them was not taken (rows_per_person = merge)",
)  # fmt: skip

#: Columns by which a person may be found.
NAMING = frozenset({"employee_id", "work_email", "username", "personal_email"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A row or region that takes no part in the plan, except that it shields people."""

    row: int
    line: int
    last_line: int
    violations: tuple[Violation, ...]
    #: Values that name a person beyond doubt.
    identity: StaffIdentity
    #: Canonical column → text, where the fields are known.
    values: Mapping[str, str]
    #: What tells one from another: the region's bytes, or the row's values in UTF-8.
    raw: bytes

    @property
    def partly_named(self) -> bool:
        """Whether it names somebody, but a value that should name them too is missing or wrong."""
        whole = self.identity.employee_id and self.identity.work_email
        spoilt = any(violation.column in NAMING for violation in self.violations)
        return bool(self.identity) and (not whole or spoilt)


@dataclass(slots=True, kw_only=True)
class RowCounts:
    """Where the rows went, in the words of the books (docs/reference/states.md)."""

    rows_in: int = 0
    blank: int = 0
    duplicate: int = 0
    excluded: int = 0
    quarantined: int = 0
    accepted: int = 0

    @property
    def balanced(self) -> bool:
        """Whether every row is accounted for."""
        parts = self.blank + self.duplicate + self.excluded + self.quarantined + self.accepted
        return self.rows_in == parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Validated:
    """What an extract says, each part in file order."""

    accepted: tuple[StaffRecord, ...]
    excluded: tuple[Excluded, ...]
    quarantined: tuple[Quarantined, ...]
    counts: RowCounts
    #: Quarantined regions that name nobody beyond doubt.
    unidentified: int


class Repeat(NamedTuple):
    """A row that says what an earlier one says."""

    row: int
    line: int
    #: Folded.
    employee_id: str
    #: The earlier row; None for the first with that id.
    row_before: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflicts:
    """What only the end of the file shows."""

    #: Folded ids whose rows contradict each other: accepted rows of theirs are withdrawn.
    ids: frozenset[str] = frozenset()
    #: What is wrong with their rows.
    violation: Violation = CONFLICT
    #: Accepted rows to withdraw.
    withdrawn: int = 0
    #: Rows first counted as duplicates of a withdrawn or refused one.
    late: tuple[Repeat, ...] = ()

    def concern(self, employee_id: str | None) -> bool:
        """Whether a row with this id is one of several that contradict each other."""
        return employee_id is not None and folded_id(employee_id) in self.ids

    def settled(self, found: Quarantined) -> Quarantined:
        """The same row, with `conflict` among its violations if its id is concerned."""
        violations = self.told(found.violations, found.identity.employee_id)
        return found if violations is found.violations else replace(found, violations=violations)

    def told(
        self, violations: tuple[Violation, ...], employee_id: str | None
    ) -> tuple[Violation, ...]:
        """A quarantined row's violations, with `conflict` if its id is concerned."""
        if self.violation in violations or not self.concern(employee_id):
            return violations
        return (*violations, self.violation)

    def of(self, record: StaffRecord) -> Quarantined:
        """The quarantined form of a record whose id is concerned."""
        return conflicting(record, self.violation)


def folded_id(employee_id: str) -> str:
    """The form in which employee numbers are compared (a tidy one comes in)."""
    return employee_id.lower() if employee_id.isascii() else fold(employee_id)


def conflicting(record: StaffRecord, violation: Violation) -> Quarantined:
    """The quarantined form of a record whose id stands in rows that contradict each other."""
    values = {
        name: str(value)
        for name, value in record.to_json().items()
        if name not in _NO_CELLS and value is not None
    }
    values["site_code"] = " ".join(record.site_codes)
    values.update(record.attributes)
    return Quarantined(
        row=record.row,
        line=record.line,
        last_line=record.line,
        violations=(violation,),
        identity=StaffIdentity(
            employee_id=record.employee_id, work_email=record.work_email, username=record.username
        ),
        values=values,
        raw=joined(values),
    )


#: Fields of a record that are not cells of the same name.
_NO_CELLS = frozenset({"row", "line", "site_codes", "attributes", "inactive", "primary"})


def joined(values: Mapping[str, str]) -> bytes:
    """A row's values as one text: sorted by column, one a line."""
    return "\n".join(values[column] for column in sorted(values)).encode("utf-8", "replace")


def content_hash(item: StaffRecord | Quarantined) -> str:
    """The fingerprint of one record without its place in the file."""
    if isinstance(item, StaffRecord):
        fields = item.to_json()
        del fields["row"], fields["line"]
        return fingerprint({"accepted": fields})
    content: Json = dict(item.values) if item.values else sha256(item.raw)
    return fingerprint({"quarantined": content})


def input_hash_of(hashes: Iterable[str]) -> str:
    """The input hash from content hashes, in any order, for who keeps them elsewhere."""
    ordered: Json = [*sorted(set(hashes))]
    return fingerprint(ordered)


def input_hash(validated: Validated) -> str:
    """Over accepted and quarantined records as a sorted set: not bytes, not the order of anything."""
    return input_hash_of(
        content_hash(item)
        for items in (validated.accepted, validated.quarantined)
        for item in items
    )
