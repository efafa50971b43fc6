"""Governed runs, whole: file, quarantine, plan, review, store, audit; and what must never happen twice."""

import io
from dataclasses import replace

import pytest

from shared.domain.action import ActionClass, ActionStatus, Kind
from shared.domain.errors import Conflict
from shared.domain.record import RecordVersion
from shared.domain.review import Release, Select
from shared.domain.run import Run, RunState
from shared.pipeline.land import Order, Sender, land
from tests.fakes.dying import Moment
from tests.fakes.installation import OPERATOR, Installation
from tests.fakes.lab_feed import LAB
from tests.unit.pipeline.test_plan_schema import VALIDATOR

HEADER = "Tag,Name,Count,Room\n"
A = HEADER + "T1,Scale,2,R1\nT2,Burner,5,R1\nT3,Hood,1,R2\n"
B = A.replace("T2,Burner,5", "T2,Burner,6")


@pytest.fixture
def lab(engine: Installation) -> Installation:
    engine.configure(feeds={LAB.name: LAB})
    return engine


def plan(lab: Installation, text: str, *, force: bool = False) -> Run:
    sender = Sender(actor=OPERATOR, name="lab.csv", feed=LAB.name)
    run_id = land(lab.tools, io.BytesIO(text.encode()), sender, Order(trigger="cli", force=force))
    lab.workers.until_quiet()
    return lab.run(run_id)


def sync(lab: Installation, text: str) -> Run:
    run = plan(lab, text)
    return lab.apply(lab.approve(run))


def versions(lab: Installation, tag: str) -> list[RecordVersion]:
    with lab.database.transactions.begin() as uow:
        return uow.records.versions(LAB.name, tag)


def test_a_file_becomes_versions_after_a_person_has_approved(lab: Installation) -> None:
    run = plan(lab, A)
    VALIDATOR.validate(lab.document(run))
    assert run.state is RunState.AWAITING_APPROVAL, run.detail
    assert not versions(lab, "T1")
    done = lab.apply(lab.approve(run))
    assert done.state is RunState.APPLIED, done.detail
    assert done.books is not None
    assert done.books["rows"]["applied"] == 3  # type: ignore[index,call-overload]  # its own form
    (version,) = versions(lab, "T2")
    assert dict(version.payload) == {"tag": "T2", "name": "Burner", "count": 5, "room": "R1"}
    assert (version.version, version.follows, version.hazcom_verified) == (1, None, False)


def test_in_shadow_mode_nothing_is_stored(lab: Installation) -> None:
    approval = replace(lab.tools.policy.approval, mode="shadow")
    lab.configure(policy=replace(lab.tools.policy, approval=approval))
    run = plan(lab, A)
    assert (run.state, run.reason) == (RunState.DISCARDED, "shadow")
    assert set(lab.statuses(run)) == {ActionStatus.NOT_APPROVED}
    with pytest.raises(Conflict, match="shadow mode"):
        lab.approve(run)
    assert not versions(lab, "T1")


def test_there_and_back_again_is_three_versions_and_the_same_twice_is_none(
    lab: Installation,
) -> None:
    for text in (A, B, A):
        assert sync(lab, text).state is RunState.APPLIED
    assert plan(lab, A).state is RunState.SKIPPED_UNCHANGED
    assert plan(lab, A, force=True).state is RunState.NO_CHANGES
    burner = versions(lab, "T2")
    assert [v.payload["count"] for v in burner] == [5, 6, 5]
    assert len({v.idempotency_key for v in burner}) == 3
    assert [v.follows for v in burner[1:]] == [v.idempotency_key for v in burner[:-1]]
    assert len(versions(lab, "T1")) == 1


