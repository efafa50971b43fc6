"""What a district declares: the parts of the configuration that decide what a plan says.

The dataclasses are the configuration's own tables: settings.py fills them from TOML, and the
configuration hash covers exactly them, so that no limit can change behind an approved plan's back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Literal

from shared.domain.feeds.profiles import ProfileName
from shared.domain.school_calendar import Window

# What pydantic reads to refuse unknown keys; the domain itself doesn't import pydantic.
Strict: dict[str, str] = {"extra": "forbid"}


class Ladder(StrEnum):
    """How far the removal of a leaver goes."""

    REPORT = "report"
    LEAVE_GROUPS = "leave_groups"
    DEACTIVATE = "deactivate"


class Scope(StrEnum):
    """Who is managed."""

    DISTRICT_GROUP = "district_group"
    LINKED = "linked"
    TENANT = "tenant"


class RowsPerPerson(StrEnum):
    """What is made of several different rows for one employee id."""

    ONE = "one"  # all are quarantined
    MERGE = "merge"  # one person with all the sites


class MatchRule(StrEnum):
    """Ways to find a record's person, strongest first."""

    LINK = "link"
    EMPLOYEE_NUMBER = "employee_number"
    WORK_EMAIL = "work_email"
    USERNAME = "username"
    WORK_EMAIL_IS_PERSONAL = "work_email_is_personal"
    PERSONAL_EMAIL = "personal_email"


@dataclass(frozen=True, kw_only=True)
class RemovalPolicy:
    """`[staff.removal]`"""

    __pydantic_config__: ClassVar = Strict
    ladder: Ladder = Ladder.DEACTIVATE
    first_run: Literal["report", "allow"] = "report"
    #: Days that pass between the day somebody was found to have left and their removal.
    grace_days: int = 0


@dataclass(frozen=True, kw_only=True)
class ExpectedPolicy:
    """`[staff.expected]`: when a file is due; without one by then the feed is overdue.

    With neither ``days`` nor ``every_days`` none is expected.
    """

    __pydantic_config__: ClassVar = Strict
    #: Week days, `mon-fri` or `mon,wed`; left out where ``every_days`` counts from the last file.
    days: str | None = None
    every_days: int | None = None
    #: Time of day in the district's time zone.
    by: str = "04:00"
    grace_h: float = 2


@dataclass(frozen=True, kw_only=True)
class StaffPolicy:
    """`[staff]`"""

    __pydantic_config__: ClassVar = Strict
    #: None for the profile's.
    mode: Literal["full", "delta"] | None = None
    #: Allows `full` with a profile whose files hold edits.
    i_have_a_full_extract: bool = False
    profile: ProfileName = ProfileName.CANONICAL
    mapping: str = "mapping.json"
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    #: A `strptime` format; None for the profile's, and ISO dates where it has none.
    date_format: str | None = None
    #: What stands between several sites in one cell; None for the profile's, empty for nothing.
    site_separator: Literal["", ",", ";", "|", "/"] | None = None
    scope: Scope = Scope.DISTRICT_GROUP
    match: tuple[MatchRule, ...] = tuple(MatchRule)
    rows_per_person: RowsPerPerson = RowsPerPerson.ONE
    primary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    derive: Mapping[str, str] = field(default_factory=dict)
    exclude: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    inactive: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    removal: RemovalPolicy = field(default_factory=RemovalPolicy)
    expected: ExpectedPolicy = field(default_factory=ExpectedPolicy)


@dataclass(frozen=True, kw_only=True)
class FeedPolicy:
    """`[feeds.NAME]` of a governed feed."""

    __pydantic_config__: ClassVar = Strict
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    #: A `strptime` format; None for YYYY-MM-DD.
    date_format: str | None = None
    #: Canonical field → headers that mean it, instead of those the feed knows.
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Words the feed declares, such as `allow_test_ids`.
    options: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RemovalLimit:
    """`[limits.removals]`: the larger of a count and a percentage of active managed people.

    Of one site: the larger of ``site_min`` and a percentage of its people.
    """

    __pydantic_config__: ClassVar = Strict
    count: int = 10
    percent: float = 1
    small_count: int = 3
    site_percent: float = 25
    site_min: int = 3


