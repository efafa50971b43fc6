"""Taking a run of a governed feed back: former values as new versions, what it added is retired."""

from shared.domain.action import Kind
from shared.domain.record import RecordStatus
from shared.domain.reversal import LeftOutReason
from shared.domain.run import RunState
from shared.pipeline.explain_record import explain_record
from shared.pipeline.look import view_plan
from shared.pipeline.revert import revert
from shared.ports.views import PageOf
from tests.fakes.installation import APPROVER, Installation
from tests.fakes.lab import Lab
from tests.fakes.lab_feed import LAB
from tests.unit.pipeline.test_plan_schema import VALIDATOR

FIRST = "T1,Scale,2,R1\nT2,Burner,5,R1\nT3,Hood,1,R2\n"
SECOND = "T1,Scale,3,R1\nT2,Burner,6,R1\nT3,Hood,1,R2\nT4,Lamp,1,R2\nT5,Sink,1,R2\n"
THIRD = "T2,Burner,7,R1\nT5,Sink,2,R2\n"


def test_records_get_their_former_values_back_as_versions_of_their_own(
    engine: Installation,
) -> None:
    lab = Lab(engine)
    lab.sync(FIRST)
    run = lab.sync(SECOND)
    lab.sync(THIRD)
    run_id = revert(engine.tools, run.id, APPROVER, trigger="cli", mapping_text="")
    engine.workers.until_quiet()
    back = engine.run(run_id)
    assert back.state is RunState.AWAITING_APPROVAL, back.detail
    VALIDATOR.validate(engine.document(back))
    kinds = {a.action.person_key: a.action.kind for a in engine.actions(back)}
    assert kinds == {"T1": Kind.UPDATE, "T4": Kind.RETIRE}
    (group,) = view_plan(engine.tools, back.id).left_out
    assert (group.reason, group.count) == (LeftOutReason.CHANGED_SINCE, 2)
    assert [who.key for who in group.first] == ["T2", "T5"]
    back = lab.apply(back)
    assert back.state is RunState.APPLIED
    assert back.books is not None
    assert [version.payload["count"] for version in lab.versions("T1")] == [2, 3, 2]
    assert [version.status for version in lab.versions("T4")] == [
        RecordStatus.ACTIVE, RecordStatus.RETIRED,
    ]  # fmt: skip
    assert lab.versions("T4")[1].payload["name"] == "Lamp"
    assert lab.versions("T2")[-1].payload["count"] == 7
    for source_id in ("T1", "T9"):
        told = explain_record(engine.tools, (LAB.name, source_id), PageOf(limit=1)).runs.items[0]
        assert told.steps[0].words == (f"Reads no file: it takes {run.id} back.",)
    with engine.transactions.begin() as uow:
        assert not list(uow.records.reconcile(LAB.name))
    # Once more there is nothing to do; taking that back brings the lamp back into use.
    again = revert(engine.tools, run.id, APPROVER, trigger="cli", mapping_text="")
    engine.workers.until_quiet()
    assert engine.run(again).state is RunState.NO_CHANGES
    forth = revert(engine.tools, back.id, APPROVER, trigger="cli", mapping_text="")
    engine.workers.until_quiet()
    lab.apply(engine.run(forth))
    assert lab.versions("T4")[-1].status is RecordStatus.ACTIVE
    assert (
        lab.plan(SECOND.split("T5", maxsplit=1)[0], force=True).state is RunState.AWAITING_APPROVAL
    )


def test_what_is_taken_back_mends_nothing_in_quarantine(engine: Installation) -> None:
    lab = Lab(engine)
    lab.sync("T1,Scale,2,R1\n")
    run = lab.sync("T1,Scale,3,R1\n")
    lab.plan("T1,Scale,0,R1\n")
    opened = lab.record("T1")
    run_id = revert(engine.tools, run.id, APPROVER, trigger="cli", mapping_text="")
    engine.workers.until_quiet()
    lab.apply(engine.run(run_id))
    assert [version.payload["count"] for version in lab.versions("T1")] == [2, 3, 2]
    assert lab.get(opened.id).state is opened.state
