"""A run of ours in an empty database: what plans and details hang on. P3 to P8 and P11 use it."""

from sqlalchemy import Connection, Engine, text

from shared.adapters.db.migrate import upgrade

RUN, SNAPSHOT = "run_BENCHBENCH00", "snp_BENCHBENCH00"


def prepare(engine: Engine) -> None:
    """Migrate, and empty what earlier parts stored."""
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE run CASCADE"))
        _insert(connection)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))


def _insert(connection: Connection) -> None:
    connection.execute(
        text(
            "INSERT INTO run (id, feed, target, mode, trigger, actor, state, engine_version,"
            " mapping_sha256, config_sha256)"
            " VALUES (:id, 'staff', 'ascip', 'plan', 'cli', 'user:bench', 'fetching', '0', '0', '0')"
        ),
        {"id": RUN},
    )
    connection.execute(
        text("INSERT INTO snapshot (id, run_id, target) VALUES (:id, :run, 'ascip')"),
        {"id": SNAPSHOT, "run": RUN},
    )
