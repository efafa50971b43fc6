"""PostgreSQL takes a transaction back, is gone for a moment or can only be read: no call is made twice."""

import threading

import psycopg
import pytest
from sqlalchemy import make_url

from shared.adapters.db.connection import PgTransactions, make_engine
from shared.adapters.db.probes import probe
from shared.domain.action import ActionStatus
from shared.domain.run import Run, RunState
from shared.domain.work import MAX_ATTEMPTS
from shared.pipeline.health import state_probe
from shared.ports.probe import Verdict
from tests.fakes.installation import Installation
from tests.fakes.servers import Servers
from tests.faults.proxy import FaultProxy, Mode, Network
from tests.integration.pipeline.done_once import require_done_once

NAMES = 6


@pytest.fixture
def begun(engine: Installation) -> Run:
    """Six renamings, about to be applied, over transactions as a worker has them."""
    engine.configure(concurrency=2, rate_per_s=2, transactions=engine.database.transactions)
    extract = engine.extract()
    extract.rename(extract.ids[:NAMES])
    run = engine.approve(engine.plan(extract))
    engine.begin(run)
    return run


def name_of(engine: Installation) -> str:
    return str(make_url(engine.database.url).database)


_FULL = ("run", "action", "audit_entry", "notice")


def fill_tables(engine: Installation) -> None:
    """As a full volume does where a change needs a new page."""
    engine.database.change("""
        CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'could not extend file'; END $$""")
    for table in _FULL:
        engine.database.change(f"CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON {table}"
                               " FOR EACH ROW EXECUTE FUNCTION no_room()")  # fmt: skip


def empty_tables(engine: Installation) -> None:
    for table in _FULL:
        engine.database.change(f"DROP TRIGGER no_room ON {table}")


def told(engine: Installation) -> str | None:
    """What health says of work that waits for the database."""
    found = {finding.name: finding.detail for finding in state_probe(engine.tools).look()}
    return found.get("queue-unrecorded")


def cut_connections(engine: Installation, servers: Servers) -> None:
    """As a restart of PostgreSQL does."""
    with psycopg.connect(servers.database_url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [name_of(engine)],
        )


