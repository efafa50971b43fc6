"""PostgreSQL as it is looked at: reachable, migrated, with its rights, on the same time."""

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import make_url

from shared.adapters.db.probes import MAX_SKEW_S, probe
from shared.ports.probe import Finding, Verdict
from tests.fakes.database import Database


def look(url: str, *, own_server: bool = True, skew_s: float = 0) -> dict[str, Finding]:
    findings = list(probe(url, own_server=own_server, now=lambda: time.time() + skew_s).look())
    assert "wrong-password" not in repr(findings)
    return {finding.name: finding for finding in findings}


@pytest.fixture
def role(database: Database) -> Iterator[Callable[[str], str]]:
    """A role that may connect, with these rights; its URL."""
    _only_as_superuser(database)
    name = f"probe_{make_url(database.url).database}"

    def make(rights: str) -> str:
        database.change(f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
        if rights:
            database.change(f"GRANT {rights} ON ALL TABLES IN SCHEMA public TO {name}")
        url = make_url(database.url).set(username=name, password="x")
        return url.render_as_string(hide_password=False)

    yield make
    database.change(f"DROP OWNED BY {name}")
    database.change(f"DROP ROLE {name}")


def _only_as_superuser(database: Database) -> None:
    if not database.value("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        pytest.skip("the given server has no superuser for us")


def test_a_migrated_database_is_in_order(database: Database) -> None:
    found = look(database.url)
    assert {f.verdict for f in found.values()} == {Verdict.OK}
    assert list(found) == ["db", "migrations", "db-rights", "db-clock"]
    assert found["db"].facts["response_time_ms"]


def test_an_empty_database_says_how_it_is_filled(empty_database_url: str) -> None:
    found = look(empty_database_url)
    assert found["migrations"].verdict is Verdict.ERROR
    assert "is empty" in found["migrations"].detail
    assert found["db"].verdict is Verdict.OK


def test_an_older_and_a_newer_schema_are_told_apart(database: Database) -> None:
    database.change("UPDATE alembic_version SET version_num = '0001'")
    assert "is at 0001, not at" in look(database.url)["migrations"].detail
    database.change("UPDATE alembic_version SET version_num = '9999'")
    newer = look(database.url)["migrations"]
    assert newer.verdict is Verdict.ERROR
    assert "doesn't know" in newer.detail


def test_missing_rights_are_named_by_table(database: Database, role: Callable[[str], str]) -> None:
    url = role("SELECT, INSERT, UPDATE, DELETE")
    assert look(url, own_server=False)["db-rights"].verdict is Verdict.OK
    name = make_url(url).username
    database.change(f"REVOKE UPDATE ON work_item, audit_entry FROM {name}")
    finding = look(url, own_server=False)["db-rights"]
    assert finding.verdict is Verdict.ERROR
    assert finding.detail == f"{name} may not read and write work_item"
    assert finding.remedy.startswith("as their owner: GRANT")


def test_a_superuser_is_a_warning_where_the_server_is_not_our_own(database: Database) -> None:
    _only_as_superuser(database)
    assert look(database.url, own_server=False)["db-rights"].verdict is Verdict.WARNING


@pytest.mark.parametrize("sign", [1, -1])
def test_clocks_that_drift_apart_are_a_warning(database: Database, sign: int) -> None:
    nearly, over = MAX_SKEW_S - 1, MAX_SKEW_S + 1
    assert look(database.url, skew_s=sign * nearly)["db-clock"].verdict is Verdict.OK
    finding = look(database.url, skew_s=sign * over)["db-clock"]
    assert finding.verdict is Verdict.WARNING
    assert ("behind" if sign > 0 else "ahead of") in finding.detail


def test_a_wrong_password_and_a_wrong_port_are_each_one_error(database: Database) -> None:
    url = make_url(database.url)
    nobody = url.set(username="nobody_there", password="wrong-password")
    for wrong in (nobody, url.set(query={}, host="127.0.0.1", port=1)):
        found = look(wrong.render_as_string(hide_password=False))
        assert list(found) == ["db"]
        assert found["db"].verdict is Verdict.ERROR
        assert "check database.url" in found["db"].remedy


@pytest.mark.slow
def test_a_server_that_says_nothing_is_given_up() -> None:
    """Waits for the connection's timeout: 3 s."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        began = time.monotonic()
        found = look(f"postgresql://u@127.0.0.1:{port}/d")
        assert found["db"].verdict is Verdict.ERROR
        assert time.monotonic() - began < 6
