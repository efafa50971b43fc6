"""Plans are stored whole and to the byte, and only what was approved can be intended."""

import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy.exc import IntegrityError

from shared.domain.action import Action, ActionClass, ActionStatus, HeldReason, Kind
from shared.domain.canonical import sha256
from shared.domain.errors import Conflict, NotFound
from shared.domain.plan import Plan, digest
from shared.domain.review import Decision, Review
from shared.domain.run import RunState
from shared.ports.plans import ActionFilter
from shared.ports.target import Outcome, OutcomeStatus
from tests.fakes.database import Database
from tests.integration.db.conftest import GaveUpError, add_run, make_plan, some_actions

SavePlan = Callable[..., Plan]
Statuses = Callable[[str], dict[str, ActionStatus]]
PLAN = "pln_run_1"


def test_five_thousand_actions_come_back_byte_for_byte(
    database: Database, run_id: str, save_plan: SavePlan
) -> None:
    began = time.monotonic()
    plan = save_plan(run_id, 5000)
    with database.transactions.begin() as uow:
        stored = uow.plans.get(PLAN)
        hashes = list(uow.plans.hashes(PLAN))
        actions = [s.action for s in uow.plans.actions(PLAN, ActionFilter())]
    assert time.monotonic() - began < 30, "bulk, not one by one"
    assert [a.body_bytes for a in actions] == [a.body_bytes for a in plan.actions]
    assert actions == list(plan.actions), "the envelope too"
    assert sorted(hash_ for _, hash_ in hashes) == sorted(a.hash for a in plan.actions)
    assert all(sha256(body.encode()) == hash_ for body, hash_ in hashes)
    assert stored.header == plan.header
    assert digest(stored.header, (hash_ for _, hash_ in hashes)) == plan.digest == stored.digest


def test_filters_narrow(database: Database, run_id: str, save_plan: SavePlan) -> None:
    plan = save_plan(run_id, 30)
    with database.transactions.begin() as uow:

        def found(**wanted: object) -> list[str]:
            chosen = uow.plans.actions(PLAN, ActionFilter(**wanted))  # type: ignore[arg-type]  # its fields
            return [s.action.id for s in chosen]

        ids = [a.id for a in plan.actions]
        held = [a.id for a in plan.actions if a.hold]
        assert found() == ids
        assert found(statuses=[ActionStatus.HELD]) == found(holds=[HeldReason.GATE]) == held
        assert found(kinds=[Kind.JOIN]) == []
        assert found(classes=[ActionClass.ADDS, ActionClass.UPDATES]) == ids
        assert found(people=["E00003", "E00004"]) == ids[3:5]


def test_statuses_are_set_for_many_and_only_in_this_plan(
    database: Database, run_id: str, save_plan: SavePlan, statuses: Statuses
) -> None:
    plan = save_plan(run_id)
    add_run(database, "run_2")
    save_plan("run_2")
    chosen = {a.id: ActionStatus.NOT_APPROVED for a in plan.actions[:7]}
    with database.transactions.begin() as uow:
        uow.plans.set_statuses(PLAN, {**chosen, "act_unknown": ActionStatus.PLANNED})
        assert uow.plans.status_counts(PLAN)[ActionStatus.NOT_APPROVED] == 7
    assert ActionStatus.NOT_APPROVED not in statuses("pln_run_2").values()


@pytest.mark.parametrize(
    "status",
    [s for s in ActionStatus if s not in ("planned", "attempting", "unknown")],
)
def test_only_open_actions_can_be_intended(
    database: Database,
    run_id: str,
    save_plan: SavePlan,
    statuses: Statuses,
    item_id: int,
    status: ActionStatus,
) -> None:
    open_, closed = save_plan(run_id).actions[:2]
    with database.transactions.begin() as uow:
        uow.plans.set_statuses(PLAN, {closed.id: status})
        attempts = uow.plans.intend(PLAN, [open_.id, closed.id, "act_unknown"], item_id)
    assert [(a.action, a.retry) for a in attempts] == [(open_, False)]
    assert statuses(PLAN)[closed.id] is status
    assert statuses(PLAN)[open_.id] is ActionStatus.ATTEMPTING


