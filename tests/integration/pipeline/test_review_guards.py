"""What was not approved, or is no longer what was approved, writes nothing."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.domain.action import ActionClass, ActionStatus
from shared.domain.errors import Conflict
from shared.domain.review import Decision, Review, Select
from shared.domain.run import Run, RunState
from shared.pipeline.carry_out import apply_plan
from shared.pipeline.decide import decide
from tests.fakes.installation import OPERATOR, Installation


@pytest.fixture
def waiting(engine: Installation) -> Run:
    """A run whose plan waits for a review."""
    extract = engine.extract()
    extract.story()
    return engine.plan(extract)


def refusal(verb: Callable[[], object]) -> str:
    """The code of the refusal; its words say that nothing was written."""
    with pytest.raises(Conflict) as refused:
        verb()
    assert "Nothing was written" in str(refused.value)
    return refused.value.code


def test_a_stale_digest_is_refused_and_nothing_is_written(
    engine: Installation, waiting: Run
) -> None:
    shown = engine.plan_of(waiting).digest
    extract = engine.extract()
    extract.story()
    extract.rename(extract.ids[10:11])
    newer = engine.plan(extract)
    assert refusal(lambda: engine.approve(newer, digest=shown)) == "digest_mismatch"
    assert refusal(lambda: engine.approve(waiting)) == "plan_stale"
    engine.workers.until_quiet()
    assert not engine.simulator.writes()
    assert not engine.database.rows("SELECT * FROM review")


def test_a_plan_is_approved_once(engine: Installation, waiting: Run) -> None:
    engine.approve(waiting)
    assert refusal(lambda: engine.approve(waiting)) == "already_reviewed"
    assert len(engine.database.rows("SELECT * FROM review")) == 1


def test_a_plan_that_was_not_approved_cannot_be_applied(engine: Installation, waiting: Run) -> None:
    assert refusal(lambda: engine.apply(waiting)) == "not_approved"
    assert not engine.simulator.writes()


def insert_items(engine: Installation, run_id: str, plan_id: str) -> None:
    """What somebody with access to the database could do: items that name a plan's actions."""
    for kind in ("add", "update", "join", "leave", "deactivate"):
        rows = engine.database.rows(
            "SELECT id FROM action WHERE plan_id = :plan AND kind = :kind", plan=plan_id, kind=kind
        )
        chunk = {"plan_id": plan_id, "kind": kind, "ids": [row.id for row in rows]}
        engine.database.change(
            "INSERT INTO work_item (run_id, kind, chunk) VALUES (:run, 'apply', :chunk)",
            run=run_id, chunk=json.dumps(chunk),
        )  # fmt: skip


def test_items_by_hand_apply_nothing_of_a_plan_that_waits(
    engine: Installation, waiting: Run
) -> None:
    insert_items(engine, waiting.id, engine.plan_of(waiting).id)
    engine.workers.until_quiet()
    assert not engine.simulator.writes()
    assert engine.run(waiting.id).state is RunState.AWAITING_APPROVAL


def test_items_by_hand_apply_nothing_even_if_the_run_is_called_applying(
    engine: Installation, waiting: Run
) -> None:
    insert_items(engine, waiting.id, engine.plan_of(waiting).id)
    engine.database.change("UPDATE run SET state = 'applying' WHERE id = :id", id=waiting.id)
    engine.workers.round()
    assert not engine.simulator.writes()


def test_items_by_hand_apply_nothing_of_another_run_s_plan(
    engine: Installation, waiting: Run
) -> None:
    engine.database.change("UPDATE run SET feed = 'other' WHERE id = :id", id=waiting.id)
    extract = engine.extract()
    extract.rename(extract.ids[30:33])
    applying = engine.approve(engine.plan(extract))
    insert_items(engine, applying.id, engine.plan_of(waiting).id)
    engine.apply(applying)
    written = {e["path"] for e in engine.simulator.writes()}
    ours = {stored.ascip_id for stored in engine.actions(applying)}
    assert written == {f"/api/v1/people/{person_id}" for person_id in ours}


