"""Figures about queue, runs and feeds, as they stand in the tables."""

import pytest

from shared.domain.run import RunState
from shared.domain.work import LEASE_S, NewWork, WorkKind
from shared.ports.state import FeedState, QueueState
from tests.fakes.database import Database
from tests.integration.db.conftest import add_run


def queue(database: Database) -> QueueState:
    with database.transactions.begin() as uow:
        return uow.state.queue()


def feed(database: Database) -> FeedState:
    with database.transactions.begin() as uow:
        return uow.state.feed("staff")


def add_items(database: Database, run_id: str, count: int) -> list[int]:
    with database.transactions.begin() as uow:
        uow.work.add(run_id, [NewWork(kind=WorkKind.FETCH, chunk={})] * count)
    return [row.id for row in database.rows("SELECT id FROM work_item ORDER BY id")]


def test_an_empty_installation_has_nothing_to_tell(database: Database) -> None:
    assert queue(database) == QueueState(
        due=0,
        later=0,
        leased=0,
        unrecorded=0,
        dead=0,
        dead_runs=[],
        oldest_due_s=None,
        oldest_unsent_s=None,
        idle_s=None,
    )
    assert feed(database) == FeedState(last_file_s=None, last_success_s=None, balanced=None)


def test_items_are_due_later_or_in_hand(database: Database, run_id: str) -> None:
    first, second, third = add_items(database, run_id, 3)
    late = "UPDATE work_item SET not_before = now() + interval '1 hour' WHERE id = :id"
    database.change(late, id=first)
    with database.transactions.begin() as uow:
        assert uow.work.claim(second, "w")
    database.change(
        "UPDATE work_item SET not_before = now() - interval '50 seconds' WHERE id = :id", id=third
    )
    found = queue(database)
    assert (found.due, found.later, found.leased) == (1, 1, 1)
    assert found.oldest_due_s == pytest.approx(50, abs=5)
    assert found.oldest_unsent_s == found.oldest_due_s
    database.change("UPDATE work_item SET notified_at = now()")
    assert queue(database).oldest_unsent_s is None


def test_a_renewed_lease_is_progress_and_one_that_ran_out_is_due(
    database: Database, run_id: str
) -> None:
    (item,) = add_items(database, run_id, 1)
    with database.transactions.begin() as uow:
        uow.work.claim(item, "w")
    assert queue(database).idle_s == pytest.approx(0, abs=5)
    database.change(
        "UPDATE work_item SET lease_until = now() - interval '30 seconds', notified_at = now()"
    )
    found = queue(database)
    assert (found.due, found.leased) == (1, 0)
    assert found.oldest_due_s == pytest.approx(30, abs=5)
    assert found.idle_s == pytest.approx(30 + LEASE_S, abs=5)


def test_what_is_done_is_progress_and_what_was_dropped_is_not(
    database: Database, run_id: str
) -> None:
    first, _ = add_items(database, run_id, 2)
    with database.transactions.begin() as uow:
        uow.work.drop_open(run_id)
    assert queue(database).idle_s is None
    assert queue(database).dead == 0
    database.change("UPDATE work_item SET created_at = now() - interval '1 hour'")
    database.change(
        "UPDATE work_item SET attempt = 1, error = 'garbled', ended_at = now() - interval '1 min'"
        " WHERE id = :id",
        id=first,
    )
    assert queue(database).idle_s == pytest.approx(60, abs=5)
    assert queue(database).dead == 1
    database.change("UPDATE work_item SET ended_at = now() - interval '25 hours'")
    assert queue(database).dead == 0


def test_runs_that_wait_are_counted_by_state(database: Database) -> None:
    add_run(database, "run_1", RunState.AWAITING_APPROVAL)
    add_run(database, "run_2", RunState.AWAITING_APPROVAL)
    add_run(database, "run_3", RunState.APPLYING)
    database.change("UPDATE run SET state = 'paused', reason = 'auth' WHERE id = 'run_3'")
    add_run(database, "run_4", RunState.FETCHING)
    database.change("UPDATE run SET created_at = now() - interval '1 day' WHERE id = 'run_1'")
    with database.transactions.begin() as uow:
        found = uow.state.waiting()
    assert [(w.state, w.reason, w.count) for w in found] == [
        ("awaiting_approval", None, 2), ("paused", "auth", 1),
    ]  # fmt: skip
    assert found[0].oldest_s == pytest.approx(86_400, abs=5)


def test_a_feed_s_newest_file_success_and_books(database: Database) -> None:
    for number, age in enumerate(("2 days", "1 day", "1 hour"), start=1):
        add_run(database, f"run_{number}", RunState.APPLIED)
        database.change(
            "UPDATE run SET created_at = now() - cast(:age AS interval),"
            " ended_at = now() - cast(:age AS interval), books = '{\"balanced\": true}'"
            " WHERE id = :id",
            age=age, id=f"run_{number}",
        )  # fmt: skip
    database.change("UPDATE run SET mode = 'drift', state = 'no_changes' WHERE id = 'run_3'")
    database.change("UPDATE upload SET received_at = now() - interval '1 day'")
    found = feed(database)
    assert found.last_file_s == pytest.approx(86_400, abs=5)
    assert found.last_success_s == pytest.approx(86_400, abs=5)
    assert found.balanced is True
    database.change("UPDATE run SET books = '{\"balanced\": false}' WHERE id = 'run_3'")
    assert feed(database).balanced is False
