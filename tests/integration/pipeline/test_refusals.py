"""Who asks for what may not be done with a plan is refused and noted, and nothing is written."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy.exc import DatabaseError

from shared.domain.access import Scope
from shared.domain.audit import SYSTEM, Actor, ActorType
from shared.domain.errors import Conflict
from shared.domain.review import Decision, Review
from shared.domain.run import Run, RunState
from shared.pipeline import access
from shared.pipeline.carry_out import apply_plan, go_on_with
from shared.pipeline.decide import decide
from tests.fakes.installation import APPROVER, OPERATOR, Installation


@pytest.fixture
def waiting(engine: Installation) -> Run:
    """A run whose plan waits for a review."""
    extract = engine.extract()
    extract.story()
    return engine.plan(extract)


def two_persons(engine: Installation) -> None:
    """Before anything is planned: it is part of the configuration that a plan names."""
    approval = replace(engine.tools.policy.approval, four_eyes=True)
    engine.configure(policy=replace(engine.tools.policy, approval=approval))


def approve(engine: Installation, run: Run, actor: Actor = APPROVER) -> None:
    plan = engine.plan_of(run)
    decide(engine.tools, plan.id, Review(decision=Decision.APPROVE, plan_digest=plan.digest), actor)


def refused(verb: Callable[[], object]) -> str:
    with pytest.raises(Conflict, match="Nothing was written") as refusal:
        verb()
    return refusal.value.code


def noted(engine: Installation) -> list[tuple[str, str, str, str | None]]:
    """Who was refused what, why and why that, in the order of the audit."""
    rows = engine.database.rows(
        "SELECT actor, entry FROM audit_entry WHERE verb = 'plan.refused' ORDER BY sequence"
    )
    told = [(row.actor, json.loads(row.entry)["detail"]) for row in rows]
    return [(actor, d["asked"], d["code"], d.get("reason")) for actor, d in told]


def forge(engine: Installation, run_id: str, plan_id: str) -> None:
    """What somebody with access to the database could do: an item that names all of a plan's actions."""
    actions = engine.database.rows("SELECT id FROM action WHERE plan_id = :plan", plan=plan_id)
    chunk = {"plan_id": plan_id, "kind": "update", "ids": [row.id for row in actions]}
    engine.database.change(
        "INSERT INTO work_item (run_id, kind, chunk) VALUES (:run, 'apply', :chunk)",
        run=run_id, chunk=json.dumps(chunk),
    )  # fmt: skip


def test_what_may_not_be_done_with_a_plan_is_refused_and_noted(engine: Installation) -> None:
    """One plan from its making to the one that takes its place; most of the time goes into planning."""
    two_persons(engine)
    extract = engine.extract()
    extract.story()
    run = engine.plan(extract)
    plan = engine.plan_of(run)
    assert refused(lambda: approve(engine, run, OPERATOR)) == "four_eyes"
    assert refused(lambda: engine.approve(run, digest="0" * 64)) == "digest_mismatch"
    assert refused(lambda: apply_plan(engine.tools, plan.id, OPERATOR)) == "not_approved"
    forge(engine, run.id, plan.id)
    engine.workers.until_quiet()
    assert engine.run(run.id).state is RunState.AWAITING_APPROVAL
    approve(engine, run)
    assert refused(lambda: approve(engine, run)) == "already_reviewed"
    go_on = lambda: go_on_with(  # noqa: E731
        engine.tools, run.id, OPERATOR, states=(), mapping=lambda: run.mapping_sha256
    )
    assert refused(go_on) == "wrong_state"
    extract.rename(extract.ids[10:11])
    engine.plan(extract)
    assert refused(lambda: approve(engine, run)) == "plan_stale"
    assert refused(lambda: apply_plan(engine.tools, plan.id, OPERATOR)) == "plan_stale"
    assert noted(engine) == [
        ("user:olga", "approve", "four_eyes", None),
        ("user:anna", "approve", "digest_mismatch", None),
        ("user:olga", "apply", "not_approved", None),
        ("system", "apply", "not_approved", None),
        ("user:anna", "approve", "already_reviewed", None),
        ("user:olga", "apply", "wrong_state", None),
        ("user:anna", "approve", "plan_stale", "superseded"),
        ("user:olga", "apply", "plan_stale", "superseded"),
    ]
    assert len(engine.database.rows("SELECT FROM review")) == 1
    assert not engine.simulator.writes()