def test_an_open_intent_is_a_retry_and_keeps_its_time(
    database: Database, run_id: str, save_plan: SavePlan, item_id: int
) -> None:
    (action, *_rest) = save_plan(run_id).actions
    intended = "SELECT intent_at, attempts FROM action WHERE id = :id"
    with database.transactions.begin() as uow:
        uow.plans.intend(PLAN, [action.id], item_id)
    (first,) = database.rows(intended, id=action.id)
    with database.transactions.begin() as uow:
        (again,) = uow.plans.intend(PLAN, [action.id], item_id)
    (second,) = database.rows(intended, id=action.id)
    assert again.retry
    assert (second.intent_at, second.attempts) == (first.intent_at, 2)


def test_a_plan_that_nobody_approved_cannot_be_intended(
    database: Database, run_id: str, save_plan: SavePlan, statuses: Statuses, item_id: int
) -> None:
    plan = save_plan(run_id, approved=False)
    with database.transactions.begin() as uow:
        assert uow.plans.intend(PLAN, [a.id for a in plan.actions], item_id) == []
    assert ActionStatus.ATTEMPTING not in statuses(PLAN).values()


def test_a_run_s_work_item_cannot_intend_another_run_s_plan(
    database: Database, run_id: str, save_plan: SavePlan, item_id: int
) -> None:
    save_plan(run_id)
    add_run(database, "run_2", RunState.AWAITING_APPROVAL)
    other = save_plan("run_2")
    with database.transactions.begin() as uow:
        assert uow.plans.intend("pln_run_2", [a.id for a in other.actions], item_id) == []


def test_only_attempting_actions_take_an_outcome(
    database: Database, run_id: str, save_plan: SavePlan, statuses: Statuses, item_id: int
) -> None:
    plan = save_plan(run_id)
    intended, *others = plan.actions

    def record(status: OutcomeStatus, ids: list[str]) -> list[str]:
        outcomes = [Outcome(action_id=id_, status=status, ascip_id=7) for id_ in ids]
        with database.transactions.begin() as uow:
            recorded = uow.plans.record(PLAN, outcomes, max_attempts=5)
        return [stored.action.id for stored in recorded]

    with database.transactions.begin() as uow:
        uow.plans.intend(PLAN, [intended.id], item_id)
    before = {id_: s for id_, s in statuses(PLAN).items() if id_ != intended.id}
    everything = [a.id for a in plan.actions]
    assert record(OutcomeStatus.SUCCEEDED, everything) == [intended.id]
    assert record(OutcomeStatus.FAILED, everything) == [], "an outcome is recorded once"
    after = statuses(PLAN)
    assert after.pop(intended.id) is ActionStatus.SUCCEEDED
    assert after == before
    assert len(others) == len(after)


@pytest.mark.parametrize(("attempts", "status"), [(4, "planned"), (5, "failed")])
def test_a_transient_outcome_is_planned_again_until_its_attempts_are_used_up(
    database: Database,
    run_id: str,
    save_plan: SavePlan,
    item_id: int,
    attempts: int,
    status: str,
) -> None:
    (action, *_rest) = save_plan(run_id).actions
    transient = Outcome(action_id=action.id, status=OutcomeStatus.TRANSIENT, code="timeout")
    for _ in range(attempts):
        with database.transactions.begin() as uow:
            uow.plans.intend(PLAN, [action.id], item_id)
            (stored,) = uow.plans.record(PLAN, [transient], max_attempts=5)
    assert stored.status.value == status


