"""A lease as its owner knows it: renewed while it works, and over for it before it is for the database."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.domain.work import LEASE_S, WorkItem
from shared.pipeline.lease import MARGIN, Lease, kept
from tests.fakes.dying import CutTransactions
from tests.fakes.installation import Installation

#: Renewed every third of it.
LENGTH_S = 0.15
_SHORTER = f"""
    CREATE FUNCTION shorter() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.lease_until := now() + interval '{LENGTH_S} seconds'; RETURN NEW; END $$;
    CREATE TRIGGER shorter BEFORE UPDATE ON work_item FOR EACH ROW
      WHEN (NEW.lease_until > now() + interval '{LENGTH_S} seconds') EXECUTE FUNCTION shorter();
"""


@pytest.fixture
def item(engine: Installation) -> WorkItem:
    """An item somebody has just claimed."""
    engine.land(engine.extract())
    with engine.transactions.begin() as uow:
        (due,) = uow.work.take_due(1, most_out=1)
        claimed = uow.work.claim(due, "worker-1")
    assert claimed
    return claimed


def cut_lease(engine: Installation, item: WorkItem) -> None:
    engine.database.change("UPDATE work_item SET lease_until = now() WHERE id = :id", id=item.id)


def lease_left_s(engine: Installation, item: WorkItem) -> float:
    query = "SELECT extract(epoch FROM lease_until - now()) FROM work_item WHERE id = :id"
    return float(engine.database.value(query, id=item.id))


def short(engine: Installation, item: WorkItem) -> Lease:
    """A lease of which the worker believes that it is short."""
    return Lease(engine.clock, replace(item, lease_s=LENGTH_S), engine.clock.elapsed())


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_lease_is_renewed_while_its_owner_works(engine: Installation, item: WorkItem) -> None:
    cut_lease(engine, item)
    with kept(engine.tools, item, short(engine, item)):
        until(lambda: lease_left_s(engine, item) > 30)


def test_nothing_is_renewed_once_the_work_is_over(engine: Installation, item: WorkItem) -> None:
    with kept(engine.tools, item, short(engine, item)):
        pass
    cut_lease(engine, item)
    time.sleep(LENGTH_S)
    assert lease_left_s(engine, item) < 1


def test_a_worker_that_lost_the_item_leaves_the_new_owner_s_lease_alone_and_knows_it(
    engine: Installation, item: WorkItem
) -> None:
    cut_lease(engine, item)
    with engine.transactions.begin() as uow:
        assert uow.work.claim(item.id, "worker-2")
    cut_lease(engine, item)
    lease = short(engine, item)
    assert lease.stands()
    with kept(engine.tools, item, lease):
        until(lambda: not lease.stands())
        assert lease_left_s(engine, item) < 1


def test_an_outage_of_the_database_doesn_t_end_renewing(
    engine: Installation, item: WorkItem
) -> None:
    cut_lease(engine, item)
    transactions = CutTransactions(engine.transactions)
    transactions.cut.set()
    with kept(replace(engine.tools, transactions=transactions), item, short(engine, item)):
        until(lambda: transactions.refused > 2)
        assert lease_left_s(engine, item) < 1
        transactions.cut.clear()
        until(lambda: lease_left_s(engine, item) > 30)


def test_a_worker_s_lease_ends_a_margin_before_the_database_s(
    engine: Installation, item: WorkItem
) -> None:
    assert item.lease_s == pytest.approx(LEASE_S)
    lease = Lease(engine.clock, item, engine.clock.elapsed())
    engine.clock.sleep((1 - MARGIN) * LEASE_S - 1)
    assert lease.stands()
    engine.clock.sleep(2)
    assert not lease.stands()


def test_setting_the_clock_forth_or_back_changes_no_lease(
    engine: Installation, item: WorkItem
) -> None:
    lease = Lease(engine.clock, item, engine.clock.elapsed())
    now = engine.clock.moment
    for hours in (-1, 1):
        engine.clock.moment = now.replace(hour=now.hour + hours)
        assert lease.stands()
    engine.clock.go_on(hours=-1)
    engine.clock.sleep(LEASE_S)
    assert not lease.stands()


def test_what_the_database_grants_is_what_counts(engine: Installation, item: WorkItem) -> None:
    with engine.transactions.begin() as uow:
        uow.work.postpone(item, delay_s=0)
    engine.database.change(_SHORTER)
    with engine.transactions.begin() as uow:
        claimed = uow.work.claim(item.id, "worker-1")
        assert claimed is not None
        assert (claimed.lease_s, uow.work.renew(claimed)) == (LENGTH_S, LENGTH_S)
