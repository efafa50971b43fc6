"""What the database refuses is told without the values it refused."""

import io
import logging
from contextlib import redirect_stderr

import pytest
import structlog
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from shared.observability import configure_logging
from tests.fakes.database import Database

CANARY = "zq.canary@lincoln.example"
PHONE = "Canary Phone 5550104477"

FAILING = {
    "a broken type": "SELECT CAST(:email AS integer), :phone",
    "a value that is there": "INSERT INTO app_user (name, roles) VALUES (:phone, '{}'), (:phone, '{}')",
    "a missing table": "SELECT :email, :phone FROM nowhere",
}


def refused(engine: Engine, statement: str) -> SQLAlchemyError:
    values = {k: v for k, v in {"email": CANARY, "phone": PHONE}.items() if f":{k}" in statement}
    with pytest.raises(SQLAlchemyError) as raised, engine.begin() as connection:
        connection.execute(text(statement), values)
    return raised.value


@pytest.mark.parametrize("what", FAILING)
@pytest.mark.parametrize("style", ["console", "json"])
def test_no_value_of_a_statement_is_logged(database: Database, what: str, style: str) -> None:
    error = refused(database.engine, FAILING[what])
    written = io.StringIO()
    with redirect_stderr(written):
        configure_logging("DEBUG", style)  # type: ignore[arg-type]  # both of its words
        structlog.get_logger("t").error("failed", exc_info=error)
        logging.getLogger("library").error("failed: %s", error, exc_info=error)
    told = written.getvalue()
    assert type(error).__name__ in told
    assert "canary" not in told.lower()
    assert "4477" not in told


def test_an_error_itself_holds_no_parameters(database: Database) -> None:
    error = refused(database.engine, "SELECT :email, :phone FROM nowhere")
    assert CANARY not in str(error)
    assert PHONE not in str(error)
    assert "hidden" in str(error)