def test_a_run_that_applies_goes_on_after_items_that_are_not_its_own(
    engine: Installation, waiting: Run
) -> None:
    engine.database.change("UPDATE run SET feed = 'other' WHERE id = :id", id=waiting.id)
    extract = engine.extract()
    extract.rename(extract.ids[30:33])
    applying = engine.approve(engine.plan(extract))
    engine.begin(applying)
    # Worked on after all that is its own: nobody else would end the run.
    forge(engine, applying.id, engine.plan_of(waiting).id)
    forge(engine, applying.id, "pln_none")
    engine.workers.until_quiet()
    assert engine.run(applying.id).state is RunState.APPLIED
    assert {e["method"] for e in engine.simulator.writes()} == {"PUT"}
    assert len(engine.simulator.writes()) == 3
    assert noted(engine) == [("system", "apply", "not_approved", None)]
    assert engine.database.value("SELECT count(*) FROM work_item WHERE state = 'dead'") == 2


def program_of(engine: Installation, maker: Actor) -> Actor:
    """A service key that somebody has made, as who it acts."""
    wanted = access.NewKey(name="HR", scopes=(Scope.RUNS_WRITE,))
    key, _ = access.create_key(engine.tools, wanted, maker)
    return Actor(ActorType.KEY, key.id)


def store_review(engine: Installation, run: Run, actor: object, *, four_eyes: bool = True) -> None:
    """Past the code that asks first."""
    plan = engine.plan_of(run)
    review = Review(decision=Decision.APPROVE, plan_digest=plan.digest)
    with engine.database.transactions.begin() as uow:
        uow.plans.add_review("rev_1", plan.id, review, str(actor), four_eyes=four_eyes)


def test_whoever_is_behind_a_run_or_its_mapping_is_no_second_person(
    engine: Installation,
) -> None:
    """The code says so, and a trigger says so to whoever goes past it."""
    two_persons(engine)
    extract = engine.extract()
    extract.story()
    run = engine.plan(extract)
    carl, program = Actor(ActorType.USER, "carl"), program_of(engine, Actor(ActorType.USER, "Carl"))
    makers = [(carl, SYSTEM), (SYSTEM, carl), (Actor(ActorType.USER, "CARL"), SYSTEM)]
    for starter, author in [*makers, (program, SYSTEM), (SYSTEM, program)]:
        engine.database.change("UPDATE run SET actor = :actor", actor=str(starter))
        engine.database.change("UPDATE mapping_version SET author = :actor", actor=str(author))
        assert refused(lambda: approve(engine, run, carl)) == "four_eyes", (starter, author)
        with pytest.raises(DatabaseError, match="four eyes"):
            store_review(engine, run, carl)
    approve(engine, run, APPROVER)
    for statement in ("UPDATE review SET actor = 'user:carl'", "DELETE FROM review"):
        with pytest.raises(DatabaseError, match="append-only"):
            engine.database.change(statement)


def test_a_review_that_was_slipped_in_applies_nothing_with_four_eyes(engine: Installation) -> None:
    two_persons(engine)
    extract = engine.extract()
    extract.story()
    run = engine.plan(extract)
    with pytest.raises(DatabaseError, match="digest"):
        engine.database.change(
            "INSERT INTO review (id, plan_id, plan_digest, decision, body, actor)"
            " SELECT 'rev_0', id, repeat('0', 64), 'approve', '{}', 'user:anna' FROM plan"
        )
    store_review(engine, run, OPERATOR, four_eyes=False)
    engine.database.change("UPDATE run SET state = 'approved'")
    plan_id = engine.plan_of(run).id
    assert refused(lambda: apply_plan(engine.tools, plan_id, APPROVER)) == "four_eyes"
    assert noted(engine) == [("user:anna", "apply", "four_eyes", None)]
    assert not engine.simulator.writes()


def test_what_a_rule_approves_needs_no_second_person(engine: Installation) -> None:
    """The run is the schedule's, so is the approval: nobody approves their own. Slow: two whole runs."""
    first = engine.extract()
    first.rename(first.ids[:1])
    engine.sync(first)
    approval = replace(engine.tools.policy.approval, four_eyes=True, mode="over_limits")
    engine.configure(policy=replace(engine.tools.policy, approval=approval))
    first.rename(first.ids[1:2])
    run_id = engine.land(first)
    engine.database.change("UPDATE run SET actor = 'system' WHERE id = :id", id=run_id)
    engine.workers.until_quiet()
    run = engine.run(run_id)
    assert run.state is RunState.APPROVED
    assert engine.apply(run).state is RunState.APPLIED
    query = (
        "SELECT entry FROM audit_entry WHERE verb = 'plan.reviewed' ORDER BY sequence DESC LIMIT 1"
    )
    told = json.loads(engine.database.value(query))["detail"]
    assert (told["rule"], told["four_eyes"]) == ("over_limits", True)
