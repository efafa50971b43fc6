"""The composition root: the only place where adapters meet ports, and nothing is built at import."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlalchemy import Engine

from shared.adapters.clock.system import RandomIds, SystemClock
from shared.adapters.db.connection import PgTransactions, make_engine
from shared.adapters.db.listen import WorkSignal
from shared.adapters.embedded import EmbeddedError, attach
from shared.adapters.embedded.die_with_parent import die_with_parent
from shared.adapters.queue.message import MESSAGE_VERSION, TASK
from shared.adapters.tabular.csv_reader import CsvReader
from shared.adapters.vault.folder import FolderVault
from shared.adapters.vault.keyring import Keyring, own_master, parse_master
from shared.domain.errors import ConfigInvalid
from shared.pipeline.tools import Tools
from shared.ports.reports import Reports
from shared.ports.target import Target
from shared.settings import Loaded

if TYPE_CHECKING:
    from celery import Celery

    from shared.adapters.queue.celery_app import CeleryDoorbell

__all__ = [
    "MESSAGE_VERSION",
    "TASK",
    "Urls",
    "celery",
    "die_with_parent",
    "doorbell",
    "engine_version",
    "open_tools",
    "open_urls",
    "work_signal",
]

#: The one target so far.
TARGET = "ascip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Urls:
    """Where PostgreSQL and the broker are."""

    database: str
    redis: str
    embedded: bool


def engine_version() -> str:
    """The installed version; part of every plan."""
    try:
        return version("ascip-sync-engine")
    except PackageNotFoundError:
        return "0+unknown"


@contextmanager
def open_urls(loaded: Loaded) -> Iterator[Urls]:
    """Resolve the URLs; embedded parts are started, shared and kept while the block runs.

    Raises:
        ConfigInvalid: the embedded parts can't start; says why.
    """
    settings = loaded.settings
    database, redis = settings.database.url, settings.redis.url
    _make_private(settings.data_dir)
    with ExitStack() as stack:
        embedded = "embedded" in (database, redis)
        if embedded:
            try:
                parts = stack.enter_context(attach(settings.data_dir))
            except EmbeddedError as error:
                raise ConfigInvalid(str(error), code="embedded_failed") from error
            database = parts.database_url if database == "embedded" else database
            redis = parts.redis_url if redis == "embedded" else redis
        yield Urls(database=database, redis=redis, embedded=embedded)


@contextmanager
def open_tools(loaded: Loaded, urls: Urls, *, migrate: bool = False) -> Iterator[Tools]:
    """Wire the pipeline's ports; connections are made when they are first used."""
    engine = make_engine(urls.database)
    if migrate:
        from shared.adapters.db.migrate import upgrade  # noqa: PLC0415  # alembic: see `_Late`

        upgrade(engine)
    secret = loaded.ascip_secret()  # a missing one is said now, not by the first call
    target = _Late(lambda: _target(loaded, urls, secret))
    try:
        yield _tools(loaded, engine, cast("Target", target))
    finally:
        target.close()
        engine.dispose()


def celery(urls: Urls) -> "Celery":
    """The Celery application."""
    from shared.adapters.queue.celery_app import make_celery  # noqa: PLC0415  # see `_Late`

    return make_celery(urls.redis)


def doorbell(urls: Urls) -> "CeleryDoorbell":
    """Rings workers."""
    from shared.adapters.queue.celery_app import CeleryDoorbell  # noqa: PLC0415  # see `_Late`

    return CeleryDoorbell(celery(urls))


def work_signal(urls: Urls) -> WorkSignal:
    """Wakes the relay."""
    return WorkSignal(urls.database)


class _Late:
    """An adapter that is imported and made by its first use.

    Most commands read the database only, and HTTP clients, Celery and templates took a third of
    their start (docs/explanation/performance.md, P13).
    """

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make
        self._adapter: object = None

    def __getattr__(self, name: str) -> object:
        if self._adapter is None:
            self._adapter = self._make()
        return getattr(self._adapter, name)

    def close(self) -> None:
        """Close the adapter, if it was made."""
        if self._adapter is not None:
            cast("Target", self._adapter).close()


def _make_private(folder: Path) -> None:
    """Make the data directory: it holds staff data in clear."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def _target(loaded: Loaded, urls: Urls, secret: str) -> Target:
    from shared.adapters.lms.limiter import ValkeyLimiter  # noqa: PLC0415  # see `_Late`
    from shared.adapters.lms.target import AscipLms, LmsSettings  # noqa: PLC0415  # see `_Late`

    ascip = loaded.settings.ascip
    limiter = ValkeyLimiter(
        urls.redis, f"ascip-sync:limit:{ascip.key_id}", ascip.rate_per_s, ascip.burst
    )
    settings = LmsSettings(
        base_url=ascip.base_url, key_id=ascip.key_id, secret=secret,
        rate_per_s=ascip.rate_per_s, concurrency=ascip.concurrency, timeout_s=ascip.timeout_s,
        detail_retries=ascip.detail_retries,
    )  # fmt: skip
    return AscipLms(settings, limiter)


def _keyring(loaded: Loaded) -> Keyring:
    sources = loaded.settings.keys.master
    if not sources:
        return Keyring([own_master(loaded.settings.data_dir / "master.key")])
    return Keyring([parse_master(*loaded.secret(source, "keys.master")) for source in sources])


def _reports() -> Reports:
    from shared.adapters.reports import FileReports  # noqa: PLC0415  # see `_Late`

    return FileReports()


def _tools(loaded: Loaded, engine: Engine, target: Target) -> Tools:
    settings = loaded.settings
    return Tools(
        transactions=PgTransactions(engine), target=target, reader=CsvReader(),
        vault=FolderVault(settings.data_dir), keyring=_keyring(loaded),
        reports=cast("Reports", _Late(_reports)),
        clock=SystemClock(), ids=RandomIds(), policy=settings.policy, config_sha256=settings.config_sha256(),
        engine_version=engine_version(), target_name=TARGET, district=settings.district.name,
        environment=settings.district.environment, concurrency=settings.ascip.concurrency,
        rate_per_s=settings.ascip.rate_per_s,
    )  # fmt: skip
