"""PostgreSQL and Redis of a test run: given by URL, else the embedded ones."""

import os
import re
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import psycopg
from redis import Redis
from sqlalchemy import make_url

#: Of a role that may create databases. Every test makes its own and drops it.
DATABASE = "ASCIP_SYNC_TEST_DATABASE_URL"
#: Databases 1 and up are emptied: a server of the tests' own, with two of them for each process.
REDIS = "ASCIP_SYNC_TEST_REDIS_URL"
#: As the page on installing says: the server's own default may not know letters beyond ASCII.
UTF8 = "TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Two servers, and the names this process of the run uses in them."""

    database_url: str
    redis_url: str
    #: Tells apart runs that share a server.
    run: str
    #: 0, or the number of the xdist worker.
    process: int
    #: How databases are made that are no copies, as SQL.
    kind: str = ""
    #: And how those that are: byte by byte costs least where nobody waits for the disk.
    copied: str = "STRATEGY FILE_COPY"
    #: Databases that nobody needs any more, of which the last connection may not be gone yet.
    left: list[str] = field(default_factory=list)

    def create(self, name: str, template: str = "") -> str:
        """Make a database; its URL."""
        kind = f'TEMPLATE "{self._named(template)}" {self.copied}' if template else self.kind
        self._execute(f'CREATE DATABASE "{self._named(name)}" {kind}')
        url = make_url(self.database_url).set(database=self._named(name))
        return url.render_as_string(hide_password=False)

    def drop(self, name: str) -> None:
        """Drop it, whoever is connected."""
        self._execute(f'DROP DATABASE "{self._named(name)}" WITH (FORCE)')

    def drop_later(self, name: str) -> None:
        """Drop it after the next one: while a connection ends, PostgreSQL waits by tenths of a second."""
        self.left.append(name)
        if len(self.left) > 1:
            self.drop(self.left.pop(0))

    def broker(self, number: int = 0) -> str:
        """URL of one of the two Redis databases of this process, emptied."""
        database = 1 + 2 * self.process + number
        if self.redis_url.startswith("unix:"):
            url = re.sub(r"db=\d+", f"db={database}", self.redis_url)
        else:
            url = re.sub(r"^(rediss?://[^/]+).*$", rf"\1/{database}", self.redis_url)
        with Redis.from_url(url) as client:
            client.flushdb()
        return url

    def forget_power_cuts(self) -> None:
        """Wait for no disk: thousands of small commits, and nothing of them outlives the run."""
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self._execute(f"ALTER SYSTEM SET {setting} = off")
        self._execute("SELECT pg_reload_conf()")

    def _named(self, name: str) -> str:
        return f"ascip_sync_test_{self.run}_{self.process}_{name}"

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(statement.encode())


def outside(run: str) -> Servers | None:
    """The servers that are named in the environment; one without the other is a mistake."""
    urls = os.environ.get(DATABASE, ""), os.environ.get(REDIS, "")
    if any(urls) and not all(urls):
        raise RuntimeError(f"{DATABASE} and {REDIS} are set together, or neither.")
    return replace(serving(*urls, run), kind=UTF8, copied="") if all(urls) else None


def serving(database_url: str, redis_url: str, run: str) -> Servers:
    """Servers as this process of the run uses them."""
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw") or 0)
    return Servers(
        database_url=database_url, redis_url=redis_url, run=run[:8], process=process
    )  # fmt: skip


def without_password(url: str) -> str:
    """As config.toml may hold it."""
    password = urlsplit(url).password
    user = urlsplit(url).username or ""
    return url.replace(f"{user}:{password}@", f"{user}@" if user else "", 1) if password else url