def test_absence_retires_nothing_and_an_explicit_status_does(lab: Installation) -> None:
    sync(lab, A)
    assert plan(lab, HEADER + "T1,Scale,2,R1\n").state is RunState.NO_CHANGES
    retired = "Tag,Name,Count,Room,Record Status\nT1,Scale,2,R1,retired\n"
    run = plan(lab, retired)
    VALIDATOR.validate(lab.document(run))
    assert [a.action.kind for a in lab.actions(run)] == [Kind.RETIRE]
    lab.apply(lab.approve(run))
    assert [v.status for v in versions(lab, "T1")] == ["active", "retired"]


def test_a_column_that_the_file_lacks_says_nothing(lab: Installation) -> None:
    sync(lab, A)
    run = sync(lab, "Tag,Name,Count\nT1,Scale,3\n")
    assert run.counts["warnings"] == {}, "rules see the record as it would be stored"
    assert versions(lab, "T1")[-1].payload == {
        "tag": "T1", "name": "Scale", "count": 3, "room": "R1",
    }  # fmt: skip


def test_an_empty_column_says_more_than_one_that_is_missing(lab: Installation) -> None:
    sync(lab, A)
    sync(lab, "Tag,Name,Count\nT1,Scale,3\n")
    assert sync(lab, HEADER + "T1,Scale,3,\n").state is RunState.APPLIED
    assert versions(lab, "T1")[-1].payload == {"tag": "T1", "name": "Scale", "count": 3}


def test_rows_that_contradict_each_other_are_news_beside_an_unchanged_one(
    lab: Installation,
) -> None:
    sync(lab, HEADER + "T1,Scale,2,R1\n")
    run = plan(lab, HEADER + "T1,Scale,2,R1\nT2,Hood,1,R1\nT2,Hood,1,R2\n")
    assert (run.state, run.counts["quarantined"]) == (RunState.NO_CHANGES, 2)


def test_bad_rows_wait_in_quarantine_and_the_others_go_on(lab: Installation) -> None:
    run = sync(lab, HEADER + "T1,Scale,0,R1\nT2,Burner,500,R1\nT3,Hood,1,\nT4,Hood,x,R2\n")
    with lab.database.transactions.begin() as uow:
        found = {
            entry.source_id: sorted(v.code for v in entry.violations)
            for entry in uow.extracts.quarantine(run.id)
        }
    assert found == {
        "T1": ["LAB-COUNT"], "T2": ["LAB-MANY"], "T4": ["LAB-COUNT", "invalid_number"],
    }  # fmt: skip
    assert run.counts["warnings"] == {"LAB-ROOM": 1}
    assert [len(versions(lab, tag)) for tag in ("T1", "T2", "T3", "T4")] == [0, 0, 1, 0]


def test_a_row_twice_is_taken_once_and_two_that_differ_not_at_all(lab: Installation) -> None:
    run = sync(lab, HEADER + "T1,Scale,2,R1\nT1,Scale,2,R1\nT2,Hood,1,R1\nT2,Hood,1,R2\n")
    assert (run.counts["duplicate"], run.counts["quarantined"]) == (1, 2)
    assert [len(versions(lab, tag)) for tag in ("T1", "T2")] == [1, 0]


def test_a_sound_row_beside_a_bad_one_of_its_source_id_is_not_taken_either(
    lab: Installation,
) -> None:
    """Taken, it would settle the quarantined one, whose values nobody had looked at."""
    run = sync(lab, HEADER + "T1,Scale,2,R1\nT1,Scale,0,R1\nT2,Hood,1,R1\n")
    assert (run.counts["accepted"], run.counts["quarantined"]) == (1, 2)
    assert [len(versions(lab, tag)) for tag in ("T1", "T2")] == [0, 1]


def test_a_rule_that_rejects_refuses_the_whole_file(lab: Installation) -> None:
    run = plan(lab, HEADER + "T1,Scale,2,R1\nT2,TEST EXPORT,1,R1\n")
    assert (run.state, run.reason) == (RunState.REJECTED_INPUT, "LAB-TEST")
    assert "Nothing was planned" in (run.detail or "")