def test_a_refused_key_is_never_an_attempt(
    database: Database, run_id: str, save_plan: SavePlan, item_id: int
) -> None:
    """Five pauses for a key that isn't good yet must not mark anything failed."""
    unsent, unseen = save_plan(run_id).actions[:2]
    outcomes = [
        Outcome(action_id=unsent.id, status=OutcomeStatus.TRANSIENT, code="key_refused"),
        Outcome(action_id=unseen.id, status=OutcomeStatus.UNKNOWN, code="key_refused"),
    ]
    for _ in range(6):
        with database.transactions.begin() as uow:
            assert len(uow.plans.intend(PLAN, [unsent.id, unseen.id], item_id)) == 2
            stored = uow.plans.record(PLAN, outcomes, max_attempts=5)
    assert [(s.status.value, s.attempts) for s in stored] == [("planned", 0), ("unknown", 0)]
    with database.transactions.begin() as uow:
        due = [id_ for id_, _ in uow.plans.due_ids(PLAN, Kind.ADD, max_attempts=5)]
    assert {unsent.id, unseen.id} <= set(due)


def test_a_refused_key_after_four_attempts_is_not_the_last_one(
    database: Database, run_id: str, save_plan: SavePlan, item_id: int
) -> None:
    (action, *_rest) = save_plan(run_id).actions
    for code in ("timeout", "timeout", "timeout", "timeout", "key_refused"):
        outcome = Outcome(action_id=action.id, status=OutcomeStatus.TRANSIENT, code=code)
        with database.transactions.begin() as uow:
            uow.plans.intend(PLAN, [action.id], item_id)
            (stored,) = uow.plans.record(PLAN, [outcome], max_attempts=5)
    assert (stored.status, stored.attempts) == (ActionStatus.PLANNED, 4)


def test_a_plan_is_decided_once(database: Database, run_id: str, save_plan: SavePlan) -> None:
    plan = save_plan(run_id, approved=False)
    review = Review(decision=Decision.APPROVE, plan_digest=plan.digest)
    with database.transactions.begin() as uow:
        uow.plans.add_review("rev_1", PLAN, review, "user:anna", four_eyes=False)
    with pytest.raises(Conflict) as refused, database.transactions.begin() as uow:
        uow.plans.add_review("rev_2", PLAN, review, "user:bert", four_eyes=False)
    assert refused.value.code == "already_reviewed"
    assert [r.actor for r in database.rows("SELECT actor FROM review")] == ["user:anna"]


def test_an_exception_in_the_middle_of_saving_leaves_no_half_plan(
    database: Database, run_id: str
) -> None:
    class Breaking(tuple[Action, ...]):
        __slots__ = ()

        def __iter__(self) -> Iterator[Action]:
            for number, action in enumerate(super().__iter__()):
                if number == 15:
                    raise GaveUpError
                yield action

    whole = make_plan(some_actions(20))
    object.__setattr__(whole, "actions", Breaking(whole.actions))

    def save() -> None:
        with database.transactions.begin() as uow:
            uow.snapshots.start("snp_1", run_id, "ascip")
            uow.plans.save(
                whole, plan_id=PLAN, run_id=run_id, snapshot_id="snp_1", ttl_h=72, facts={}
            )

    with pytest.raises(GaveUpError):
        save()
    assert database.dump("plan", "action", "snapshot") == ""
    with pytest.raises(NotFound), database.transactions.begin() as uow:
        uow.plans.get(PLAN)


def test_a_run_has_one_plan(database: Database, run_id: str, save_plan: SavePlan) -> None:
    plan = save_plan(run_id)
    with pytest.raises(IntegrityError), database.transactions.begin() as uow:
        uow.plans.save(
            plan, plan_id="pln_2", run_id=run_id, snapshot_id="snp_run_1", ttl_h=72, facts={}
        )  # fmt: skip


def test_an_expired_plan_says_so(database: Database, run_id: str, save_plan: SavePlan) -> None:
    save_plan(run_id)
    with database.transactions.begin() as uow:
        assert not uow.plans.get(PLAN).expired
    database.change("UPDATE plan SET expires_at = now() - interval '1 s'")
    with database.transactions.begin() as uow:
        assert uow.plans.get(PLAN).expired
