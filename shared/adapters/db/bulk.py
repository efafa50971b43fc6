"""Bulk writes: COPY, never loops of inserts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, CursorResult, TextClause


def streamed(
    connection: Connection, query: TextClause, values: Mapping[str, object]
) -> CursorResult[Any]:
    """Rows of a query in portions of the server's, not all at once; read them before the next query."""
    return connection.execute(query.execution_options(yield_per=5000), values)


def copy_rows(
    connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> int:
    """COPY rows into a table in the connection's transaction; returns how many."""
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    count = 0
    names = ", ".join(f'"{column}"' for column in columns)
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count
