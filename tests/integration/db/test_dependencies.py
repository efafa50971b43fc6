"""Actions that wait for others: which are due, and which fall when one ends badly."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from shared.domain.action import Action, ActionStatus, Change, Kind, action_id, classify
from shared.domain.plan import Plan
from shared.ports.plans import StoredAction
from shared.ports.target import Outcome, OutcomeStatus
from tests.fakes.database import Database

PLAN = "pln_run_1"
LENGTH = 300
SavePlan = Callable[..., Plan]
IDS = [action_id(Kind.UPDATE, f"E{number:05d}", None) for number in range(LENGTH)]
ADD = action_id(Kind.ADD, "E99999", None)


@pytest.fixture
def chain(run_id: str, save_plan: SavePlan) -> str:
    """An add waits for the first of a chain of updates, each for the next; the plan's id."""
    save_plan(run_id, actions=[_add(), *_updates()])
    return PLAN


def _updates() -> list[Action]:
    after = dict(pairwise(IDS))
    return [
        Action(
            kind=Kind.UPDATE, action_class=classify(Kind.UPDATE), person_key=f"E{number:05d}",
            ascip_id=1000 + number, depends_on=(after[id_],) if id_ in after else (),
            changes=(Change(path="email", before=f"a{number}@x", after=f"a{number + 1}@x"),),
        )
        for number, id_ in enumerate(IDS)
    ]  # fmt: skip


def _add() -> Action:
    return Action(
        kind=Kind.ADD, action_class=classify(Kind.ADD), person_key="E99999", ascip_id=None,
        depends_on=(IDS[0],), changes=(Change(path="email", before=None, after="a0@x"),),
    )  # fmt: skip


def due(database: Database, kind: Kind = Kind.UPDATE) -> list[str]:
    with database.transactions.begin() as uow:
        return [id_ for id_, _ in uow.plans.due_ids(PLAN, kind, max_attempts=5)]


def given_up(database: Database) -> list[StoredAction]:
    with database.transactions.begin() as uow:
        return uow.plans.give_up_orphans(PLAN, max_attempts=5)


def set_status(database: Database, id_: str, status: str, attempts: int = 1) -> None:
    database.change(
        "UPDATE action SET status = :s, attempts = :n WHERE id = :id", s=status, n=attempts, id=id_
    )


@pytest.mark.usefixtures("chain")
def test_of_a_chain_only_its_free_end_is_due(database: Database) -> None:
    assert due(database) == [IDS[-1]]
    assert due(database, Kind.ADD) == []
    set_status(database, IDS[-1], "succeeded")
    assert due(database) == [IDS[-2]]
    for id_ in IDS:
        set_status(database, id_, "succeeded")
    assert due(database, Kind.ADD) == [ADD]
    assert given_up(database) == []


@pytest.mark.usefixtures("chain")
def test_a_whole_chain_falls_with_an_end_that_did_not_succeed(database: Database) -> None:
    for status, attempts in [
        ("planned", 0), ("attempting", 1), ("succeeded", 1), ("unknown", 4),
    ]:  # fmt: skip
        set_status(database, IDS[-1], status, attempts)
        assert given_up(database) == [], status
    for status, attempts in [
        ("unknown", 5), ("failed", 1), ("conflict", 1), ("held", 0), ("not_approved", 0),
        ("not_attempted", 0),
    ]:  # fmt: skip
        database.change("UPDATE action SET status = 'planned', outcome_code = NULL")
        set_status(database, IDS[-1], status, attempts)
        fallen = given_up(database)
        assert {s.action.id for s in fallen} == {ADD, *IDS[:-1]}, status
        ended = {(s.status, s.outcome_code) for s in fallen}
        assert ended == {(ActionStatus.NOT_ATTEMPTED, "dependency_failed")}
        assert given_up(database) == []


def test_an_add_is_not_taken_for_the_person_who_freed_its_address(
    database: Database, chain: str, item_id: int
) -> None:
    set_status(database, IDS[0], "succeeded")
    with database.transactions.begin() as uow:
        (attempt,) = uow.plans.intend(chain, [ADD], item_id)
    assert attempt.ascip_id is None


def test_who_has_what_was_refused_is_kept_until_the_next_outcome(
    database: Database, chain: str, item_id: int
) -> None:
    def record(status: OutcomeStatus, holder_id: int | None) -> StoredAction:
        outcome = Outcome(action_id=ADD, status=status, holder_id=holder_id)
        with database.transactions.begin() as uow:
            uow.plans.intend(chain, [ADD], item_id)
            (stored,) = uow.plans.record(chain, [outcome], max_attempts=5)
        return stored

    refused = record(OutcomeStatus.FAILED, 77)
    assert (refused.holder_id, refused.ascip_id) == (77, None)
    with database.transactions.begin() as uow:
        uow.plans.reopen(chain)
    assert record(OutcomeStatus.SUCCEEDED, None).holder_id is None