def refuse_next(engine: Installation, code: str, times: int) -> None:
    """The next recordings of an outcome are taken back with this code, as by another's transaction."""
    engine.database.change("CREATE SEQUENCE refusals")
    engine.database.change(f"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF NEW.status = 'succeeded' AND nextval('refusals') <= {times} THEN
            RAISE EXCEPTION USING ERRCODE = '{code}', MESSAGE = 'refused';
          END IF; RETURN NEW; END $$""")  # our own words
    engine.database.change("CREATE TRIGGER refuse BEFORE UPDATE ON action"
                           " FOR EACH ROW EXECUTE FUNCTION refuse()")  # fmt: skip


@pytest.mark.parametrize("code", ["40P01", "40001", "55P03"], ids=["deadlock", "order", "lock"])
def test_a_recording_that_was_taken_back_is_repeated_and_no_call(
    engine: Installation, begun: Run, code: str
) -> None:
    refuse_next(engine, code, times=3)
    calls = len(engine.simulator.journal())
    engine.workers.until_quiet()
    require_done_once(engine, begun)
    assert not any(stored.settled for stored in engine.actions(begun)), "nothing was looked for"
    assert {stored.attempts for stored in engine.actions(begun)} == {1}
    # A look before each write, the write, and one at the end.
    assert len(engine.simulator.journal()) - calls == 3 * NAMES


def test_a_connection_that_breaks_after_the_calls_costs_no_outcome(
    engine: Installation, begun: Run, servers: Servers
) -> None:
    engine.target.after = lambda: cut_connections(engine, servers)
    engine.workers.until_quiet()
    require_done_once(engine, begun)
    assert not any(stored.settled for stored in engine.actions(begun))


def test_a_pool_without_a_connection_left_is_waited_for(engine: Installation, begun: Run) -> None:
    """Whoever has the others gives them back after a second."""
    small = make_engine(engine.database.url, 2)
    pool = small.pool
    pool._timeout = 0.3  # type: ignore[attr-defined]  # half a minute in production
    engine.configure(transactions=PgTransactions(small))

    def take() -> None:
        taken = [small.connect(), small.connect()]
        for each in taken:
            threading.Timer(1, each.close).start()

    engine.target.after = take
    engine.workers.until_quiet()
    require_done_once(engine, begun)
    assert not any(stored.settled for stored in engine.actions(begun))
    small.dispose()


def test_a_database_that_can_only_be_read_stops_the_apply_before_its_next_call(
    engine: Installation, begun: Run, servers: Servers
) -> None:
    """And it goes on by itself: nobody could be told in the database."""

    def close() -> None:
        with psycopg.connect(servers.database_url, autocommit=True) as admin:
            admin.execute(
                f'ALTER DATABASE "{name_of(engine)}" SET default_transaction_read_only = on'.encode()
            )
        cut_connections(engine, servers)

    engine.target.before = close
    engine.workers.round()
    assert len(engine.simulator.writes()) == 2, "the waves that were in flight, and no other"
    (error,) = engine.workers.errors
    assert "read-only" in str(error)
    engine.workers.errors.clear()
    (found, *_) = probe(engine.database.url, own_server=True).look()
    assert (found.verdict, found.detail) == (Verdict.ERROR, "PostgreSQL can only be read")
    with psycopg.connect(servers.database_url, autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{name_of(engine)}" RESET ALL'.encode())
    cut_connections(engine, servers)
    assert engine.run(begun.id).state is RunState.APPLYING
    assert ActionStatus.ATTEMPTING in engine.statuses(begun)
    engine.workers.expire_leases()
    engine.workers.until_quiet()
    actions = require_done_once(engine, begun)
    assert [stored.settled for stored in actions].count(True) == 2


def test_a_volume_that_is_full_for_long_uses_no_attempt_up(
    engine: Installation, begun: Run
) -> None:
    """A small change finds room where the row was; states, intents and the audit need new pages."""
    fill_tables(engine)
    for _look in range(2 * MAX_ATTEMPTS):
        engine.workers.round()
        engine.database.change("UPDATE work_item SET not_before = now() WHERE ended_at IS NULL")
    assert {error.__class__.__name__ for error in engine.workers.errors} == {"OperationalError"}
    engine.workers.errors.clear()
    engine.workers.round()
    assert engine.simulator.writes() == []
    assert engine.run(begun.id).state is RunState.APPLYING
    assert told(engine) == "1 item waiting: PostgreSQL takes nothing of what was done"
    empty_tables(engine)
    engine.database.change("UPDATE work_item SET not_before = now() WHERE ended_at IS NULL")
    engine.workers.errors.clear()
    engine.workers.until_quiet()
    assert told(engine) is None
    require_done_once(engine, begun)
    assert {stored.attempts for stored in engine.actions(begun)} == {1}


def test_a_volume_that_is_full_for_a_moment_stops_nobody(engine: Installation, begun: Run) -> None:
    refuse_next(engine, "53100", times=1)
    engine.workers.round()
    assert "DiskFull" in str(engine.workers.errors)
    engine.workers.errors.clear()
    engine.workers.until_quiet()
    require_done_once(engine, begun)


def test_a_session_that_can_only_read_is_not_used_again(
    engine: Installation, servers: Servers
) -> None:
    change = f'ALTER DATABASE "{name_of(engine)}" '
    with psycopg.connect(servers.database_url, autocommit=True) as admin:
        admin.execute((change + "SET default_transaction_read_only = on").encode())
        database = make_engine(engine.database.url)
        transactions = PgTransactions(database)
        with pytest.raises(Exception, match="read-only") as refused, transactions.begin() as uow:
            uow.work.untell_unsent("broker_down")
        assert transactions.takes_nothing(refused.value)
        admin.execute((change + "RESET ALL").encode())
    with transactions.begin() as uow:
        uow.work.untell_unsent("broker_down")
    database.dispose()


def test_a_commit_whose_answer_was_lost_is_looked_for_before_anything_is_done_again(
    engine: Installation, begun: Run
) -> None:
    """Every fifth commit takes place, and nobody hears of it: the connection ends before the answer."""
    network = Network()
    proxy = FaultProxy(network, upstream(engine.database.url))
    lost = LostCommits(proxy, every=5)
    through = make_url(engine.database.url).set(host="127.0.0.1", port=proxy.port, query={})
    database = make_engine(through.render_as_string(hide_password=False))
    try:
        engine.configure(transactions=PgTransactions(database))
        for _ in range(30):
            engine.workers.round()
            engine.workers.expire_leases()
            engine.database.change("UPDATE work_item SET not_before = now() WHERE ended_at IS NULL")
        assert lost.count >= 3
        require_done_once(engine, begun)
    finally:
        database.dispose()
        proxy.close()
        network.close()


class LostCommits:
    """Lets a commit pass, but not its answer; a moment later the network is well again."""

    def __init__(self, proxy: FaultProxy, every: int) -> None:
        self._proxy, self._every, self.seen, self.count = proxy, every, 0, 0
        proxy.on_sent = self._see

    def _see(self, data: bytes) -> bytes:
        if b"COMMIT" in data:
            self.seen += 1
            if self.seen % self._every == 0:
                self.count += 1
                self._proxy.mode_from_within(Mode.HALF_OPEN)
                threading.Timer(0.1, self._heal).start()
        return data

    def _heal(self) -> None:
        self._proxy.mode = Mode.OPEN


def upstream(url: str) -> str | tuple[str, int]:
    """A server's Unix socket or address."""
    parts = make_url(url)
    host = str(parts.query.get("host") or parts.host)
    port = int(str(parts.query.get("port") or parts.port or 5432))
    return f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)
