"""Migrations make exactly what tables.py says, and can be taken back."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine, inspect, pool, text
from sqlalchemy.exc import DBAPIError

from shared.adapters.db.columns import metadata
from shared.adapters.db.migrate import alembic_config, newest, upgrade
from shared.domain.errors import ConfigInvalid
from tests.fakes.database import Database


@pytest.fixture
def connection(empty_database_url: str) -> Iterator[Connection]:
    url = empty_database_url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        yield connection


def alembic(connection: Connection, verb: str, *words: str) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    getattr(command, verb)(config, *words)
    connection.commit()


def test_the_newest_version_is_told_by_the_files_names() -> None:
    """Otherwise a database would be taken for current that isn't."""
    scripts = ScriptDirectory.from_config(alembic_config())
    assert newest() == scripts.get_current_head()
    assert all(s.path.rsplit("/", 1)[1].startswith(s.revision) for s in scripts.walk_revisions())


def test_a_database_one_version_behind_is_brought_up(connection: Connection) -> None:
    alembic(connection, "upgrade", "head")
    alembic(connection, "downgrade", "-1")
    upgrade(connection.engine)
    assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == newest()


def test_a_schema_that_a_newer_program_made_is_left_alone(connection: Connection) -> None:
    alembic(connection, "upgrade", "head")
    connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    connection.commit()
    with pytest.raises(ConfigInvalid, match=r"at version 9999.*Nothing was changed"):
        upgrade(connection.engine)


def test_a_migration_begins_again_until_a_table_is_let_go(connection: Connection) -> None:
    """Whoever waits behind it waits a second, not for ever: about 3 s."""
    alembic(connection, "upgrade", "head")
    alembic(connection, "downgrade", "0014")
    with connection.engine.begin() as worker:
        worker.execute(text("LOCK TABLE target_call IN ROW EXCLUSIVE MODE"))
        with pytest.raises(ConfigInvalid, match=r"works with a table.*Nothing was changed") as told:
            upgrade(connection.engine, patience_s=0)
    assert told.value.code == "schema_locked"
    assert version_of(connection) == "0014"
    with connection.engine.begin() as worker, ThreadPoolExecutor(1) as pool:
        worker.execute(text("LOCK TABLE target_call IN ROW EXCLUSIVE MODE"))
        migrating = pool.submit(upgrade, connection.engine, patience_s=30)
        time.sleep(1.2)
        assert not migrating.done()
        worker.rollback()
        migrating.result(10)
    assert version_of(connection) == newest()


def test_of_two_that_migrate_at_once_one_does_and_the_other_waits(connection: Connection) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(upgrade, [connection.engine] * 2))
    alembic(connection, "check")


def version_of(connection: Connection) -> object:
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    connection.rollback()
    return found


def test_migrations_and_tables_do_not_differ(connection: Connection) -> None:
    alembic(connection, "upgrade", "head")
    alembic(connection, "check")


def test_the_check_sees_a_column_that_no_migration_made(connection: Connection) -> None:
    alembic(connection, "upgrade", "head")
    connection.execute(text("ALTER TABLE run DROP COLUMN superseded_by"))
    connection.commit()
    with pytest.raises(CommandError, match="superseded_by"):
        alembic(connection, "check")


def test_a_downgrade_to_the_base_leaves_nothing_and_can_be_gone_back(
    connection: Connection,
) -> None:
    alembic(connection, "upgrade", "head")
    before = everything(connection)
    alembic(connection, "downgrade", "base")
    assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    assert not connection.execute(
        text("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
    ).all()
    alembic(connection, "upgrade", "head")
    assert everything(connection) == before


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    before = database.rows("SELECT * FROM alembic_version")
    upgrade(database.engine)
    assert database.rows("SELECT * FROM alembic_version") == before


def test_a_run_that_takes_another_back_does_not_hinder_going_back(connection: Connection) -> None:
    alembic(connection, "upgrade", "0009")
    for mode, reverts in (("plan", None), ("revert", "run_plan")):
        connection.execute(
            text(
                "INSERT INTO run (id, feed, target, mode, trigger, actor, state, engine_version,"
                " mapping_sha256, config_sha256, reverts) VALUES (:id, 'staff', 'ascip', :mode, 'cli',"
                " 'anna', 'applied', '0', '0', '0', :reverts)"
            ),
            {"id": f"run_{mode}", "mode": mode, "reverts": reverts},
        )
    connection.commit()
    alembic(connection, "downgrade", "0008")
    modes = connection.execute(text("SELECT id, mode FROM run ORDER BY id")).all()
    assert [tuple(row) for row in modes] == [("run_plan", "plan"), ("run_revert", "drift")]


def test_actions_of_before_learn_which_fields_they_change(connection: Connection) -> None:
    alembic(connection, "upgrade", "0001")
    bodies = {
        "act_1": '{"changes":[{"path":"email"},{"path":"buckets.7","after":"\\u0000"},'
        '{"path":"last_name","after":"\\"path\\":\\"id\\""}]}',
        "act_2": '{"changes":[]}',
    }
    for statement in (
        """INSERT INTO run (id, feed, target, mode, trigger, actor, state, engine_version,
             mapping_sha256, config_sha256)
           VALUES ('run_1', 'staff', 'ascip', 'plan', 'cli', 'a', 'applied', '1', '0', '0')""",
        "INSERT INTO snapshot (id, run_id, target) VALUES ('snp_1', 'run_1', 'ascip')",
        """INSERT INTO plan (id, run_id, snapshot_id, digest, header, held_classes, applyable,
             summary, facts)
           VALUES ('pln_1', 'run_1', 'snp_1', repeat('0', 64), '{}', '{}', true, '{}', '{}')""",
    ):
        connection.execute(text(statement))
    for position, (id_, body) in enumerate(bodies.items()):
        connection.execute(
            text(
                "INSERT INTO action (plan_id, id, position, kind, class, person_key, marks, status,"
                " reason, email_masked, depends_on, names, body, hash) VALUES ('pln_1', :id,"
                " :position, 'update', 'updates', 'E1', '{}', 'planned', '', '', '{}', '{}', :body,"
                " '0')"
            ),
            {"id": id_, "position": position, "body": body},
        )
    connection.commit()
    alembic(connection, "upgrade", "head")
    found = connection.execute(text("SELECT id, fields FROM action ORDER BY id")).all()
    assert [tuple(row) for row in found] == [
        ("act_1", ["email", "buckets.7", "last_name"]), ("act_2", []),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'nobody'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "TRUNCATE audit_entry CASCADE",
    ],
)
def test_the_audit_refuses_everything_but_new_entries(database: Database, statement: str) -> None:
    database.change(
        "INSERT INTO audit_entry (at, actor, verb, object_type, object_id, entry, hash)"
        " VALUES (now(), 'system', 'run.created', 'run', 'run_1', '{}', repeat('0', 64))"
    )
    with pytest.raises(DBAPIError, match="append"):
        database.change(statement)
    assert database.value("SELECT actor FROM audit_entry") == "system"


def everything(connection: Connection) -> list[object]:
    """Columns, constraints, indexes and triggers."""
    queries = (
        """SELECT table_name, column_name, data_type, is_nullable, column_default
             FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2""",
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2",
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
        "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
    )
    found: list[object] = [sorted(metadata.tables)]
    for query in queries:
        found += [tuple(row) for row in connection.execute(text(query))]
    return found
