"""What an ERP reads: the page's own GRANT lines give a role the views and nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import TupleRow

from tests.fakes.database import Database
from tests.integration.db.governed import Shelf, bottle

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "let-an-erp-read.md"
Reader = psycopg.Connection[TupleRow]


@pytest.fixture
def reader(database: Database) -> Iterator[Reader]:
    """A connection of the role that the page makes."""
    if database.value("SELECT current_setting('is_superuser')") != "on":
        pytest.skip("only a superuser can make a role and act as it")
    name = database.value("SELECT current_database()")
    role = name.replace("ascip_sync_test", "erp")
    (lines,) = re.findall(
        r"```sql\n(CREATE ROLE.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
    )
    script = re.sub(r"\berp_reader\b", role, lines).replace(
        "DATABASE ascip_sync", f"DATABASE {name}"
    )
    with psycopg.connect(database.url, autocommit=True) as admin:
        admin.execute(script.encode())
        with psycopg.connect(database.url, autocommit=True) as connection:
            # As if it had logged in: PostgreSQL of the tests has no password to log in with.
            connection.execute(f"SET SESSION AUTHORIZATION {role}".encode())
            yield connection
        admin.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())


@pytest.fixture
def stored(database: Database) -> Shelf:
    """B1 in two versions, B2 retired."""
    shelf = Shelf(database)
    shelf.store("run_1", bottle(1, "B1", label="zoë", amount=2), bottle(2, "B2"))
    shelf.store("run_2", bottle(1, "B1", amount=3), bottle(2, "B2", record_status="retired"))
    return shelf


@pytest.mark.usefixtures("stored")
def test_the_examples_of_the_page_are_answered(reader: Reader) -> None:
    examples = re.findall(r"```sql\n(SELECT.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) >= 3
    for example in examples:
        reader.execute(example.encode()).fetchall()


@pytest.mark.usefixtures("stored")
def test_current_records_have_their_payload_as_json(reader: Reader) -> None:
    rows = reader.execute(
        "SELECT source_id, status, payload -> 'amount', hazcom_verified"
        " FROM governed.current_record WHERE feed = 'bottles' ORDER BY 1"
    ).fetchall()
    assert rows == [("B1", "active", 3, False), ("B2", "retired", None, False)]


@pytest.mark.usefixtures("stored")
def test_history_and_any_moment_can_be_read(reader: Reader) -> None:
    history = reader.execute(
        "SELECT version, recorded_at, payload ->> 'label' FROM governed.record_history"
        " WHERE source_id = 'B1' ORDER BY version"
    ).fetchall()
    assert [(row[0], row[2]) for row in history] == [(1, "zoë"), (2, None)]
    then = reader.execute(
        "SELECT version FROM governed.record_as_of(%s) WHERE source_id = 'B1'", [history[0][1]]
    ).fetchall()
    assert then == [(1,)]


REFUSED = (
    "SELECT * FROM record_version",
    "SELECT * FROM record",
    "SELECT * FROM action",
    "SELECT * FROM audit_entry",
    "UPDATE governed.current_record SET status = 'retired'",
    "INSERT INTO governed.record_history (feed) VALUES ('x')",
    "DELETE FROM governed.record_history",
    "CREATE TABLE governed.mine (a int)",
    "CREATE TABLE public.mine (a int)",
    "CREATE TEMP TABLE mine (a int)",
)


@pytest.mark.usefixtures("stored")
def test_nothing_else_is_open(reader: Reader) -> None:
    for statement in REFUSED:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(statement.encode())