def test_items_by_hand_apply_nothing_that_the_review_left_out(
    engine: Installation, waiting: Run
) -> None:
    run = engine.approve(waiting, select=Select(classes=(ActionClass.UPDATES,)))
    insert_items(engine, run.id, engine.plan_of(run).id)
    run = engine.apply(run)
    assert {e["method"] for e in engine.simulator.writes()} == {"PUT"}
    assert engine.statuses(run)[ActionStatus.NOT_APPROVED] > 5
    assert run.state is RunState.APPLIED


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE action SET body = replace(body, 'Renamed', 'Altered') WHERE kind = 'update'",
        """UPDATE action SET body = replace(body, 'Renamed', 'Altered'),
             hash = encode(sha256(convert_to(replace(body, 'Renamed', 'Altered'), 'UTF8')), 'hex')
            WHERE kind = 'update'""",
        "DELETE FROM action WHERE position = 3",
        'UPDATE plan SET header = replace(header, \'"feed":"staff"\', \'"feed":"stuff"\')',
        "UPDATE plan SET digest = repeat('0', 64)",
    ],
    ids=["body", "body and its hash", "an action less", "header", "digest"],
)
def test_a_plan_that_somebody_has_changed_is_refused(
    engine: Installation, waiting: Run, tampering: str
) -> None:
    run = engine.approve(waiting)
    assert engine.database.change(tampering) > 0
    assert refusal(lambda: engine.apply(run)) == "plan_tampered"
    engine.workers.until_quiet()
    assert not engine.simulator.writes()


def test_another_configuration_after_the_approval_is_refused(
    engine: Installation, waiting: Run
) -> None:
    run = engine.approve(waiting)
    policy = engine.tools.policy
    approval = replace(policy.approval, plan_ttl_h=1)
    engine.configure(policy=replace(policy, approval=approval))
    assert refusal(lambda: engine.apply(run)) == "plan_stale"
    assert not engine.simulator.writes()


def test_another_engine_after_the_approval_is_refused(engine: Installation, waiting: Run) -> None:
    run = engine.approve(waiting)
    engine.configure(engine_version="9.9.9")
    assert refusal(lambda: engine.apply(run)) == "plan_stale"


def test_another_mapping_after_the_approval_is_refused(engine: Installation, waiting: Run) -> None:
    run = engine.approve(waiting)
    plan = engine.plan_of(run)
    changed = "e" * 64
    applied = lambda: apply_plan(engine.tools, plan.id, OPERATOR, mapping=lambda: changed)  # noqa: E731
    assert refusal(applied) == "plan_stale"
    assert not engine.simulator.writes()


def test_an_expired_plan_is_refused(engine: Installation, waiting: Run) -> None:
    run = engine.approve(waiting)
    engine.database.change("UPDATE plan SET expires_at = now() - interval '1 second'")
    assert refusal(lambda: engine.apply(run)) == "plan_expired"
    assert not engine.simulator.writes()


def test_a_worker_with_another_configuration_plans_nothing(engine: Installation) -> None:
    """The run's hash would name limits that were not the ones judged by."""
    extract = engine.extract()
    extract.story()
    run_id = engine.land(extract)
    policy = engine.tools.policy
    engine.configure(policy=replace(policy, timezone="Asia/Tokyo"))
    engine.workers.until_quiet()
    run = engine.run(run_id)
    assert (run.state, run.reason) == (RunState.FAILED, "config_changed")
    assert not engine.database.rows("SELECT * FROM record"), "the extract was not even read"


def test_with_four_eyes_neither_starter_nor_author_of_the_mapping_approves(
    engine: Installation,
) -> None:
    approval = replace(engine.tools.policy.approval, four_eyes=True)
    engine.configure(policy=replace(engine.tools.policy, approval=approval))
    extract = engine.extract()
    extract.story()
    run = engine.plan(extract)
    plan = engine.plan_of(run)
    review = Review(decision=Decision.APPROVE, plan_digest=plan.digest)
    with pytest.raises(Conflict) as refused:
        decide(engine.tools, plan.id, review, OPERATOR)
    assert refused.value.code == "four_eyes"
    engine.database.change("UPDATE run SET actor = 'user:somebody'")
    with pytest.raises(Conflict) as refused:
        decide(engine.tools, plan.id, review, OPERATOR)
    assert refused.value.code == "four_eyes"
    assert engine.approve(run).state is RunState.APPROVED
    assert engine.simulator.writes() == []
