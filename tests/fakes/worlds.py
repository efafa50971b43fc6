"""Small worlds for property tests: a file's cells, a mapping file, an LMS, and the plan over them.

A world is made of few values, so that rows and people meet, clash and contradict each other often.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from shared.domain.feeds.staff import COLUMNS
from shared.domain.mapping import parse_mapping
from shared.domain.plan import Plan, PlanInputs
from shared.domain.planning import build_plan
from shared.domain.policy import Policy, RowsPerPerson
from shared.domain.shield import Unverified
from shared.domain.snapshot import Person
from shared.domain.staff import StaffIdentity
from shared.domain.staff_result import Validated, input_hash
from shared.domain.staff_validation import StaffRules, check_file
from shared.ports.reader import SoundRecord
from tests.fakes.people import (
    ACTIVE,
    AS_OF,
    CLERK,
    DISTRICT,
    HIGH,
    INACTIVE,
    JOB,
    MANAGER,
    MIDDLE,
    ROOM,
    TEACHER,
    UNMANAGED,
    a_person,
    a_policy,
    a_snapshot,
    plan_inputs,
)

Cells = Mapping[str, str]

HEADER = (*(column.name for column in COLUMNS), "job_title", "room", "kind", "main")
IDS = ("E1", "E2", "E3", "\u00dc4")
EMAILS = ("ann@x.example", "bo@x.example", "c.lee@x.example", "asa@x.example")
LOGINS = ("ann", "jos\u00e9", "\u00e5sa", "bo@x.example")
FIRST, LAST = ("Ann", "Jos\u00e9", "Zo\u00eb"), ("Lee", "\u00c5kesson", "Gar\u00e7on")
MAPPING: Mapping[str, Any] = {
    "version": 1,
    "groups": {
        "district": {"id": DISTRICT, "name": "Lincoln USD"},
        "sites": {"010": {"id": HIGH, "name": "High"}, "S\u00c3O": {"id": MIDDLE, "name": "Middle"}},
    },
    "buckets": {
        "Job Class": {
            "id": JOB, "column": "job_title",
            "values": {
                "Caf\u00e9": {"id": TEACHER, "aliases": ["Kaf\u00e9"]}, "Clerk": {"id": CLERK},
            },
        },
        "Room": {"id": ROOM, "column": "room"},
    },
    "roles": {"default": "Learner", "values": {"Direkt\u00f6r": "Manager"}},
    "timezones": {"default": "America/Los_Angeles"},
    "protected": {"usernames": ["\u00e5sa"]},
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything a plan depends on."""

    rows: tuple[Cells, ...]
    people: tuple[Person, ...]
    mapping: Mapping[str, Any]
    policy: Policy
    links: Mapping[str, int]

    @property
    def validated(self) -> Validated:
        """What the rules make of the rows."""
        rules = StaffRules(
            columns=frozenset(HEADER), exclude={"kind": ["Student"]}, inactive={"kind": ["Left"]},
            primary={"main": ["Y"]}, rows_per_person=self.policy.staff.rows_per_person,
        )  # fmt: skip
        rows = (SoundRecord(at, at + 1, dict(row)) for at, row in enumerate(self.rows, 1))
        return check_file(rows, rules)

    @property
    def inputs(self) -> PlanInputs:
        """What the pipeline would plan from."""
        found = self.validated
        quarantined = _values(q.identity for q in found.quarantined)
        excluded = _values(e.identity for e in found.excluded)
        return plan_inputs(
            records=found.accepted, columns=frozenset(HEADER), policy=self.policy, links=self.links,
            snapshot=a_snapshot(self.people), mapping=parse_mapping(json.dumps(self.mapping)),
            input_sha256=input_hash(found),
            unverified=Unverified(
                identities=tuple(sorted(quarantined | excluded)), excluded=tuple(sorted(excluded)),
                unidentified=found.unidentified,
                regions=tuple(q.raw.decode() for q in found.quarantined),
            ),
        )  # fmt: skip

    @property
    def plan(self) -> Plan:
        """The plan of the whole world."""
        return build_plan(self.inputs)

    def but(self, **values: Any) -> "World":
        """Another world that differs in one thing."""
        return replace(self, **values)


def _values(named: Iterable[StaffIdentity]) -> set[str]:
    return {v for who in named for v in (who.employee_id, who.work_email, who.username) if v}


def each_text(data: Any, change: Callable[[str], str]) -> Any:
    """The same data with every text in it changed, keys too."""
    match data:
        case str():
            return change(data)
        case Mapping():
            return {each_text(k, change): each_text(v, change) for k, v in data.items()}
        case list() | tuple():
            return type(data)(each_text(item, change) for item in data)
        case _:
            return data


def people_with(people: tuple[Person, ...], change: Callable[[str], str]) -> tuple[Person, ...]:
    """People with every text of theirs changed."""
    names = (
        "username", "email", "first_name", "last_name", "employee_number", "personal_email", "buckets",
    )  # fmt: skip
    return tuple(
        replace(p, **{name: each_text(getattr(p, name), change) for name in names}) for p in people
    )


