"""A database of its own for each test, and questions tests ask past the engine."""

from typing import Any

from sqlalchemy import Engine, text

from shared.adapters.db.connection import PgTransactions, make_engine


class Database:
    """One migrated database."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine: Engine = make_engine(url)
        self.transactions = PgTransactions(self.engine)

    def rows(self, query: str, **values: object) -> list[Any]:
        """What a query or a statement gives; committed."""
        with self.engine.begin() as connection:
            result = connection.execute(text(query), values)
            return list(result.all()) if result.returns_rows else []

    def value(self, query: str, **values: object) -> Any:
        """One value."""
        ((value,),) = self.rows(query, **values)
        return value

    def change(self, statement: str, **values: object) -> int:
        """Carry out a statement; how many rows it touched."""
        with self.engine.begin() as connection:
            return connection.execute(text(statement), values).rowcount

    def dump(self, *tables: str) -> str:
        """Every row of these tables, or of all, as text."""
        if not tables:
            names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            tables = tuple(row.tablename for row in self.rows(names))
        assert tables
        lines = []
        for table in tables:
            query = f'SELECT t::text AS line FROM "{table}" AS t'  # noqa: S608  # names of our own
            lines += [row.line for row in self.rows(query)]
        return "\n".join(lines)

    def close(self) -> None:
        self.engine.dispose()
