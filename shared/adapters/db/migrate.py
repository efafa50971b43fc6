"""Brings the schema up to date with alembic; several processes may try at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

#: Any constant: the advisory lock that lets one process migrate at a time.
_LOCK = 0x41534349


def migrations_folder() -> Path:
    """`migrations/` of the checkout, or its copy in the wheel."""
    here = Path(__file__).resolve()
    in_wheel = here.parent / "migrations"
    return in_wheel if in_wheel.is_dir() else here.parents[3] / "migrations"


def alembic_config() -> Config:
    """Alembic's configuration; env.py takes the connection from its attributes."""
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    return config


def upgrade(engine: Engine) -> None:
    """Migrate to the newest version, or do nothing."""
    config = alembic_config()
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
