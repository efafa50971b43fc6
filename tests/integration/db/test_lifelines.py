"""A connection whose other end is gone is given up, and with it what it has locked."""

import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.adapters.db.connection import make_engine
from shared.adapters.db.lifelines import GONE_S, IDLE_IN_TRANSACTION_S, lifelines
from shared.domain.work import LEASE_S
from tests.fakes.database import Database


def test_both_ends_are_told_how_long_to_wait(database: Database) -> None:
    names = ("idle_in_transaction_session_timeout", "tcp_user_timeout")
    with database.engine.connect() as connection:
        limits = [connection.scalar(text(f"SHOW {name}")) for name in names]
        given = connection.connection.dbapi_connection.info.get_parameters()  # type: ignore[union-attr]
    assert limits[0] == f"{IDLE_IN_TRANSACTION_S}s"
    assert given["tcp_user_timeout"] == str(GONE_S * 1000)
    assert given["keepalives_idle"] == "10"
    assert IDLE_IN_TRANSACTION_S > LEASE_S, "honest steps renew within it"


def test_what_the_url_says_goes_first() -> None:
    made = lifelines("postgresql://db/x?connect_timeout=3&options=-c%20work_mem%3D8MB")
    assert "connect_timeout" not in made
    assert str(made["options"]).endswith("-c work_mem=8MB")


def test_who_falls_asleep_in_a_transaction_lets_go_of_what_it_has_locked(
    database: Database,
) -> None:
    quick = "&" if "?" in database.url else "?"
    url = f"{database.url}{quick}options=-c%20idle_in_transaction_session_timeout%3D200ms"
    engine = make_engine(url)
    locked = text("LOCK TABLE target IN EXCLUSIVE MODE")
    sleeper = engine.connect()
    sleeper.execute(locked)
    began = time.monotonic()
    with database.engine.begin() as connection:
        connection.execute(locked)
    assert 0.1 < time.monotonic() - began < 5
    with pytest.raises(DBAPIError):
        sleeper.execute(text("UPDATE target SET locked_at = now()"))
    sleeper.invalidate()
    sleeper.close()
    engine.dispose()
