"""Brings the schema up to date with alembic; several processes may try at once."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, text

from shared.domain.errors import ConfigInvalid

if TYPE_CHECKING:
    from alembic.config import Config

#: Any constant: the advisory lock that lets one process migrate at a time.
_LOCK = 0x41534349


def migrations_folder() -> Path:
    """`migrations/` of the checkout, or its copy in the wheel."""
    here = Path(__file__).resolve()
    in_wheel = here.parent / "migrations"
    return in_wheel if in_wheel.is_dir() else here.parents[3] / "migrations"


def alembic_config() -> "Config":
    """Alembic's configuration; env.py takes the connection from its attributes."""
    from alembic.config import Config  # noqa: PLC0415  # see `upgrade`

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    return config


def newest() -> str:
    """The version that this code works with."""
    return max(_known())


def _known() -> set[str]:
    """Each file's name begins with its version."""
    return {path.stem[:4] for path in (migrations_folder() / "versions").glob("[0-9]*.py")}


def upgrade(engine: Engine) -> None:
    """Migrate to the newest version, or do nothing.

    Every command asks for it. So alembic, which takes longer to load than to look, is loaded only if
    there is something to do.

    Raises:
        ConfigInvalid: `schema_unknown`: a newer version of this program made the schema.
    """
    here = _version(engine)
    if here == newest():
        return
    if here is not None and here not in _known():
        raise ConfigInvalid(
            f"The database is at version {here}, which this program doesn't know: a newer one made it."
            " Nothing was changed. Install that one, or restore the backup that fits this one.",
            code="schema_unknown",
        )
    from alembic import command  # noqa: PLC0415

    config = alembic_config()
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _version(engine: Engine) -> str | None:
    with engine.connect() as connection:
        table = connection.execute(text("SELECT to_regclass('alembic_version')")).scalar_one()
        if table is None:
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
