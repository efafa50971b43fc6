"""What an extract of everybody says by absence and blank cells, and one of edits doesn't."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.action import ActionClass, HeldReason, Kind
from shared.domain.mapping import MappedBucket
from shared.domain.plan import Plan
from shared.domain.planning import build_plan
from shared.domain.policy import Limits, RemovalLimit, RowsPerPerson
from shared.domain.staff import StaffRecord
from tests.fakes.people import (
    AS_OF,
    COLUMNS,
    DISTRICT,
    HIGH,
    JOB,
    MIDDLE,
    ROOM,
    TEACHER,
    a_mapping,
    a_person,
    a_policy,
    a_record,
    people,
    plan_inputs,
    records,
)

MODES = ("full", "delta")
ALL_COLUMNS = COLUMNS | {"username", "role", "timezone", "personal_email", "room"}
MAPPING = a_mapping(
    buckets=(*a_mapping().buckets, MappedBucket(id=ROOM, name="Room", column="room"))
)
PERSON = a_person(
    1, username="ann", role_id=2, personal_email="ann@home.example",
    buckets=((JOB, TEACHER), (ROOM, "12")),
)  # fmt: skip
#: What they have, each as its column says it.
FILLED = {
    "username": "ann", "role": "PRIN", "timezone": "America/Los_Angeles",
    "personal_email": "ann@home.example", "job_title": "Teacher", "room": "12",
}  # fmt: skip


def changes(mode: str, columns: frozenset[str], cells: Mapping[str, str]) -> dict[str, Any]:
    """What a row makes of `PERSON`."""
    plain = {c: cells.get(c) or None for c in ("username", "role", "timezone", "personal_email")}
    attributes = {c: cells.get(c, "") for c in ("job_title", "room") if c in columns}
    rows = [a_record(1, attributes=attributes, **plain), *records(range(2, 31))]
    everybody = [PERSON, *people(range(2, 31)).values()]
    if "job_title" not in columns:
        rows[1:] = [r._replace(attributes={}) for r in rows[1:]]
    made = build_plan(
        plan_inputs(
            records=rows, people=everybody, columns=columns, mapping=MAPPING,
            policy=a_policy(mode=mode),
        )
    )  # fmt: skip
    return {c.path: c.after for a in made.actions if a.ascip_id == 1 for c in a.changes}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("column", "cleared"),
    [
        ("job_title", {f"buckets.{JOB}": None}),
        ("room", {f"buckets.{ROOM}": None}),
        ("username", {}),
        ("role", {}),
        ("timezone", {}),
        ("personal_email", {}),
    ],
)
def test_a_blank_cell_clears_a_bucket_in_a_full_extract_and_nothing_else_ever(
    mode: str, column: str, cleared: dict[str, None]
) -> None:
    assert changes(mode, ALL_COLUMNS, FILLED) == {}
    blank = changes(mode, ALL_COLUMNS, FILLED | {column: ""})
    assert blank == (cleared if mode == "full" else {})
    # Without the column the value isn't managed at all.
    assert changes(mode, ALL_COLUMNS - {column}, FILLED | {column: ""}) == {}


def plan(mode: str, rows: list[StaffRecord], **values: Any) -> Plan:
    return build_plan(plan_inputs(records=rows, policy=a_policy(mode=mode, **values)))


YESTERDAY = AS_OF - timedelta(days=1)


@pytest.mark.parametrize(
    ("last", "full", "delta"),
    [
        pytest.param(None, "not in the extract", None, id="absent"),
        pytest.param({}, None, None, id="there"),
        pytest.param({"end_date": AS_OF}, None, None, id="last day"),
        pytest.param({"end_date": YESTERDAY}, "end date", "end date", id="has left"),
        pytest.param({"inactive": True}, "inactive", "inactive", id="inactive"),
        pytest.param({"inactive": True, "end_date": AS_OF}, "inactive", "inactive", id="both"),
    ],
)
def test_who_is_removed_and_why(
    last: dict[str, Any] | None, full: str | None, delta: str | None
) -> None:
    rows = [*records(range(1, 30)), *([a_record(30, **last)] if last is not None else [])]
    for mode, why in zip(MODES, (full, delta), strict=True):
        made = plan(mode, rows)
        assert [(a.kind, a.ascip_id) for a in made.actions] == (
            [(Kind.DEACTIVATE, 30)] if why else []
        )
        assert all(action.reason.startswith(why or "") for action in made.actions)


@pytest.mark.parametrize(("limit", "held"), [(3, HeldReason.GATE), (4, None)])
def test_removals_of_a_delta_pass_the_gates_too(limit: int, held: HeldReason | None) -> None:
    rows = [a_record(n, inactive=True) for n in range(1, 4)]
    limits = Limits(removals=RemovalLimit(count=limit, percent=1))
    made = plan("delta", rows, limits=limits)
    assert {(a.action_class, a.hold) for a in made.actions} == {(ActionClass.REMOVALS, held)}
    assert len(made.actions) == 3


class TestMerged:
    """A delta may hold one of a person's rows: what the others say is not known."""

    EVERYBODY = (a_person(1, group_ids=(DISTRICT, HIGH)), *people(range(2, 31)).values())

    def kinds(self, mode: str, row: StaffRecord, **staff: Any) -> list[tuple[Kind, int | None]]:
        rows = [row, *(r._replace(primary=True) for r in records(range(2, 31)))]
        policy = a_policy(mode=mode, rows_per_person=RowsPerPerson.MERGE, **staff)
        made = build_plan(plan_inputs(records=rows, people=self.EVERYBODY, policy=policy))
        return [(action.kind, action.group_id) for action in made.actions]

    def test_nobody_leaves_a_group_since_another_row_may_be_missing(self) -> None:
        row = a_record(1, site_codes=("020",))
        assert self.kinds("delta", row) == [(Kind.JOIN, MIDDLE)]
        assert self.kinds("full", row) == [(Kind.JOIN, MIDDLE), (Kind.LEAVE, HIGH)]

    def test_only_a_primary_row_speaks_for_attributes_where_one_is_declared(self) -> None:
        row = a_record(1, attributes={"job_title": "Clerk"}, role="PRIN")
        update = [(Kind.UPDATE, None)]
        declared = {"primary": {"main": ("Y",)}}
        assert self.kinds("delta", row, **declared) == []
        assert self.kinds("delta", row._replace(primary=True), **declared) == update
        assert self.kinds("delta", row) == update
        assert self.kinds("full", row, **declared) == update
