"""Which later readings make a plan stale: those in which people it may still change are otherwise."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.domain.action import Action, ActionStatus, Change, Kind
from shared.domain.plan import Plan
from shared.domain.run import RunState
from shared.domain.snapshot import Person
from tests.fakes.database import Database
from tests.fakes.people import a_person, an_action
from tests.integration.db.conftest import add_run

BEFORE = {n: a_person(n, employee_number=f"E{n}", email=f"p{n}@x.example") for n in (1, 2, 3)}


def newcomer(email: str, key: str = "N1") -> Action:
    change = Change(path="email", before=None, after=email)
    return an_action(Kind.ADD, key, ascip_id=None, changes=(change,))


ACTIONS = [
    an_action(Kind.UPDATE, "E1", ascip_id=1), an_action(Kind.JOIN, "E1", ascip_id=1, group_id=402),
    an_action(Kind.LEAVE, "E2", ascip_id=2, group_id=402), newcomer("New@x.example"),
]  # fmt: skip


@pytest.fixture
def read(database: Database, save_plan: Callable[..., Plan]) -> Callable[..., int]:
    """A plan over `BEFORE`, and a later reading; how many people of the plan are otherwise in it."""
    add_run(database, "run_1")
    save_plan("run_1", actions=ACTIONS, approved=False)
    _store(database, "snp_run_1", BEFORE)
    add_run(database, "run_2")

    def later(people: dict[int, Person], *, whole: bool = True, missing: str = "") -> int:
        database.change("DELETE FROM snapshot_person WHERE snapshot_id = 'snp_2'")
        with database.transactions.begin() as uow:
            uow.snapshots.start("snp_2", "run_2", "ascip")
        _store(database, "snp_2", people, whole=whole)
        if missing:
            database.change(
                "UPDATE snapshot_person SET body = NULL, missing = :why"
                " WHERE snapshot_id = 'snp_2' AND ascip_id = 1",
                why=missing,
            )
        with database.transactions.begin() as uow:
            found = uow.freshness.read_otherwise("pln_run_1")
        if found is None:
            return 0
        assert found.run_id == "run_2"
        return found.people

    return later


def _store(
    database: Database, snapshot_id: str, people: dict[int, Person], *, whole: bool = True
) -> None:
    with database.transactions.begin() as uow:
        uow.snapshots.add_people(snapshot_id, people.values())
    database.change(
        "UPDATE snapshot SET list_complete = :whole, completed_at = clock_timestamp() WHERE id = :id",
        id=snapshot_id, whole=whole,
    )  # fmt: skip


def but(person_id: int, **values: Any) -> dict[int, Person]:
    return BEFORE | {person_id: Person.from_json(BEFORE[person_id].to_json() | values)}


def test_only_people_of_the_plan_who_are_otherwise_count(read: Callable[..., int]) -> None:
    twice = but(1, last_name="Edited\u0000\\u0000") | {2: but(2, group_ids=[9])[2]}
    cases: dict[str, tuple[dict[int, Person], int]] = {
        "the same": (BEFORE, 0),
        "two, one of them with two actions": (twice, 2),
        "not of it": (but(3, last_name="Edited"), 0),
        "not of it, gone": ({n: p for n, p in BEFORE.items() if n != 3}, 0),
        "gone": ({n: p for n, p in BEFORE.items() if n != 2}, 1),
        "a stranger": (BEFORE | {4: a_person(4, email="other@x.example")}, 0),
        "has the newcomer's email": (BEFORE | {4: a_person(4, email="nEW@x.example")}, 1),
        "has the newcomer's number": (BEFORE | {4: a_person(4, employee_number="n1")}, 1),
    }
    assert {name: read(people) for name, (people, _) in cases.items()} == {
        name: counts for name, (_, counts) in cases.items()
    }


def test_who_could_not_be_read_is_not_taken_for_somebody_else(read: Callable[..., int]) -> None:
    assert read(BEFORE, missing="timeout") == 0
    assert read(BEFORE, missing="not_found") == 1
    assert read(but(1, last_name="Edited"), whole=False) == 0, "not whole: it says nothing"


def test_whom_the_plan_will_not_change_any_more_does_not_count(
    database: Database, read: Callable[..., int]
) -> None:
    """Whom it has written to itself is otherwise because of that; held stays held once it is decided."""
    edited = but(1, last_name="Edited")

    def counts(status: ActionStatus) -> int:
        query = "UPDATE action SET status = :status WHERE person_key = 'E1'"
        database.change(query, status=status.value)
        return read(edited)

    found = {status for status in ActionStatus if counts(status)}
    still = ("planned", "held", "failed", "not_attempted")
    assert found == set(map(ActionStatus, still))
    database.change("UPDATE action SET status = 'succeeded' WHERE ascip_id = 1 AND kind = 'update'")
    open_ = "UPDATE action SET status = 'not_attempted' WHERE ascip_id = 1 AND kind = 'join'"
    assert database.change(open_)
    assert read(edited) == 0, "one of the person's two actions was written"
    database.change(
        "INSERT INTO review (id, plan_id, plan_digest, decision, body, actor)"
        " SELECT 'rev_1', id, digest, 'approve', '{}', 'user:anna' FROM plan"
    )
    assert {status for status in ActionStatus if counts(status)} == found - {ActionStatus.HELD}


def test_a_plan_that_waits_is_over_when_its_time_is(
    database: Database, read: Callable[..., int]
) -> None:
    read(BEFORE)

    def over(state: RunState, left_s: int) -> bool:
        expires = "UPDATE plan SET expires_at = now() + make_interval(secs => :left)"
        database.change(expires, left=left_s)
        database.change("UPDATE run SET state = :state WHERE id = 'run_1'", state=state.value)
        with database.transactions.begin() as uow:
            return [run_id for run_id, _ in uow.freshness.expired()] == ["run_1"]

    assert {state for state in RunState if over(state, -1)} == {
        RunState.HELD, RunState.AWAITING_APPROVAL, RunState.APPROVED,
        RunState.APPLIED_WITH_ERRORS, RunState.CANCELED,
    }  # fmt: skip
    assert not any(over(state, 60) for state in RunState)
