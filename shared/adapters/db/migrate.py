"""Brings the schema up to date with alembic; several processes may try at once."""

import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg.errors import LockNotAvailable
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from shared.domain.errors import ConfigInvalid

if TYPE_CHECKING:
    from alembic.config import Config

#: Any constant: the advisory lock that lets one process migrate at a time.
_LOCK = 0x41534349
#: Between two attempts those who waited behind the migration have their turn.
_PAUSE_S = 0.5


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


@cache
def newest() -> str:
    """The version that this code works with."""
    return max(_known())


def _known() -> set[str]:
    """Each file's name begins with its version."""
    return {path.stem[:4] for path in (migrations_folder() / "versions").glob("[0-9]*.py")}


def upgrade(engine: Engine, *, patience_s: float = 5) -> None:
    """Migrate to the newest version, or do nothing.

    Every command asks for it. So alembic, which takes longer to load than to look, is loaded only if
    there is something to do. A migration queues for a lock for a second only, since everybody else
    queues behind it, and is begun again as long as there is patience.

    Raises:
        ConfigInvalid: `schema_unknown`: a newer version of this program made the schema.
            `schema_locked`: somebody held on to a table, or was migrating. Nothing was changed.
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
    until = time.monotonic() + patience_s
    while not _migrated(engine):
        if time.monotonic() > until:
            raise ConfigInvalid(
                f"The database could not be migrated within {patience_s:g} s: another process is at it,"
                " or works with a table and doesn't let it go. Nothing was changed. Let what is under way"
                " end, or stop the workers of the version before; then try again.",
                code="schema_locked",
            )
        time.sleep(_PAUSE_S)


def _migrated(engine: Engine) -> bool:
    """Migrate in one transaction; False if it did not get its locks."""
    from alembic import command  # noqa: PLC0415  # see `upgrade`

    config = alembic_config()
    try:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '1s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except OperationalError as error:
        if not isinstance(error.orig, LockNotAvailable):
            raise
        return False
    return True


def _version(engine: Engine) -> str | None:
    with engine.connect() as connection:
        table = connection.execute(text("SELECT to_regclass('alembic_version')")).scalar_one()
        if table is None:
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