#: Who a row says it is about; most rows about somebody say the same.
_WHO = st.builds(
    lambda at, own, other: {
        "employee_id": IDS[at], "first_name": FIRST[at % 3], "last_name": LAST[at % 3],
        "work_email": EMAILS[at], "username": LOGINS[at] if own else "", "personal_email": "",
    } | other,
    st.sampled_from(range(4)),
    st.sampled_from((True, True, False)),
    st.sampled_from((
        *({},) * 10, {"employee_id": "E1"}, {"employee_id": ""}, {"work_email": EMAILS[0]},
        {"work_email": "clee@x.example"}, {"work_email": "wrong"}, {"username": LOGINS[1]},
        {"first_name": "Bo"}, {"last_name": ""}, {"personal_email": EMAILS[1]},
    )),
)  # fmt: skip
_WHAT = st.fixed_dictionaries({
    "site_code": st.sampled_from(("010", "010", "S\u00c3O", "S\u00c3O", "999")),
    "role": st.sampled_from(("", "Direkt\u00f6r", "nobody knows")),
    "timezone": st.sampled_from(("", "America/Denver")),
    "end_date": st.sampled_from(("", "", "", AS_OF.isoformat(), "2026-03-01")),
    "job_title": st.sampled_from(("", "Caf\u00e9", "kaf\u00e9", "Wizard")),
    "room": st.sampled_from(("", "R\u00e9", "12")),
    "kind": st.sampled_from(("", "", "", "", "", "Student", "Left")),
    "main": st.sampled_from(("", "Y")),
})  # fmt: skip

_PEOPLE = st.lists(
    st.fixed_dictionaries({
        "employee_number": st.sampled_from((None, *IDS)),
        "first_name": st.sampled_from(FIRST),
        "last_name": st.sampled_from(LAST),
        "email": st.sampled_from(EMAILS),
        "username": st.sampled_from(LOGINS),
        "personal_email": st.sampled_from((None, *EMAILS)),
        "status": st.sampled_from((ACTIVE, ACTIVE, INACTIVE)),
        "group_ids": st.sampled_from(
            ((), (DISTRICT,), (DISTRICT, HIGH), (DISTRICT, HIGH, MIDDLE), (UNMANAGED,))
        ),
        "buckets": st.sampled_from(((), ((JOB, TEACHER),), ((ROOM, "R\u00e9"),))),
    }),
    max_size=5,
).map(lambda made: tuple(a_person(at, **values) for at, values in enumerate(made, 1)))  # fmt: skip

_POLICIES = st.builds(
    a_policy,
    mode=st.sampled_from(("full", "delta")),
    ladder=st.sampled_from(("leave_groups", "deactivate")),
    rows_per_person=st.sampled_from(tuple(RowsPerPerson)),
    scope=st.sampled_from(("district_group", "linked", "tenant")),
)


def worlds() -> st.SearchStrategy[World]:
    """Any file over any LMS."""
    row = st.builds(lambda who, what: dict.fromkeys(HEADER, "") | who | what, _WHO, _WHAT)
    again = st.lists(st.tuples(row, st.sampled_from((1, 1, 1, 2))), max_size=5).map(
        lambda drawn: tuple(row for row, times in drawn for _ in range(times))
    )
    return st.builds(
        World, rows=again, people=_PEOPLE, mapping=st.just(MAPPING), policy=_POLICIES,
        links=st.dictionaries(st.sampled_from(("e1", "\u00fc4")), st.integers(1, 5), max_size=2),
    )  # fmt: skip


def worlds_in_agreement() -> st.SearchStrategy[World]:
    """The LMS has exactly what the file says, so that there is nothing to do."""
    own = st.tuples(
        st.sampled_from(FIRST), st.sampled_from(LAST), st.sampled_from(("010", "S\u00c3O")),
        st.sampled_from(("", "Caf\u00e9", "Kaf\u00e9", "Clerk")), st.sampled_from(("", "R\u00e9")),
    )  # fmt: skip
    return st.builds(_agreeing, st.lists(own, min_size=1, max_size=4), _POLICIES)


def _agreeing(drawn: list[tuple[str, str, str, str, str]], policy: Policy) -> World:
    rows, people = [], []
    for at, (first, last, site, job, room) in enumerate(drawn):
        said = {
            "employee_id": IDS[at], "first_name": first, "last_name": last, "site_code": site,
            "work_email": f"p{at}@x.example", "username": LOGINS[at], "role": "Direkt\u00f6r",
            "personal_email": f"own{at}@x.example", "job_title": job, "room": room,
        }  # fmt: skip
        value = {"": (), "Clerk": ((JOB, CLERK),)}.get(job, ((JOB, TEACHER),))
        group = HIGH if site == "010" else MIDDLE
        rows.append(dict.fromkeys(HEADER, "") | said)
        people.append(
            a_person(
                at + 1, employee_number=IDS[at], first_name=first, last_name=last,
                email=f"p{at}@x.example", username=LOGINS[at], personal_email=f"own{at}@x.example",
                role_id=MANAGER, group_ids=(DISTRICT, group),
                buckets=value + (((ROOM, room),) if room else ()),
            )
        )  # fmt: skip
    return World(rows=tuple(rows), people=tuple(people), mapping=MAPPING, policy=policy, links={})


#: Another way to write each text that is compared without case.
CASES: Mapping[str, Callable[[str], str]] = {
    "upper": str.upper, "lower": str.lower, "swapped": str.swapcase, "title": str.title,
}  # fmt: skip
