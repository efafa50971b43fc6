"""Several rows for one person: who may be merged, what comes of it, and what becomes of each row."""

import random
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.action import HeldReason, Kind
from shared.domain.feeds.staff import COLUMNS as FEED_COLUMNS
from shared.domain.plan import Disposition, Plan
from shared.domain.planning import build_plan
from shared.domain.policy import RowsPerPerson
from shared.domain.shield import Unverified
from shared.domain.staff import StaffRecord
from shared.domain.staff_merge import merged
from shared.domain.staff_validation import FileCheck, StaffRules, check_file, input_hash
from shared.ports.reader import DamagedRecord, SoundRecord
from tests.fakes.people import (
    AS_OF,
    DISTRICT,
    HIGH,
    MIDDLE,
    a_person,
    a_policy,
    a_record,
    people,
    plan_inputs,
    records,
)

CORE = frozenset(column.name for column in FEED_COLUMNS)
RULES = StaffRules(
    columns=CORE | {"job_title", "main"},
    rows_per_person=RowsPerPerson.MERGE,
    primary={"main": ["Y"]},
    exclude={"job_title": ["Student Worker"]},
)
PERSON = dict.fromkeys(sorted(RULES.columns), "") | {
    "employee_id": "E1", "first_name": "Ann", "last_name": "Lee", "site_code": "010",
    "work_email": "ann@lincoln.example", "username": "ann", "personal_email": "ann@home.example",
}  # fmt: skip
YESTERDAY = AS_OF - timedelta(days=1)
MERGE = a_policy(rows_per_person=RowsPerPerson.MERGE)


def a_row(row: int, **values: str) -> SoundRecord:
    return SoundRecord(row, row + 1, PERSON | values)


def one(rows: Iterable[StaffRecord]) -> StaffRecord:
    (person,) = merged(rows, AS_OF).records
    return person


