"""The queue's truth: one owner at a time, older owners fenced off, nothing lost with a message."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.adapters.db.connection import PgUnitOfWork
from shared.adapters.db.migrate import newest
from shared.domain.errors import ConfigInvalid, Fenced
from shared.domain.work import NewWork, WorkItem, WorkKind
from tests.fakes.database import Database
from tests.integration.db.conftest import rolled_back

THREADS = 8


@pytest.fixture
def add_items(database: Database, run_id: str) -> Callable[[int], list[int]]:
    def add(count: int) -> list[int]:
        with database.transactions.begin() as uow:
            uow.work.add(run_id, [NewWork(kind=WorkKind.FETCH, chunk={"ids": []})] * count)
        return [row.id for row in database.rows("SELECT id FROM work_item ORDER BY id")]

    return add


def claim(database: Database, item_id: int, worker: str = "w") -> WorkItem | None:
    with database.transactions.begin() as uow:
        return uow.work.claim(item_id, worker)


def claimed(database: Database, item_id: int, worker: str = "w") -> WorkItem:
    item = claim(database, item_id, worker)
    assert item is not None
    return item


def expire(database: Database, item_id: int) -> None:
    statement = "UPDATE work_item SET lease_until = now() - interval '1 s' WHERE id = :id"
    assert database.change(statement, id=item_id) == 1


def due(database: Database, limit: int = 100) -> list[int]:
    with database.transactions.begin() as uow:
        return list(uow.work.take_due(limit, most_out=1000))


def test_of_eight_workers_one_gets_the_item(
    database: Database, add_items: Callable[[int], list[int]]
) -> None:
    ids = add_items(20)
    # Eight at a time over six connections: some of them wait, none may fail.
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(lambda n: claim(database, ids[n // THREADS]), range(20 * THREADS)))
    owned = [item for item in found if item is not None]
    assert sorted(item.id for item in owned) == ids
    assert {item.epoch for item in owned} == {1}


def test_a_lease_that_has_run_out_gives_the_item_to_another_epoch(
    database: Database, add_items: Callable[[int], list[int]]
) -> None:
    (item_id,) = add_items(1)
    first = claimed(database, item_id)
    assert claim(database, item_id) is None
    expire(database, item_id)
    second = claimed(database, item_id)
    assert (first.epoch, second.epoch) == (1, 2)
    assert (first.attempt, second.attempt) == (1, 2)


@pytest.mark.parametrize(
    "verb",
    [
        lambda uow, item: uow.work.renew(item),
        lambda uow, item: uow.work.finish(item),
        lambda uow, item: uow.work.bury(item, "x"),
        lambda uow, item: uow.work.postpone(item, delay_s=0),
    ],
    ids=["renew", "finish", "bury", "postpone"],
)
@pytest.mark.parametrize("taken_over", [True, False], ids=["taken over", "swept"])
def test_a_fenced_owner_can_do_nothing_more(
    database: Database,
    add_items: Callable[[int], list[int]],
    verb: Callable[[PgUnitOfWork, WorkItem], None],
    taken_over: bool,
) -> None:
    (item_id,) = add_items(1)
    old = claimed(database, item_id)
    expire(database, item_id)
    if taken_over:
        claimed(database, item_id)
    else:
        with database.transactions.begin() as uow:
            assert uow.work.ring_again(unanswered_s=30) == 1
    before = database.dump("work_item")
    with pytest.raises(Fenced), database.transactions.begin() as uow:
        verb(uow, old)
    assert database.dump("work_item") == before


def test_an_owner_that_is_late_but_alone_goes_on(
    database: Database, add_items: Callable[[int], list[int]]
) -> None:
    (item_id,) = add_items(1)
    item = claimed(database, item_id)
    expire(database, item_id)
    with database.transactions.begin() as uow:
        uow.work.renew(item)
    assert claim(database, item_id) is None


def test_a_program_of_another_version_takes_nothing_and_counts_nothing(
    database: Database, add_items: Callable[[int], list[int]]
) -> None:
    """Neither new work nor what it has in hand: its next transaction is fenced off."""
    in_hand, waiting = add_items(2)
    item = claimed(database, in_hand)
    database.change("UPDATE alembic_version SET version_num = '9999'")
    before = database.dump("work_item")
    with pytest.raises(ConfigInvalid, match=r"version 9999.*Nothing was written"):
        claim(database, waiting)
    with pytest.raises(Fenced), database.transactions.begin() as uow:
        uow.work.renew(item)
    assert database.dump("work_item") == before
    with database.transactions.begin() as uow:
        assert list(uow.work.take_due(5, most_out=9)) == [in_hand, waiting][1:], (
            "it may ring for the others"
        )
    database.change("UPDATE alembic_version SET version_num = :here", here=newest())
    assert claimed(database, waiting).attempt == 1


@pytest.mark.parametrize(("counts", "attempts"), [(False, 0), (True, 1)])
def test_postponing_counts_as_an_attempt_only_where_it_says_so(
    database: Database, add_items: Callable[[int], list[int]], counts: bool, attempts: int
) -> None:
    (item_id,) = add_items(1)
    item = claimed(database, item_id)
    with database.transactions.begin() as uow:
        uow.work.postpone(item, delay_s=3600, error="locked", counts=counts)
    row = database.rows("SELECT attempt, error, state FROM work_item")[0]
    assert tuple(row) == (attempts, "locked", "ready")
    assert not due(database)
    assert claim(database, item_id) is None, "not before its time"
    database.change("UPDATE work_item SET not_before = now()")
    assert due(database) == [item_id]


def test_a_lost_message_is_rung_again_and_a_fresh_one_is_not(
    database: Database, add_items: Callable[[int], list[int]]
) -> None:
    lost, fresh, done = add_items(3)
    assert due(database) == [lost, fresh, done]
    with database.transactions.begin() as uow:
        item = uow.work.claim(done, "w")
        assert item
        uow.work.finish(item)
    database.change(
        "UPDATE work_item SET notified_at = now() - interval '31 s' WHERE id <> :id", id=fresh
    )
    with database.transactions.begin() as uow:
        assert uow.work.ring_again(unanswered_s=30) == 1
    assert due(database) == [lost]


def test_messages_are_marked_as_sent_only_by_a_commit(
    database: Database, add_items: Callable[[int], list[int]]
) -> None:
    ids = add_items(3)
    with rolled_back(database) as uow:
        assert list(uow.work.take_due(2, most_out=9)) == ids[:2]
    assert due(database, 2) == ids[:2]
    assert due(database) == ids[2:]
    assert due(database) == []


def test_two_relays_never_send_the_same_item(
    database: Database, add_items: Callable[[int], list[int]]
) -> None:
    ids = add_items(4)
    with database.transactions.begin() as one, database.transactions.begin() as other:
        sent = [*one.work.take_due(2, most_out=9), *other.work.take_due(4, most_out=9)]
    assert sorted(sent) == ids


def test_items_of_a_transaction_that_failed_were_never_there(
    database: Database, run_id: str
) -> None:
    with rolled_back(database) as uow:
        uow.work.add(run_id, [NewWork(kind=WorkKind.START, chunk={})])
    assert due(database) == []


def test_dropping_leaves_alone_what_somebody_works_on(
    database: Database, run_id: str, add_items: Callable[[int], list[int]]
) -> None:
    owned, _waiting = add_items(2)
    item = claimed(database, owned)
    with database.transactions.begin() as uow:
        uow.work.drop_open(run_id)
        assert uow.work.open_count(run_id, WorkKind.FETCH) == 1
    with database.transactions.begin() as uow:
        uow.work.finish(item)
    states = [row.state for row in database.rows("SELECT state FROM work_item ORDER BY id")]
    assert states == ["done", "dead"]
