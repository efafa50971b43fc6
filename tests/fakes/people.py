"""People, records, a mapping and a small tenant for tests: sane defaults, keywords override.

The defaults agree with each other: `a_record(7)` is in every field what `a_person(7)` says, so that a
plan over both has no action, and each test names only what it is about.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from shared.domain.action import Action, Change, Kind, action_id, classify
from shared.domain.mapping import MappedBucket, MappedGroup, Mapping
from shared.domain.plan import PlanInputs
from shared.domain.policy import (
    FailureLimit,
    KeyChangeLimit,
    Ladder,
    Limits,
    PercentLimit,
    Policy,
    RemovalLimit,
    RemovalPolicy,
    StaffPolicy,
)
from shared.domain.shield import Unverified
from shared.domain.snapshot import Bucket, Group, Person, PersonStatus, Reference, Snapshot
from shared.domain.staff import StaffRecord

DISTRICT, HIGH, MIDDLE, UNMANAGED = 101, 402, 403, 900
LEARNER, MANAGER, ADMINISTRATOR = 1, 2, 3
LOS_ANGELES, DENVER = 21, 22
JOB, ROOM = 9, 10
TEACHER, CLERK = 55, 56
AS_OF = date(2026, 3, 2)

ACTIVE, INACTIVE = PersonStatus.ACTIVE, PersonStatus.INACTIVE

#: Limits that nothing reaches, for tests that are about something else; damaged rows still trip.
LOOSE = Limits(min_population=10**9, removals=RemovalLimit(small_count=10**9))

_FAR = PercentLimit(percent=10**6)
#: The limits of `removals` and `adds` as they are, all others out of reach: in a tenant of sixty people
#: the few changes of a test's story are large shares.
ROOMY = Limits(
    removals=RemovalLimit(site_min=10**9), memberships_removed=_FAR, updates=_FAR,
    key_changes=KeyChangeLimit(min=10**9), blanked=_FAR, rows_fewer=_FAR, bytes_fewer=_FAR,
    quarantined=_FAR, details_missing=_FAR,
    failures=FailureLimit(percent=10**6, in_a_row=10**9), conflicts=_FAR,
)  # fmt: skip

#: Canonical columns of the default extract: no username, role or time zone.
COLUMNS = frozenset(
    {"employee_id", "first_name", "last_name", "work_email", "site_code", "job_title"}
)


def a_person(number: int = 1, /, **values: Any) -> Person:
    """Person ``number`` of the LMS: active teacher at the high school."""
    return Person(
        **_over(
            values,
            id=number,
            username=f"p{number}@lincoln.example",
            email=f"p{number}@lincoln.example",
            first_name=f"Ann{number}",
            last_name="Lee",
            status=ACTIVE,
            employee_number=f"E{number}",
            role_id=LEARNER,
            timezone_id=LOS_ANGELES,
            group_ids=(DISTRICT, HIGH),
            buckets=((JOB, TEACHER),),
        )
    )


def a_record(number: int = 1, /, **values: Any) -> StaffRecord:
    """Row ``number`` of the extract, which says of person ``number`` what the LMS says."""
    return StaffRecord(
        **_over(
            values,
            row=number,
            line=number + 1,
            employee_id=f"E{number}",
            first_name=f"Ann{number}",
            last_name="Lee",
            work_email=f"p{number}@lincoln.example",
            site_codes=("010",),
            username=None,
            personal_email=None,
            role=None,
            timezone=None,
            hire_date=None,
            end_date=None,
            attributes={"job_title": "Teacher"},
            inactive=False,
        )
    )


def people(numbers: Iterable[int], **values: Any) -> dict[int, Person]:
    """People by id, all alike but for what their number decides."""
    return {number: a_person(number, **values) for number in numbers}


def records(numbers: Iterable[int], **values: Any) -> list[StaffRecord]:
    """Rows of people ``numbers``."""
    return [a_record(number, **values) for number in numbers]


def a_mapping(**values: Any) -> Mapping:
    """The district group, two sites, a choice bucket and a default role and time zone."""
    job = MappedBucket(
        id=JOB, name="Job Class", column="job_title",
        values={"Teacher": TEACHER, "Clerk": CLERK}, aliases={"Tchr": "Teacher"},
    )  # fmt: skip
    return Mapping(
        **_over(
            values,
            version=1,
            district=MappedGroup(id=DISTRICT, name="Lincoln USD"),
            sites={
                "010": MappedGroup(id=HIGH, name="Lincoln High"),
                "020": MappedGroup(id=MIDDLE, name="Lincoln Middle"),
            },
            buckets=(job,),
            role_default="Learner",
            role_values={"prin": "Manager"},
            timezone_default="America/Los_Angeles",
            privileged_roles=frozenset({"administrator"}),
            sha256="aa" * 32,
        )
    )


def a_reference(**values: Any) -> Reference:
    """The reference data `a_mapping` was written for."""
    names = {
        DISTRICT: "Lincoln USD", HIGH: "Lincoln High", MIDDLE: "Lincoln Middle",
        UNMANAGED: "Book club",
    }  # fmt: skip
    return Reference(
        **_over(
            values,
            tenant_id="t1",
            tenant_name="Lincoln USD",
            groups={id_: Group(id=id_, name=name) for id_, name in names.items()},
            buckets={
                JOB: Bucket(
                    id=JOB, name="Job Class", type="choice",
                    values={TEACHER: "Teacher", CLERK: "Clerk"},
                ),
                ROOM: Bucket(id=ROOM, name="Room", type="text"),
            },
            roles={LEARNER: "Learner", MANAGER: "Manager", ADMINISTRATOR: "Administrator"},
            timezones={LOS_ANGELES: "America/Los_Angeles", DENVER: "America/Denver"},
        )
    )  # fmt: skip


def a_snapshot(found: Iterable[Person] | None = None, /, **values: Any) -> Snapshot:
    """A complete read of the LMS with these people; thirty by default."""
    listed = people(range(1, 31)).values() if found is None else found
    return Snapshot(**{"people": {person.id: person for person in listed}} | values)


def a_policy(
    *, mode: str = "full", ladder: str = "deactivate", first_run: str = "report", **values: Any
) -> Policy:
    """A policy; ``limits`` is a `Limits`, ``calendar`` windows, anything else belongs to `[staff]`."""
    limits, calendar = values.pop("limits", Limits()), values.pop("calendar", ())
    staff: dict[str, Any] = {
        "mode": mode,
        "removal": RemovalPolicy(ladder=Ladder(ladder), first_run=first_run),  # type: ignore[arg-type]  # words, as in TOML
    }
    return Policy(
        base_url="https://ascip.example/api/v1", timezone="America/Los_Angeles",
        staff=StaffPolicy(**staff | values), limits=limits, calendar=calendar,
    )  # fmt: skip


def plan_inputs(**values: Any) -> PlanInputs:
    """Thirty people, thirty rows that agree with them; ``records`` and ``people`` replace them."""
    if "people" in values:
        values["snapshot"] = a_snapshot(values.pop("people"))
    return PlanInputs(
        **_over(
            values,
            feed="staff",
            engine_version="0.1.0",
            as_of=AS_OF,
            policy=a_policy(),
            mapping=a_mapping(),
            input_sha256="bb" * 32,
            config_sha256="cc" * 32,
            records=records(range(1, 31)),
            columns=COLUMNS,
            unverified=Unverified(),
            snapshot=a_snapshot(),
            reference=a_reference(),
        )
    )


def _over(values: dict[str, Any], **defaults: Any) -> dict[str, Any]:
    return defaults | values


def an_action(kind: Kind = Kind.UPDATE, key: str = "E1", /, **values: Any) -> Action:
    """An action of the class its kind and changes give it."""
    changes: tuple[Change, ...] = values.get("changes", ())
    return Action(
        **_over(
            values,
            kind=kind,
            action_class=classify(kind, changes),
            person_key=key,
            ascip_id=None if kind is Kind.ADD else 1,
            changes=changes,
        )
    )


def id_of(kind: Kind, number: int, group: int | None = None) -> str:
    """The id of an action on person ``number``."""
    return action_id(kind, f"E{number}", group)
