"""Quarantined records of a governed feed come back once: mended, confirmed, or not at all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy.exc import DBAPIError

from shared.domain.errors import Conflict
from shared.domain.remediation import QuarantineState, ResubmissionOutcome
from shared.domain.review import Decision, Review
from shared.domain.run import RunState
from shared.pipeline.decide import decide
from shared.pipeline.look_at_quarantine import view_record
from shared.pipeline.remediate import assign, attest, close, comment
from tests.fakes.installation import APPROVER, OPERATOR, Installation
from tests.fakes.lab import KIM, LEE, Lab
from tests.fakes.lab_feed import LAB

_S = QuarantineState


@pytest.fixture
def lab(engine: Installation) -> Lab:
    return Lab(engine)


def four_eyes(lab: Lab) -> None:
    policy = lab.engine.tools.policy
    approval = replace(policy.approval, four_eyes=True)
    lab.engine.configure(policy=replace(policy, approval=approval))


def test_a_mended_record_comes_back_once_and_is_linked(lab: Lab) -> None:
    lab.sync("T1,Scale,0,R1\nT2,Hood,0,R1\nT3,Lamp,1,R1\n")
    bad = lab.record("T1")
    assert (bad.state, bad.owner, bad.supersedes) == (_S.NEW, None, None)
    assign(lab.engine.tools, [bad.id], "kim", KIM)
    run = lab.resubmit("T1,Scale,2,R1\n", bad.id)
    assert lab.get(bad.id).state is _S.RESUBMITTED
    assert lab.resubmit("T1,Scale,2,R1\n", bad.id).id == run.id, "the same file is the same run"
    lab.apply(run)
    done = lab.get(bad.id)
    (version,) = lab.versions("T1")
    assert (done.state, done.resolved_run) == (_S.RESOLVED, run.id)
    assert done.resolved_key == version.idempotency_key != done.idempotency_key
    assert lab.outcomes(run) == {bad.id: ResubmissionOutcome.RESOLVED}
    assert lab.timeline(bad.id) == ["opened", "assigned", "resubmitted", "resolved"]
    assert lab.states()["T2"] is _S.NEW
    with pytest.raises(Conflict, match="is resolved"):
        lab.resubmit("T1,Scale,2,R1\n", bad.id)
    assert lab.plan("T1,Scale,2,R1\n", force=True).state is RunState.NO_CHANGES
    assert len(lab.versions("T1")) == 1


def test_what_is_still_wrong_takes_the_place_of_what_it_was_to_mend(lab: Lab) -> None:
    lab.plan("T1,Scale,0,R1\nT2,Hood,0,R1\nT3,Lamp,0,R1\n")
    bad, other, gone = (lab.record(tag) for tag in ("T1", "T2", "T3"))
    assign(lab.engine.tools, [bad.id, gone.id], "lee", KIM)
    lab.engine.clock.go_on(days=3)
    run = lab.resubmit("T1,Scale,-1,R1\nT2,Hood,500,R1\n", bad.id, other.id, gone.id)
    assert run.state is RunState.NO_CHANGES
    again = lab.record("T1")
    assert (again.state, again.owner, again.due_on) == (_S.REGRESSED, "lee", bad.due_on)
    assert again.supersedes == bad.id
    assert again.idempotency_key != bad.idempotency_key
    old = lab.get(bad.id)
    assert (old.state, old.closed_reason) == (_S.CLOSED, "superseded")
    assert old.superseded_by == again.id
    assert lab.record("T2").state is _S.NEW, "another code"
    assert lab.get(gone.id).state is _S.ASSIGNED, "as it was"
    assert lab.outcomes(run) == {
        bad.id: ResubmissionOutcome.REGRESSED, other.id: ResubmissionOutcome.OTHER_CODES,
        gone.id: ResubmissionOutcome.NOT_IN_FILE,
    }  # fmt: skip
    assert lab.timeline(again.id) == [
        "opened", "assigned", "resubmitted", "superseded", "opened",
    ]  # fmt: skip


def test_a_warning_that_comes_again_is_no_fault_that_does(lab: Lab) -> None:
    lab.plan("T1,Scale,0,\n")
    bad = lab.record("T1")
    run = lab.resubmit("T1,Scale,500,\n", bad.id)
    assert lab.record("T1").state is _S.NEW
    assert lab.outcomes(run) == {bad.id: ResubmissionOutcome.OTHER_CODES}


def test_a_plan_that_is_discarded_gives_the_record_back(lab: Lab) -> None:
    lab.plan("T1,Scale,0,R1\n")
    bad = lab.record("T1")
    run = lab.resubmit("T1,Scale,2,R1\n", bad.id)
    plan = lab.engine.plan_of(run)
    review = Review(decision=Decision.DISCARD, plan_digest=plan.digest)
    decide(lab.engine.tools, plan.id, review, APPROVER)
    lab.engine.workers.until_quiet()
    assert lab.get(bad.id).state is _S.NEW
    assert lab.outcomes(run) == {bad.id: ResubmissionOutcome.NOT_APPLIED}


def test_the_same_file_once_more_is_no_news_and_another_with_the_same_fault_is(lab: Lab) -> None:
    rows = "T1,Scale,0,R1\n,Scale,1,R1\n,Scale,1,R1\n"
    lab.plan(rows)
    first = lab.record("T1")
    assign(lab.engine.tools, [first.id], "kim", KIM)
    lab.plan(rows, force=True)
    assert lab.record("T1").state is _S.ASSIGNED
    assert lab.record("T1").supersedes == first.id
    assert len(lab.records()) == 2, "a row without an id is known by what it says"
    lab.plan("T1,Scale,0,R2\n")
    assert (lab.record("T1").state, lab.record("T1").owner) == (_S.REGRESSED, "kim")


def test_a_file_that_was_applied_before_is_read_again_while_its_records_wait(lab: Lab) -> None:
    good = "T1,Scale,2,R1\n"
    lab.sync(good)
    lab.plan("T1,Scale,0,R1\nT2,Hood,1,R1\n")
    assert lab.plan(good).state is RunState.NO_CHANGES
    assert lab.record("T1").state is _S.RESOLVED
    assert lab.plan(good).state is RunState.SKIPPED_UNCHANGED, "nothing waits for it any more"


def test_a_run_whose_plan_can_not_be_applied_any_more_is_not_under_way(lab: Lab) -> None:
    lab.plan("T1,Scale,0,R1\n")
    bad = lab.record("T1")
    late = lab.resubmit("T1,Scale,2,R1\n", bad.id)
    lab.engine.database.change("UPDATE plan SET expires_at = now() - interval '1 hour'")
    again = lab.resubmit("T1,Scale,2,R1\n", bad.id)
    assert again.id != late.id
    lab.apply(again)
    assert lab.get(bad.id).resolved_run == again.id


def test_of_rows_that_contradict_each_other_the_last_stands_for_all(lab: Lab) -> None:
    run = lab.plan("T1,Scale,1,R1\nT1,Scale,2,R1\nT1,Scale,3,R1\n")
    assert run.counts["quarantined"] == 3
    (last,) = lab.records()
    assert (last.row, last.codes, last.state) == (3, ["conflict"], _S.NEW)
    assert len(lab.records(superseded=True)) == 3


@pytest.mark.slow
def test_a_confirmed_record_passes_and_what_stands_beside_it_is_left_alone(lab: Lab) -> None:
    """Slow: five runs, two of them before the record is confirmed and two after."""
    four_eyes(lab)
    lab.sync("T1,Scale,500,R1\nT2,Hood,1,R1\n")
    lab.sync("T2,Hood,7,R1\n")
    odd = lab.record("T1")
    with pytest.raises(Conflict) as refused:
        attest(lab.engine.tools, odd.id, "LAB-MANY", "counted", OPERATOR)
    assert refused.value.code == "four_eyes"
    sent = attest(lab.engine.tools, odd.id, "LAB-MANY", "counted them twice", KIM)
    lab.engine.workers.until_quiet()
    run = lab.engine.run(sent.resubmitted_run or "")
    assert (run.trigger, run.actor, run.state) == ("attest", "user:kim", RunState.AWAITING_APPROVAL)
    assert run.counts["excluded"] == 1
    lab.apply(run)
    assert lab.get(odd.id).state is _S.RESOLVED
    assert [v.payload["count"] for v in lab.versions("T1")] == [500]
    assert [v.payload["count"] for v in lab.versions("T2")] == [1, 7], "not what the old file said"
    assert lab.plan("T1,Scale,500,R1\n").counts["quarantined"] == 0, "it stands for this payload"
    assert lab.plan("T1,Scale,501,R1\n").counts["quarantined"] == 1, "and for no other"
    entries = lab.engine.database.dump("audit_entry")
    assert "quarantine.attested" in entries
    assert "counted them twice" not in entries


def test_the_database_itself_refuses_the_eyes_of_who_sent_it(lab: Lab) -> None:
    lab.plan("T1,Scale,0,R1\n")
    bad = lab.record("T1")
    lab.resubmit("T1,Scale,500,R1\n", bad.id, actor=KIM)
    odd = lab.record("T1")
    insert = (
        "INSERT INTO attestation (quarantine_id, feed, source_id, payload_hash, code, actor, reason,"
        " four_eyes) VALUES (:id, :feed, 'T1', :hash, 'LAB-MANY', :actor, 'r', :eyes)"
    )
    known = {"id": odd.id, "feed": odd.feed, "hash": odd.payload_hash}
    with pytest.raises(DBAPIError, match="four eyes"):
        lab.engine.database.change(insert, **known, actor="user:kim", eyes=True)
    assert lab.engine.database.change(insert, **known, actor="user:lee", eyes=True)
    with pytest.raises(DBAPIError, match="append-only"):
        lab.engine.database.change("UPDATE attestation SET actor = 'user:kim'")
    with pytest.raises(DBAPIError, match="append-only"):
        lab.engine.database.change("DELETE FROM attestation")


def test_nobody_confirms_what_only_the_source_can_mend(lab: Lab) -> None:
    lab.plan("T1,Scale,0,R1\nT2,Hood,500,R1\n,Lamp,500,R1\n")
    records = {record.source_id: record.id for record in lab.records()}
    for source_id, code, words in (
        ("T1", "LAB-COUNT", "nothing of record"),
        ("T2", "LAB-ROOM", "nothing of record"),
        (None, "LAB-MANY", "only the source can mend"),
    ):
        with pytest.raises(Conflict, match=words):
            attest(lab.engine.tools, records[source_id], code, "seen", KIM)
    assert not lab.engine.database.rows("SELECT * FROM attestation")


def test_of_two_people_at_once_one_is_first(lab: Lab) -> None:
    lab.plan("T1,Scale,500,R1\nT2,Hood,500,R1\n")
    tools, odd, other = lab.engine.tools, lab.record("T1").id, lab.record("T2").id

    def tried(act: Callable[[], object]) -> str:
        try:
            act()
        except Conflict as error:
            return error.code
        return "done"

    with ThreadPoolExecutor() as both:
        attesting = [partial(attest, tools, odd, "LAB-MANY", "counted", who) for who in (KIM, LEE)]
        assert sorted(both.map(tried, attesting)) == ["done", "wrong_state"]
        closing = [partial(close, tools, other, "gone", who) for who in (KIM, LEE)]
        assert sorted(both.map(tried, closing)) == ["done", "wrong_state"]
    assert lab.engine.database.value("SELECT count(*) FROM run WHERE trigger = 'attest'") == 1
    assert lab.engine.database.value("SELECT count(*) FROM attestation") == 1


def test_a_closed_record_keeps_its_reason_and_comes_back_with_its_source_id(lab: Lab) -> None:
    lab.plan("T1,Scale,0,R1\n")
    bad = lab.record("T1")
    with pytest.raises(Conflict, match="no reason"):
        close(lab.engine.tools, bad.id, "  ", KIM)
    close(lab.engine.tools, bad.id, "the scale was sold", KIM)
    comment(lab.engine.tools, bad.id, "see the ledger", LEE)
    assert lab.get(bad.id).closed_reason == "the scale was sold"
    assert lab.timeline(bad.id) == ["opened", "closed", "commented"]
    lab.plan("T1,Scale,0,R2\n")
    back = lab.record("T1")
    assert (back.state, back.supersedes, back.owner) == (_S.REGRESSED, bad.id, None)
    assert lab.get(bad.id).closed_reason == "the scale was sold"


def test_an_older_file_that_is_applied_late_mends_nothing(lab: Lab) -> None:
    waiting = lab.plan("T1,Scale,2,R1\n")
    lab.plan("T1,Scale,0,R1\n")
    lab.apply(waiting)
    assert lab.record("T1").state is _S.NEW
    lab.plan("T1,Scale,2,R1\n", force=True)
    assert lab.record("T1").state is _S.RESOLVED, "found unchanged"
    assert lab.record("T1").resolved_key == lab.versions("T1")[0].idempotency_key


def test_values_are_read_again_and_those_of_people_are_masked(lab: Lab) -> None:
    fields = tuple(replace(f, personal=f.name == "name") for f in LAB.fields)
    lab.engine.configure(feeds={LAB.name: replace(LAB, fields=fields)})
    lab.plan("T0,Scale,1,R1\nT1,Kim's scale,0,R1\n")
    view = view_record(lab.engine.tools, lab.record("T1").id)
    assert view.values == {"tag": "T1", "name": "***", "count": "0", "room": "R1"}
    for stored in lab.engine.folder.rglob("upl_*"):
        if stored.is_file():
            stored.unlink()
    assert view_record(lab.engine.tools, lab.record("T1").id).values is None


def test_all_are_assigned_or_none(lab: Lab) -> None:
    lab.plan("T1,Scale,0,R1\nT2,Hood,0,R1\n")
    first, second = lab.record("T1"), lab.record("T2")
    close(lab.engine.tools, second.id, "gone", KIM)
    with pytest.raises(Conflict, match="is closed"):
        assign(lab.engine.tools, [first.id, second.id], "kim", KIM)
    assert lab.get(first.id).owner is None
    assign(lab.engine.tools, [first.id, first.id], "kim", KIM)
    assert lab.timeline(first.id) == ["opened", "assigned"], "once, though it is named twice"
