"""Steps of an explanation over hand-made ground: each way to come out, in words and as a status."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared.domain.absence import Because
from shared.domain.action import ActionStatus, Change, HeldReason, Kind
from shared.domain.explanation import CALLS, Step, StepStatus
from shared.domain.gate_rules import GateName
from shared.domain.gates import Gate, Verdict
from shared.domain.mapping import MappedBucket
from shared.domain.plan import Disposition
from shared.domain.policy import MatchRule
from shared.domain.removal import Fate
from shared.domain.run import Run, RunMode, RunState, TargetName
from shared.pipeline.explain_ground import Ground
from shared.pipeline.explain_mapping import mapping_step
from shared.pipeline.explain_plan import action_step, diff_step
from shared.pipeline.explain_row import import_step, matching_step, scoping_step
from shared.ports.people import Reading, TakenRow, Trace
from shared.ports.plans import StoredAction, StoredPlan
from shared.ports.presence import ListedAbsentee
from shared.ports.target import Mismatch
from tests.fakes.people import (
    AS_OF,
    HIGH,
    INACTIVE,
    JOB,
    MIDDLE,
    ROOM,
    a_mapping,
    a_person,
    a_record,
    a_reference,
    an_action,
)  # fmt: skip

S = StepStatus
NOON = datetime(2026, 3, 2, 20, tzinfo=UTC)


def a_run(**values: Any) -> Run:
    wanted: dict[str, Any] = {
        "id": "run_1", "feed": "staff", "target": TargetName.ASCIP, "upload_id": "upl_1",
        "mode": RunMode.PLAN, "force": False, "trigger": "cli", "actor": "user:olga",
        "state": RunState.APPLIED, "engine_version": "1", "mapping_sha256": "", "config_sha256": "",
        "file_name": "staff.csv", "as_of": AS_OF, "counts": {"rows_in": 30, "accepted": 30},
    }  # fmt: skip
    return Run(**wanted | values)


def a_plan(*gates: dict[str, Any], **facts: Any) -> StoredPlan:
    return StoredPlan(
        id="pln_1", run_id="run_1", snapshot_id="snp_1", digest="ab", header={"gates": list(gates)},
        held_classes=(), applyable=True, summary={}, facts={"buckets": {str(JOB): "Job Class"}} | facts,
        created_at=NOON, expires_at=None, expired=False,
    )  # fmt: skip


def taken(record: Any = None, **values: Any) -> TakenRow:
    wanted: dict[str, Any] = {
        "record": record or a_record(), "ascip_id": 1, "match_rule": MatchRule.EMPLOYEE_NUMBER,
        "disposition": Disposition.UNCHANGED, "hold": None, "hold_detail": None,
    }  # fmt: skip
    return TakenRow(**wanted | values)


_OF_STORED = ("attempts", "mismatch", "outcome_code", "verified_at")


def done(
    kind: Kind = Kind.UPDATE, status: ActionStatus = ActionStatus.SUCCEEDED, **values: Any
) -> StoredAction:
    own = {name: values.pop(name) for name in _OF_STORED if name in values}
    action = an_action(kind, **values)
    return StoredAction(action=action, status=status, ascip_id=1, outcome_at=NOON, **own)


def ground(**values: Any) -> Ground:
    """Person 1, whose row agrees with the account."""
    trace: dict[str, Any] = {"rows": [taken()], "reading": Reading(person=a_person())}
    trace |= {name: values.pop(name) for name in list(values) if name in Trace.__slots__}
    wanted: dict[str, Any] = {
        "run": a_run(), "plan": a_plan(), "review": None, "mapping": a_mapping(),
        "reference": a_reference(), "trace": Trace(**trace),
    }  # fmt: skip
    return Ground(**wanted | values)


def said(step: Step) -> tuple[StepStatus, str]:
    return step.status, step.description


def test_somebody_whose_row_agrees_needs_nothing() -> None:
    of = ground()
    assert (
        import_step(of).status is scoping_step(of).status is matching_step(of).status is S.SUCCESS
    )
    assert said(diff_step(of)) == (S.SUCCESS, "Nothing differs: ASCIP is as the row says.")
    assert said(action_step(of)) == (S.SKIPPED, "There is no action.")


def test_a_file_of_changes_says_nothing_of_whom_it_does_not_mention() -> None:
    of = ground(rows=[], plan=a_plan(mode="delta"))
    assert import_step(of).status is S.SKIPPED
    assert "says nothing of whom it doesn't mention" in scoping_step(of).description
    assert import_step(ground(rows=[])).status is S.WARNING


def test_who_is_inactive_already_has_nothing_to_lose() -> None:
    of = ground(rows=[], reading=Reading(person=a_person(status=INACTIVE)))
    assert said(scoping_step(of)) == (
        S.SKIPPED, "Inactive in ASCIP already: there is nothing to remove.",
    )  # fmt: skip


@pytest.mark.parametrize("fate", Fate)
def test_each_fate_has_its_words(fate: Fate) -> None:
    left = fate in (Fate.REMOVED, Fate.REPORTED, Fate.IN_GRACE)
    absentee = ListedAbsentee(
        ascip_id=1, person_key="E1", email_masked="p***@x.example", fate=fate,
        because=Because.ABSENT if left else None, end_date=None, row=None,
        since=AS_OF if left else None, grace_days=7 if left else None,
        leaves_on=date(2026, 3, 9) if left else None, seen_run="run_0", seen_file="old.csv",
        seen_sha256="ab", seen_on=AS_OF, seen_row=3,
    )  # fmt: skip
    step = scoping_step(ground(rows=[], absentee=absentee))
    assert step.detail["fate"] == fate.value
    assert ("7 days of grace end on 2026-03-09." in step.words) is left
    assert "Last seen in row 3 of old.csv, run_0." in step.words
    removed, alone = (
        fate is Fate.REMOVED,
        fate in (Fate.EXCLUDED_ROW, Fate.PROTECTED, Fate.OUT_OF_SCOPE),
    )
    assert step.status is (S.SUCCESS if removed else S.SKIPPED if alone else S.WARNING)


@pytest.mark.parametrize("rule", MatchRule)
def test_a_weak_rule_is_a_warning(rule: MatchRule) -> None:
    step = matching_step(ground(rows=[taken(match_rule=rule)]))
    weak = rule not in (MatchRule.LINK, MatchRule.EMPLOYEE_NUMBER, MatchRule.WORK_EMAIL)
    assert step.status is (S.WARNING if weak else S.SUCCESS)
    assert step.detail["rule"] == rule.value


def test_a_plan_from_before_the_rule_was_kept_has_it_with_its_action() -> None:
    old = ground(rows=[taken(match_rule=None)], actions=[done(match_rule="work_email")])
    assert "by work email" in matching_step(old).description
    assert (
        matching_step(ground(rows=[taken(match_rule=None)])).words[0].startswith("Matched: ASCIP 1")
    )


def test_somebody_listed_who_could_not_be_read_is_no_newcomer() -> None:
    step = matching_step(ground(reading=Reading(missing="no_answer")))
    assert said(step) == (
        S.WARNING, "ASCIP lists them, but their details could not be read (no_answer).",
    )  # fmt: skip
    assert matching_step(ground(reading=None)).description == "Nobody in ASCIP fits: somebody new."


def test_without_a_plan_the_steps_after_the_row_say_why() -> None:
    run = a_run(state=RunState.FAILED, reason="target_unreachable")
    of = ground(run=run, plan=None, mapping=None, reference=None, reading=None)
    assert import_step(of).status is S.SUCCESS
    for step in (scoping_step(of), matching_step(of)):
        assert said(step) == (S.SKIPPED, "The run is failed (target_unreachable): it has no plan.")
    assert {step(of).status for step in (mapping_step, diff_step, action_step)} == {S.SKIPPED}


def lines(of: Ground) -> list[str]:
    return list(mapping_step(of).words)


def test_the_line_of_the_mapping_is_named_that_makes_an_id() -> None:
    room = MappedBucket(id=ROOM, name="Room", column="room")
    mapping = a_mapping(buckets=(*a_mapping().buckets, room))
    record = a_record(
        attributes={"job_title": "TCHR", "room": "R12"}, role="PRIN", timezone="america/denver"
    )
    of = ground(rows=[taken(record)], mapping=mapping)
    assert lines(of) == [
        "site_code '010' means Lincoln High (402), by groups.sites.010.",
        "job_title 'TCHR' means Teacher (55), by buckets.Job Class.values.Teacher (an alias).",
        "room 'R12' means R12, by buckets.Room.",
        "role 'PRIN' means Manager (2), by roles.values.",
        "timezone 'america/denver' means America/Denver (22), by the time zones of ASCIP.",
    ]
    assert mapping_step(of).status is S.SUCCESS


def test_what_is_not_mapped_is_a_warning_and_a_site_a_failure() -> None:
    unknown = a_record(attributes={"job_title": "Wizard"}, role="Boss")
    step = mapping_step(ground(rows=[taken(unknown)]))
    assert step.status is S.WARNING
    assert step.words[1:] == (
        "job_title 'Wizard' is not in the mapping.",
        "role 'Boss' is not in the mapping.",
    )
    site = taken(a_record(site_codes=("010", "999")))
    assert mapping_step(ground(rows=[site])).status is S.FAILURE


def test_a_blank_cell_clears_a_bucket_but_not_in_a_file_of_changes() -> None:
    blank = [taken(a_record(attributes={"job_title": ""}))]
    assert "job_title is blank: it clears Job Class." in lines(ground(rows=blank))
    assert len(lines(ground(rows=blank, plan=a_plan(mode="delta")))) == 1


def test_rows_of_one_person_are_told_as_the_plan_took_them() -> None:
    rows = [taken(a_record(1, site_codes=("020",))), taken(a_record(1, row=9, line=10))]
    person = a_person(group_ids=(101, HIGH, MIDDLE))
    of = ground(rows=rows, reading=Reading(person=person))
    assert len(import_step(of).words) == 2
    assert len(lines(of)) == 3, "both sites, one job"
    assert diff_step(of).detail["stays_in"] == []


def test_a_group_that_nobody_takes_them_out_of_is_told() -> None:
    person = a_person(group_ids=(101, HIGH, MIDDLE, 900))
    step = diff_step(ground(reading=Reading(person=person)))
    assert step.status is S.WARNING
    assert "Stays in Lincoln Middle (403)" in step.description
    assert "900" not in step.description, "not managed"
    leave = done(Kind.LEAVE, group_id=MIDDLE, group_name="Lincoln Middle")
    left = diff_step(ground(reading=Reading(person=person), actions=[leave]))
    assert said(left) == (S.SUCCESS, "Leaves Lincoln Middle (403).")


def test_addresses_in_changes_are_masked_and_buckets_have_names() -> None:
    changes = (
        Change(path="email", before="old@x.example", after="new@x.example"),
        Change(path=f"buckets.{JOB}", before=None, after=55, after_name="Teacher"),
    )
    step = diff_step(ground(actions=[done(changes=changes)]))
    assert step.words == (
        "email: 'o***@x.example' becomes 'n***@x.example'.",
        "bucket 'Job Class': nothing becomes 'Teacher'.",
    )
    assert "old@" not in str(step.detail)


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("status", ActionStatus)
def test_each_outcome_of_each_kind_is_a_sentence(kind: Kind, status: ActionStatus) -> None:
    hold = HeldReason.PROTECTED if status is ActionStatus.HELD else None
    step = action_step(ground(actions=[done(kind, status, hold=hold, group_id=HIGH)]))
    assert len(step.words) == 1
    assert step.words[0].startswith(kind.value)
    assert step.words[0].endswith(".")
    good = {ActionStatus.SUCCEEDED, ActionStatus.PLANNED, ActionStatus.ATTEMPTING}
    bad = {ActionStatus.FAILED, ActionStatus.CONFLICT, ActionStatus.UNKNOWN}
    assert step.status is (
        S.SUCCESS if status in good else S.FAILURE if status in bad else S.WARNING
    )


def test_what_was_not_as_written_is_a_failure_and_so_is_a_refusal() -> None:
    moved = done(mismatch=Mismatch.CHANGED, verified_at=NOON, attempts=1)
    assert action_step(ground(actions=[moved])).status is S.FAILURE
    refused = done(Kind.ADD, ActionStatus.FAILED, outcome_code="duplicate_email", attempts=2)
    assert action_step(ground(actions=[refused])).words == (
        "add: failed (duplicate_email) on 2026-03-02 20:00:00 UTC, POST /people, 2 attempts.",
    )


def test_the_limits_that_hold_an_action_are_named_with_their_numbers() -> None:
    def gate(name: str, site: str | None = None, verdict: str = "tripped") -> dict[str, Any]:
        return Gate(
            name=GateName(name), limit=10, value=12, verdict=Verdict(verdict), site=site
        ).to_json()  # fmt: skip

    plan = a_plan(
        gate("removals"), gate("removals_site", "010"), gate("removals_site", "020"),
        gate("rows_fewer", verdict="ok"), gate("updates"), gate("blanked"),
    )  # fmt: skip
    held = done(Kind.DEACTIVATE, ActionStatus.HELD, hold=HeldReason.GATE, site="010")
    assert action_step(ground(plan=plan, actions=[held])).words == (
        "deactivate: held, gate (removals 12 of 10, removals_site 010 12 of 10).",
    )
    renamed = done(Kind.UPDATE, ActionStatus.HELD, hold=HeldReason.GATE)
    assert action_step(ground(plan=plan, actions=[renamed])).words == (
        "update: held, gate (updates 12 of 10).",
    ), "it blanks nothing"
    by_calendar = replace(held, action=replace(held.action, hold=HeldReason.CALENDAR))
    assert action_step(ground(plan=plan, actions=[by_calendar])).words == (
        "deactivate: held, calendar.",
    )