class TestFile:
    def test_rows_that_name_one_person_are_all_taken(self) -> None:
        result = check_file(
            [
                a_row(1, job_title="Teacher"),
                a_row(2, site_code="020", role="PRIN", hire_date="2020-08-01", main="Y"),
                a_row(3, employee_id="e1", work_email="ANN@lincoln.example", site_code="030"),
                a_row(4, site_code="020", role="PRIN", hire_date="2020-08-01", main="Y"),
            ],
            RULES,
        )
        assert [(r.row, r.site_codes, r.primary) for r in result.accepted] == [
            (1, ("010",), False), (2, ("020",), True), (3, ("030",), False),
        ]  # fmt: skip
        assert {record.employee_id for record in result.accepted} == {"E1"}
        assert (result.counts.accepted, result.counts.duplicate) == (3, 1)
        assert result.counts.balanced

    @pytest.mark.parametrize(
        "other",
        [
            {"first_name": "Bo"},
            {"last_name": "LEE"},
            {"work_email": "bo@lincoln.example"},
            {"username": ""},
            {"personal_email": "else@home.example"},
        ],
        ids=lambda other: next(iter(other)),
    )
    def test_rows_that_disagree_on_who_it_is_are_conflicts(self, other: dict[str, str]) -> None:
        rows = [a_row(1), a_row(2, site_code="020"), a_row(3), a_row(4, **other)]
        result = check_file([*rows, a_row(5, employee_id="E9")], RULES)
        assert [r.employee_id for r in result.accepted] == ["E9"]
        assert [[v.code for v in q.violations] for q in result.quarantined] == [["conflict"]] * 4
        assert [q.values["site_code"] for q in result.quarantined] == ["010", "020", "010", "010"]
        assert result.counts.balanced

    @pytest.mark.parametrize(
        ("broken", "codes"),
        [({"site_code": ""}, ["missing_value", "conflict"]), ({"job_title": "Student Worker"}, [])],
    )
    def test_a_person_is_taken_whole_or_not_at_all(
        self, broken: dict[str, str], codes: list[str]
    ) -> None:
        """A row that is quarantined or excluded: nobody knows what it would have added."""
        rows = [a_row(1), a_row(2, site_code="020"), a_row(3, **broken)]
        for order in (rows, rows[::-1]):
            result = check_file(order, RULES)
            assert result.accepted == ()
            told = {q.row: [v.code for v in q.violations] for q in result.quarantined}
            assert told == {1: ["conflict"], 2: ["conflict"]} | ({3: codes} if codes else {})
            assert [found.row for found in result.excluded] == ([] if codes else [3])
            assert result.counts.balanced

    def test_a_damaged_region_that_names_them_takes_the_others_along(self) -> None:
        region = DamagedRecord(2, 3, 3, (), b"E1,?", values={"employee_id": "E1"})
        result = check_file([a_row(1), region], RULES)
        assert result.accepted == ()

    def test_a_broken_row_alone_has_no_conflict(self) -> None:
        result = check_file([a_row(1, site_code=""), a_row(2, site_code="")], RULES)
        codes = {v.code for q in result.quarantined for v in q.violations}
        assert codes == {"missing_value"}

    def test_a_stream_learns_at_its_end_what_it_takes_back(self) -> None:
        file = FileCheck(RULES)
        for row in (a_row(1), a_row(2, site_code="020"), a_row(3), a_row(4, first_name="Bo")):
            file.take(row)
        conflicts = file.finish()
        assert conflicts.concern("e1")
        assert (conflicts.withdrawn, [late.row for late in conflicts.late]) == (2, [3])
        assert (file.counts.accepted, file.counts.quarantined, file.counts.duplicate) == (0, 4, 0)

    @given(
        st.lists(
            st.fixed_dictionaries({
                "employee_id": st.sampled_from(["E1", "e1", "E2"]),
                "first_name": st.sampled_from(["Ann", "Ann", "Ann", "Bo", ""]),
                "site_code": st.sampled_from(["010", "020", ""]),
                "job_title": st.sampled_from(["Teacher", "Teacher", "Student Worker"]),
            }),
            max_size=6,
        ),
        st.randoms(use_true_random=False),
    )  # fmt: skip
    @settings(max_examples=150, deadline=None)
    def test_the_result_does_not_depend_on_the_order_of_rows(
        self, values: list[dict[str, str]], order: random.Random
    ) -> None:
        turned = order.sample(values, len(values))
        one, other = (
            check_file([a_row(at, **row) for at, row in enumerate(rows, 1)], RULES)
            for rows in (values, turned)
        )
        assert one.counts == other.counts
        assert one.counts.balanced
        assert input_hash(one) == input_hash(other)
        told, retold = (
            sorted((sorted(v.code for v in q.violations), q.raw) for q in found.quarantined)
            for found in (one, other)
        )
        assert told == retold


class TestPerson:
    def test_sites_are_united_and_the_rest_is_of_the_primary_row(self) -> None:
        rows = [
            a_record(1, site_codes=("020",), role="Clerk", primary=False),
            a_record(1, row=2, site_codes=("030",), role="Principal", primary=True),
            a_record(1, row=3, site_codes=("010",), role="Teacher", primary=False),
        ]
        assert one(rows) == rows[1]._replace(site_codes=("010", "020", "030"))

    @pytest.mark.parametrize("marked", [False, True])
    def test_without_one_primary_row_site_and_values_decide_and_never_the_order(
        self, marked: bool
    ) -> None:
        jobs = [{"job_title": job} for job in ("Teacher", "Clerk")]
        rows = [
            a_record(1, row=1, site_codes=("020",), attributes=jobs[1], primary=marked),
            a_record(1, row=2, site_codes=("010",), attributes=jobs[0], primary=marked),
            a_record(1, row=3, site_codes=("010",), attributes=jobs[1], primary=marked),
        ]
        for order in (rows, rows[::-1]):
            assert one(order).attributes == jobs[1]
            assert one(order).row == 3

    def test_an_assignment_that_has_ended_counts_only_if_all_have(self) -> None:
        ended = a_record(1, row=1, end_date=YESTERDAY, primary=True)
        left = a_record(1, row=2, inactive=True, site_codes=("030",))
        here = a_record(1, row=3, site_codes=("020",), end_date=AS_OF)
        assert one([ended, left, here]) == here
        assert one([ended, left]) == ended._replace(site_codes=("010", "030"))


