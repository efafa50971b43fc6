"""However much is due, Redis holds few messages, and what waits there isn't sent again and again."""

import pytest
from redis import Redis

from shared.adapters.queue.celery_app import CeleryDoorbell, make_celery
from shared.adapters.queue.message import KEY_PREFIX, WORK
from shared.domain.errors import Transient
from shared.domain.work import NewWork, WorkKind
from shared.pipeline.relay import MOST_OUT, relay, sweep
from tests.fakes.installation import Installation

ITEMS = 20_000


@pytest.mark.slow
def test_twenty_thousand_items_are_a_few_messages_at_a_time(
    engine: Installation, redis_url: str
) -> None:
    """It makes them: about 3 s."""
    tools, database = engine.tools, engine.database
    run_id = engine.land(engine.extract())
    with tools.transactions.begin() as uow:
        items = (NewWork(kind=WorkKind.FETCH, chunk={"ids": [n]}) for n in range(ITEMS))
        assert uow.work.add(run_id, items) == ITEMS
    database.change("ANALYZE work_item")
    bell = CeleryDoorbell(make_celery(redis_url))
    with Redis.from_url(redis_url) as redis:
        assert relay(tools, bell) == bell.waiting() == redis.llen(f"{KEY_PREFIX}{WORK}") == MOST_OUT
        assert relay(tools, bell) == 0, "nobody has taken one"

        late = (
            "UPDATE work_item SET notified_at = now() - interval '31 s' WHERE notified_at < now()"
        )
        database.change(late)
        assert sweep(tools, bell) == 0, "they wait in Redis: nothing is lost"
        assert bell.waiting() == MOST_OUT

        first = database.value("SELECT min(id) FROM work_item WHERE kind = 'fetch'")
        for item_id in range(first, first + 3):
            with tools.transactions.begin() as uow:
                assert uow.work.claim(item_id, "w")
        assert relay(tools, bell) == 3, "room for as many as were taken"

        redis.ltrim(f"{KEY_PREFIX}{WORK}", 10, -1)
        database.change(late)
        assert sweep(tools, bell) == MOST_OUT, "ten are lost, though others wait"
        assert relay(tools, bell) == MOST_OUT

        redis.flushdb()
        database.change(late)
        assert sweep(tools, bell) == MOST_OUT, "all that were out are lost"
        assert relay(tools, bell) == MOST_OUT
        plan = database.rows(
            "EXPLAIN SELECT count(*) FROM work_item WHERE notified_at IS NOT NULL"
            " AND ended_at IS NULL AND state = 'ready'"
        )
        assert any("ix_work_item_sent" in row[0] for row in plan), plan


def test_a_message_that_is_long_gone_is_sent_again_whatever_waits(engine: Installation) -> None:
    engine.land(engine.extract())
    bell = BusyBell()
    relay(engine.tools, bell)
    engine.database.change("UPDATE work_item SET notified_at = now() - interval '11 min'")
    assert sweep(engine.tools, bell) == 1


def test_leases_of_the_dead_are_freed_while_the_broker_is_down(engine: Installation) -> None:
    engine.land(engine.extract())
    relay(engine.tools, BusyBell())
    with engine.tools.transactions.begin() as uow:
        assert uow.work.claim(engine.database.value("SELECT id FROM work_item"), "w")
    engine.database.change("UPDATE work_item SET lease_until = now() - interval '1 s'")
    with pytest.raises(Transient):
        sweep(engine.tools, GoneBell())
    assert engine.database.value("SELECT state FROM work_item") == "ready"


class BusyBell:
    """See `shared.ports.doorbell.Doorbell`: others always wait before."""

    def ring(self, item_ids: object) -> None:
        pass

    def waiting(self) -> int:
        return 1


class GoneBell(BusyBell):
    """The broker is down."""

    def waiting(self) -> int:
        raise Transient("nobody answers", code="broker_down")
