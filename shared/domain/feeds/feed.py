"""What a governed feed declares: its fields, its rules, how it is classified and how long it is kept.

A feed is one module that makes one `Feed`; everything else (reading, judging, storing, schemas,
reference pages) follows from it. docs/how-to/add-a-feed.md goes through one.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from shared.domain.canonical import Json, fingerprint
from shared.domain.violation import ViolationClass

#: Canonical field → value. A field without a value isn't there. Text, whole numbers and booleans are
#: themselves; decimals are text in plain notation, dates ISO text, lists lists of text.
Payload = Mapping[str, Json]


class FieldKind(StrEnum):
    """What a field holds, and so how its cell is read."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"  # exact: never a float
    DATE = "date"
    BOOLEAN = "boolean"
    LIST = "list"  # in one cell with `|`, or else `;` or `,` and line ends, between the items


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a feed's canonical records."""

    name: str
    meaning: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = False
    #: Headers that mean it, beside its name; case, spaces and punctuation don't count.
    spellings: tuple[str, ...] = ()
    #: The only values there are; compared without case, stored as they stand here.
    choices: tuple[str, ...] = ()
    #: Words that say there is no value, beside `N/A` and the like; compared without case.
    absent: tuple[str, ...] = ()
    #: What each item of a list is.
    items: FieldKind = FieldKind.TEXT
    #: An item of the list may stand twice, as a carrier that takes two legs of a way does.
    repeats: bool = False
    #: Longest text, of a list the longest item, in characters.
    longest: int = 500
    #: Names something: what a spreadsheet does to numbers is damage here.
    identifier: bool = False
    #: Stored in upper case, as the authority writes it.
    upper: bool = False
    #: Speaks of a person: masked wherever it is shown.
    personal: bool = False


class Severity(StrEnum):
    """What a broken rule does."""

    REJECT = "reject"  # refuses the whole file
    QUARANTINE = "quarantine"  # sets the record aside until it is mended at the source
    ATTEST = "attest"  # sets it aside until a person confirms it, with name and reason
    WARN = "warn"  # is told; the record is taken


class Broken(NamedTuple):
    """A rule is broken: by which field, and how. ``detail`` never repeats a value."""

    field: str | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What a rule may know beside the record."""

    #: The date in the district's time zone when validation starts.
    as_of: date
    #: `[feeds.NAME] options`: words the feed declares.
    options: frozenset[str] = frozenset()


Check = Callable[[Payload, Day], Iterable[Broken]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """A rule of an authority, as data; ``check`` says where a record breaks it.

    Checks are pure and look at sound values only: a field whose value can't be read isn't in the
    payload, and what is missing is the business of `Field.required` unless the rule is about that.
    """

    #: Stable, such as `EPA-WASTE-CODE`.
    code: str
    title: str
    #: Such as `EPA`.
    authority: str
    #: Where it stands: a regulation, a notice, a specification.
    citation: str
    remedy: str
    check: Check
    severity: Severity = Severity.QUARANTINE
    violation_class: ViolationClass = ViolationClass.POLICY
    version: int = 1
    valid_from: date
    #: The last day; None while it holds.
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on that day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Classification(StrEnum):
    """What kind of governed record it is."""

    EPA_WASTE = "EPA_WASTE"
    OSHA_INVENTORY = "OSHA_INVENTORY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """How a feed's records stand in JSON documents of the authority's own shape.

    A path names keys with points between them, and `[]` behind a list: `wastes[].quantity.quantity`.
    Of several paths the first that has a value counts. A field of kind list takes one value of each
    item of the outermost list; there, paths into one list are tried item by item. Where a date is
    wanted and there are several (signatures of one party), the earliest is taken.
    """

    #: Field → its paths.
    paths: Mapping[str, tuple[str, ...]]
    #: The list with one record in each item; paths that begin with it (`wastes[].`) are looked up there.
    #: None: a document is a record.
    each: str | None = None
    #: List → the number in its items that says their order, such as `transporters` → `order`.
    ordered: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Feed:
    """A governed feed."""

    name: str
    title: str
    classification: Classification
    fields: tuple[Field, ...]
    #: Fields that make the source id, joined with `/` in this order; all required.
    source_id: tuple[str, ...]
    rules: tuple[PolicyRule, ...]
    #: The date of a record: which rules hold for it, and from when its versions are kept. None: the day
    #: it is read, and the last day a version is in force.
    dated_by: str | None = None
    #: Days a version that is no longer current is kept after that date.
    retention_days: int
    #: Columns of state a new version begins with.
    state: Mapping[str, Json] = field(default_factory=dict)
    #: Words `[feeds.NAME] options` may hold, and what each allows.
    options: Mapping[str, str] = field(default_factory=dict)
    document: Document | None = None

    @cached_property
    def sha256(self) -> str:
        """Hash of everything that is declared, but for the code of checks: their version stands for it."""
        return fingerprint(_declared(self))

    @property
    def authority(self) -> str:
        """Whose rules it is under."""
        return ", ".join(dict.fromkeys(rule.authority for rule in self.rules)) or self.title

    @cached_property
    def plain(self) -> frozenset[str]:
        """Names of the fields that don't speak of a person."""
        return frozenset(each.name for each in self.fields if not each.personal)

    @property
    def by_name(self) -> dict[str, Field]:
        """Fields by their names."""
        return {each.name: each for each in self.fields}


#: Every feed has it: an explicit status is the only thing that retires a record.
RECORD_STATUS = Field(
    name="record_status",
    meaning="`retired` takes the record out of use; absence never does",
    choices=("active", "retired"),
    spellings=("Record Status", "Row Status"),
)


def _declared(value: object) -> Json:
    """A declaration as JSON: dataclasses as tables, days as ISO text, without functions."""
    if is_dataclass(value):
        return {
            each.name: _declared(getattr(value, each.name))
            for each in fields(value)
            if not callable(getattr(value, each.name))
        }
    if isinstance(value, Mapping):
        return {str(key): _declared(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_declared(item) for item in value]
    return value if value is None or isinstance(value, (bool, int)) else str(value)