def test_a_newer_file_takes_nothing_from_one_that_still_waits(lab: Installation) -> None:
    first = plan(lab, A)
    second = plan(lab, HEADER + "T9,Lamp,1,R1\n")
    assert lab.run(first.id).state is RunState.AWAITING_APPROVAL
    for run in (second, first):
        assert lab.apply(lab.approve(run)).state is RunState.APPLIED
    assert versions(lab, "T1")
    assert versions(lab, "T9")


def test_two_plans_for_one_record_make_one_version_and_a_conflict(lab: Installation) -> None:
    first, second = plan(lab, A), plan(lab, B)
    lab.apply(lab.approve(second))
    late = lab.apply(lab.approve(first))
    assert late.state is RunState.APPLIED_WITH_ERRORS
    assert [v.payload["count"] for v in versions(lab, "T2")] == [6]
    conflicts = lab.actions(late, statuses=[ActionStatus.CONFLICT])
    assert [(c.action.person_key, c.outcome_code) for c in conflicts] == [("T2", "version_changed")]


def many(count: int) -> str:
    return HEADER + "".join(f"T{n:04},Scale,2,R1\n" for n in range(count))


def test_gates_hold_a_class_and_a_release_lets_it_through(lab: Installation) -> None:
    sync(lab, many(100))
    retired = "Tag,Name,Count,Room,Record Status\n"
    retired += "".join(f"T{n:04},Scale,2,R1,retired\n" for n in range(10))
    run = plan(lab, retired)
    assert run.state is RunState.HELD
    assert lab.plan_of(run).held_classes == ["removals"]


@pytest.mark.parametrize("moment", list(Moment))
def test_a_worker_that_dies_while_it_writes_leaves_nothing_half_done(
    lab: Installation, moment: Moment
) -> None:
    run = lab.approve(plan(lab, many(20)))
    lab.begin(run)
    lab.transactions.arm(2, moment)
    lab.workers.until_quiet()
    assert lab.workers.deaths == 1
    assert lab.run(run.id).state is RunState.APPLIED
    assert all(len(versions(lab, f"T{n:04}")) == 1 for n in range(20))


def test_the_audit_names_every_version_and_no_value(lab: Installation) -> None:
    run = sync(lab, A)
    with lab.database.transactions.begin() as uow:
        entries = [e.entry for e in uow.audit.entries(run_id=run.id)]
    of_records = [e for e in entries if '"type":"record"' in e]
    assert len(of_records) == 3
    assert not [e for e in entries if "Burner" in e]


def test_an_approval_may_take_some_records_and_leave_others(lab: Installation) -> None:
    run = lab.approve(plan(lab, A), select=Select(exclude=("T2",)))
    assert lab.apply(run).state is RunState.APPLIED
    assert [len(versions(lab, tag)) for tag in ("T1", "T2", "T3")] == [1, 0, 1]


def test_a_release_lets_through_what_a_gate_holds(lab: Installation) -> None:
    sync(lab, many(100))
    retired = "Tag,Name,Count,Room,Record Status\n"
    retired += "".join(f"T{n:04},Scale,2,R1,retired\n" for n in range(10))
    run = plan(lab, retired)
    with pytest.raises(Conflict, match="Nothing of this plan"):
        lab.approve(run)
    release = Release(action_class=ActionClass.REMOVALS, count=10, reason="building closed")
    assert lab.apply(lab.approve(run, release)).state is RunState.APPLIED
    assert versions(lab, "T0009")[-1].status == "retired"


def test_an_archive_of_a_governed_run_speaks_of_records(lab: Installation) -> None:
    run = sync(lab, HEADER + "T1,Scale,2,\nT2,Burner,0,R1\n")
    shelf = lab.tools.vault.archive(run.id)
    with shelf.open("exceptions/warnings.csv") as file:
        assert b'"LAB-ROOM"' in file.read()
    with shelf.open("report.html") as file:
        page = file.read().decode()
    assert "governed records" in page
    assert "ASCIP matches" not in page
