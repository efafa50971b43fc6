"""Taking a run back: the inverse of what it did, through the same gates and review."""

from shared.domain.action import ActionStatus, Kind
from shared.domain.run import RunState
from tests.fakes.installation import Installation
from tests.fakes.reversing import people, take_back, with_every_kind
from tests.unit.pipeline.test_plan_schema import VALIDATOR


def test_a_run_with_every_kind_is_taken_back(engine: Installation) -> None:
    extract = with_every_kind(engine)
    before = people(engine)
    run = engine.sync(extract)
    assert run.state is RunState.APPLIED
    assert {a.action.kind for a in engine.actions(run)} == set(Kind) - {Kind.RETIRE}
    back = take_back(engine, run)
    assert back.state is RunState.AWAITING_APPROVAL, (back.reason, back.detail)
    VALIDATOR.validate(engine.document(back))
    back = engine.apply(engine.approve(back))
    assert back.state is RunState.APPLIED, engine.statuses(back)
    assert set(engine.statuses(back)) == {ActionStatus.SUCCEEDED}
    after = people(engine)
    assert {i: after[i] for i in before} == before
    made = [after[i] for i in after.keys() - before.keys()]
    assert len(made) == 3
    assert all(p["status"] == "inactive" and not p["groupIds"] for p in made)
    assert not engine.simulator.done_twice()
