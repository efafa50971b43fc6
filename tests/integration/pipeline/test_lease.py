"""A call that takes longer than the lease: its owner keeps the item; one that lost it stops renewing."""

import time

import pytest

from shared.domain.work import WorkItem
from shared.pipeline.lease import kept
from tests.fakes.installation import Installation

RENEW_S = 0.05


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


def test_the_lease_is_renewed_while_its_owner_works(engine: Installation, item: WorkItem) -> None:
    cut_lease(engine, item)
    with kept(engine.tools, item, every_s=RENEW_S):
        deadline = time.monotonic() + 5
        while lease_left_s(engine, item) < 30:
            assert time.monotonic() < deadline
            time.sleep(RENEW_S)


def test_nothing_is_renewed_once_the_work_is_over(engine: Installation, item: WorkItem) -> None:
    with kept(engine.tools, item, every_s=RENEW_S):
        pass
    cut_lease(engine, item)
    time.sleep(4 * RENEW_S)
    assert lease_left_s(engine, item) < 1


def test_a_worker_that_lost_the_item_leaves_the_new_owner_s_lease_alone(
    engine: Installation, item: WorkItem
) -> None:
    cut_lease(engine, item)
    with engine.transactions.begin() as uow:
        assert uow.work.claim(item.id, "worker-2")
    cut_lease(engine, item)
    with kept(engine.tools, item, every_s=RENEW_S):
        time.sleep(4 * RENEW_S)
        assert lease_left_s(engine, item) < 1