def plan(*rows: StaffRecord, **values: Any) -> Plan:
    """The rows, and of everybody else what they say in ASCIP."""
    more = [*records(range(2, 31)), *rows]
    return build_plan(
        plan_inputs(records=more, policy=a_policy(rows_per_person=RowsPerPerson.MERGE), **values)
    )


def itinerant(row: int, site: str, **values: Any) -> StaffRecord:
    return a_record(1, row=100 + row, line=200 + row, site_codes=(site,), **values)


class TestPlan:
    @pytest.mark.parametrize("mode", ["full", "delta"])
    def test_a_person_with_two_rows_joins_both_sites_and_leaves_the_others(self, mode: str) -> None:
        everybody = people(range(1, 31))
        everybody[1] = a_person(1, group_ids=(DISTRICT, HIGH, MIDDLE))
        rows = [itinerant(1, "010"), itinerant(2, "020")]
        policy = a_policy(rows_per_person=RowsPerPerson.MERGE, mode=mode)
        inputs = plan_inputs(
            records=[*records(range(2, 31)), *rows], people=everybody.values(), policy=policy
        )
        assert build_plan(inputs).actions == ()

    def test_every_row_takes_the_outcome_of_its_person(self) -> None:
        made = plan(itinerant(1, "020"), itinerant(2, "010", last_name="Lee"))
        (join,) = made.actions
        assert (join.kind, join.group_id, join.source_row) == (Kind.JOIN, MIDDLE, 102)
        assert [made.dispositions[row] for row in (101, 102)] == [Disposition.PENDING] * 2
        assert [made.matched[row] for row in (101, 102)] == [1, 1]
        assert len(made.dispositions) == 31

    def test_an_unmapped_site_holds_every_row_of_the_person(self) -> None:
        made = plan(itinerant(1, "999"), itinerant(2, "020"))
        assert made.actions == ()
        assert [(h.row, h.line, h.reason) for h in made.held_rows] == [
            (101, 201, HeldReason.UNMAPPED_SITE), (102, 202, HeldReason.UNMAPPED_SITE),
        ]  # fmt: skip
        assert [made.dispositions[row] for row in (101, 102)] == [Disposition.HELD] * 2

    def test_somebody_leaves_when_all_their_rows_say_so(self) -> None:
        ended = itinerant(1, "020", end_date=YESTERDAY)
        (leaver,) = plan(ended, itinerant(2, "010", inactive=True)).actions
        assert (leaver.kind, leaver.person_key) == (Kind.DEACTIVATE, "E1")
        assert plan(ended, itinerant(2, "010")).actions == ()

    def test_whom_a_row_names_that_was_not_taken_keeps_groups(self) -> None:
        """Its id may be beyond reading, so that only the email says whose site it is."""
        everybody = people(range(1, 31))
        everybody[1] = a_person(1, group_ids=(DISTRICT, HIGH, MIDDLE))
        rows = [itinerant(1, "010")]
        assert [a.kind for a in plan(*rows, people=everybody.values()).actions] == [Kind.LEAVE]
        shield = Unverified(identities=("P1@lincoln.example",))
        assert plan(*rows, people=everybody.values(), unverified=shield).actions == ()

    @given(st.randoms(use_true_random=False))
    @settings(max_examples=25, deadline=None)
    def test_no_order_of_rows_changes_the_plan(self, order: random.Random) -> None:
        jobs = [{"job_title": job} for job in ("Clerk", "Teacher")]
        rows = [
            itinerant(1, "020", attributes=jobs[0]), itinerant(2, "020", attributes=jobs[1]),
            itinerant(3, "010", attributes=jobs[0]), *records(range(2, 28)),
            a_record(28, row=128, primary=True, last_name="Ruiz"), a_record(28, last_name="Ruiz"),
            a_record(31, row=131, site_codes=("999",)), a_record(31),
        ]  # fmt: skip
        before = build_plan(plan_inputs(records=rows, policy=MERGE))
        turned = order.sample(rows, len(rows))
        assert build_plan(plan_inputs(records=turned, policy=MERGE)) == before
        assert before.actions