@dataclass(frozen=True, kw_only=True)
class PercentLimit:
    """A limit in percent; `[limits.adds]`, `[limits.snapshot_fewer]`."""

    __pydantic_config__: ClassVar = Strict
    percent: float


@dataclass(frozen=True, kw_only=True)
class KeyChangeLimit:
    """`[limits.key_changes]`: the larger of a percentage and a count."""

    __pydantic_config__: ClassVar = Strict
    percent: float = 1
    min: int = 3


@dataclass(frozen=True, kw_only=True)
class FailureLimit:
    """`[limits.failures]`: a share of the approved actions, or so many without a success between."""

    __pydantic_config__: ClassVar = Strict
    percent: float = 5
    in_a_row: int = 5


@dataclass(frozen=True, kw_only=True)
class Limits:
    """`[limits]`: every gate trips at or above its limit."""

    __pydantic_config__: ClassVar = Strict
    min_population: int = 20
    removals: RemovalLimit = field(default_factory=RemovalLimit)
    memberships_removed: PercentLimit = field(default_factory=lambda: PercentLimit(percent=10))
    adds: PercentLimit = field(default_factory=lambda: PercentLimit(percent=20))
    updates: PercentLimit = field(default_factory=lambda: PercentLimit(percent=40))
    key_changes: KeyChangeLimit = field(default_factory=KeyChangeLimit)
    blanked: PercentLimit = field(default_factory=lambda: PercentLimit(percent=5))
    #: Of the median of the last good extracts.
    rows_fewer: PercentLimit = field(default_factory=lambda: PercentLimit(percent=5))
    bytes_fewer: PercentLimit = field(default_factory=lambda: PercentLimit(percent=10))
    #: Of the rows of the extract.
    quarantined: PercentLimit = field(default_factory=lambda: PercentLimit(percent=1))
    #: Of the people that ASCIP lists.
    details_missing: PercentLimit = field(default_factory=lambda: PercentLimit(percent=0.5))
    #: Of the people of the last whole read: a target that lists so many fewer is not believed.
    snapshot_fewer: PercentLimit = field(default_factory=lambda: PercentLimit(percent=5))
    #: While applying.
    failures: FailureLimit = field(default_factory=FailureLimit)
    conflicts: PercentLimit = field(default_factory=lambda: PercentLimit(percent=10))


@dataclass(frozen=True, kw_only=True)
class ApprovalPolicy:
    """`[approval]`"""

    __pydantic_config__: ClassVar = Strict
    #: In `shadow` every extract is planned and nothing can be approved or applied.
    mode: Literal["always", "over_limits", "shadow"] = "always"
    four_eyes: bool = False
    plan_ttl_h: int = 72


@dataclass(frozen=True, kw_only=True)
class DriftPolicy:
    """`[drift]`"""

    __pydantic_config__: ClassVar = Strict
    max_age_days: int = 7
    #: When ASCIP is read to see what differs from the last applied state; empty for never.
    schedule: str = "0 3 * * 0"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Everything declared that a plan depends on, apart from the mapping; and how long records are kept."""

    base_url: str
    timezone: str
    staff: StaffPolicy = field(default_factory=StaffPolicy)
    #: Governed feeds by name; one that isn't named has the defaults.
    feeds: Mapping[str, FeedPolicy] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    calendar: tuple[Window, ...] = ()
    approval: ApprovalPolicy = field(default_factory=ApprovalPolicy)
    drift: DriftPolicy = field(default_factory=DriftPolicy)
    #: Days that versions of a governed feed are kept; of a feed not named what the feed declares.
    retention: Mapping[str, int] = field(default_factory=dict)
