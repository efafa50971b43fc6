"""Looks at PostgreSQL: reachable, new enough, migrated, with the rights we need, on the same time."""

import time
from collections.abc import Callable, Iterator

import psycopg
from alembic.script import ScriptDirectory

from shared.adapters.db import quarantine_tables, service_tables, tables
from shared.adapters.db.migrate import alembic_config
from shared.ports.probe import Finding, Probe, Verdict

OLDEST_SERVER = 13
#: From here on the day, the schedule and what people read disagree visibly.
MAX_SKEW_S = 60
TIMEOUT_S = 3

#: Nobody changes an audit entry, so its table needs less.
_MISSING_RIGHTS = """
    SELECT name FROM unnest(%s::text[]) AS name
     WHERE to_regclass(name) IS NOT NULL
       AND NOT (has_table_privilege(name, 'SELECT') AND has_table_privilege(name, 'INSERT')
                AND (name = 'audit_entry' OR has_table_privilege(name, 'UPDATE')))
"""

_IDENTITY = """
    SELECT current_database() || '-' || oid || '-' || (SELECT system_identifier FROM pg_control_system())
      FROM pg_database WHERE datname = current_database()
"""

_Connection = psycopg.Connection[tuple[object, ...]]


def probe(url: str, *, own_server: bool, now: Callable[[], float] = time.time) -> Probe:
    """``own_server``: the embedded one, where we are the superuser by design. ``now``: Unix seconds."""

    def look() -> Iterator[Finding]:
        began = time.monotonic()
        try:
            with _connect(url) as connection:
                yield _server(connection, began)
                yield _migrations(connection)
                yield _rights(connection, own_server=own_server)
                yield _clock(connection, now)
        except psycopg.Error as error:
            yield Finding(
                name="db", verdict=Verdict.ERROR, detail=f"PostgreSQL: {_reason(error)}",
                remedy="check database.url (host, port, name, user, password) and that the server runs",
            )  # fmt: skip

    return Probe(name="db", look=look)


def identity(url: str) -> str | None:
    """What tells this database from any other, however it is addressed; None while it can't be asked."""
    try:
        with _connect(url) as connection:
            row = connection.execute(_IDENTITY).fetchone()
    except psycopg.Error:
        return None
    return str(row[0]) if row else None


def _connect(url: str) -> _Connection:
    return psycopg.connect(
        url, connect_timeout=TIMEOUT_S, autocommit=True,
        options=f"-c statement_timeout={TIMEOUT_S * 1000}",
    )  # fmt: skip


def _server(connection: _Connection, began: float) -> Finding:
    connection.execute("SELECT 1")
    took_ms = round((time.monotonic() - began) * 1000, 1)
    major = connection.info.server_version // 10_000
    facts: dict[str, float | str] = {"response_time_ms": took_ms, "version": str(major)}
    if major < OLDEST_SERVER:
        return Finding(
            name="db", verdict=Verdict.ERROR, facts=facts,
            detail=f"PostgreSQL {major} is too old", remedy=f"use {OLDEST_SERVER} or newer",
        )  # fmt: skip
    if connection.execute("SHOW transaction_read_only").fetchone() == ("on",):
        return Finding(
            name="db", verdict=Verdict.ERROR, facts=facts, detail="PostgreSQL can only be read",
            remedy="have it made writable: its disk, its role, default_transaction_read_only; nothing is"
            " lost, and work goes on by itself then",
        )  # fmt: skip
    return Finding(name="db", detail=f"PostgreSQL {major} answers", facts=facts)


def _migrations(connection: _Connection) -> Finding:
    scripts = ScriptDirectory.from_config(alembic_config())
    head, here = scripts.get_current_head(), _revision(connection)
    if here == head:
        return Finding(name="migrations", detail=f"the schema is at {head}")
    known = {script.revision for script in scripts.walk_revisions()}
    if here is None or here in known:
        state = (
            "the database is empty" if here is None else f"the schema is at {here}, not at {head}"
        )
        remedy = "start `ascip-sync status` once, or the service `migrate` of the compose file"
    else:
        state = f"the schema is at {here}, which this version doesn't know"
        remedy = (
            "a newer version made it: install that one, or restore the backup that fits this one"
        )
    return Finding(name="migrations", verdict=Verdict.ERROR, detail=state, remedy=remedy)


def _revision(connection: _Connection) -> str | None:
    there = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
    if there is None or there[0] is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def _rights(connection: _Connection, *, own_server: bool) -> Finding:
    parts = (tables.run, quarantine_tables.quarantine, service_tables.request)
    names = sorted({name for part in parts for name in part.metadata.tables})
    missing = sorted({str(row[0]) for row in connection.execute(_MISSING_RIGHTS, (names,))})
    role = connection.info.user
    if missing:
        return Finding(
            name="db-rights", verdict=Verdict.ERROR,
            detail=f"{role} may not read and write {', '.join(missing)}",
            remedy=f"as their owner: GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(missing)} TO {role}",
        )  # fmt: skip
    row = connection.execute(
        "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    if row and row[0] and not own_server:
        return Finding(
            name="db-rights", verdict=Verdict.WARNING,
            detail=f"{role} is a superuser: it could change the audit",
            remedy="give the engine a role of its own that owns nothing but its database",
        )  # fmt: skip
    return Finding(name="db-rights", detail=f"{role} may do what is needed")


def _clock(connection: _Connection, now: Callable[[], float]) -> Finding:
    before = now()
    row = connection.execute("SELECT extract(epoch FROM clock_timestamp())").fetchone()
    # Half of the way there and back is what the answer is old.
    offset_s = float(str(row[0] if row else 0)) - (before + now()) / 2
    facts = {"offset_s": round(offset_s, 1)}
    if abs(offset_s) >= MAX_SKEW_S:
        return Finding(
            name="db-clock", verdict=Verdict.WARNING, facts=facts,
            detail=f"PostgreSQL's clock is {abs(offset_s):.0f} s"
            f" {'ahead of' if offset_s > 0 else 'behind'} this machine's",
            remedy="set both clocks by NTP; leases run on PostgreSQL's and are not at risk",
        )  # fmt: skip
    return Finding(
        name="db-clock",
        detail=f"{round(offset_s, 1) + 0.0:+.1f} s from this machine's",
        facts=facts,
    )


def _reason(error: psycopg.Error) -> str:
    """The first line of what libpq says: host, user and cause, never the password."""
    lines = str(error).strip().splitlines()
    return lines[0].removeprefix("connection failed: ") if lines else type(error).__name__
