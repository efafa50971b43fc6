"""The composition root: the only place where adapters meet ports, and nothing is built at import."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlalchemy import Engine

from shared.adapters.clock.system import RandomIds, SystemClock
from shared.adapters.db.connection import PgTransactions, make_engine
from shared.adapters.db.listen import WorkSignal
from shared.adapters.db.repeat import is_passing as database_is_away
from shared.adapters.embedded import EmbeddedError, attach
from shared.adapters.embedded.die_with_parent import die_with_parent
from shared.adapters.queue.message import MESSAGE_VERSION, QUEUES, TASK, TICK
from shared.adapters.vault.folder import FolderVault, holds_files
from shared.adapters.vault.keyring import Keyring, own_master, parse_master
from shared.adapters.vault.shelves import FolderShelf
from shared.bootstrap_files import tabular_reader
from shared.bootstrap_probes import health_probes
from shared.domain.errors import ConfigInvalid
from shared.domain.feeds.governed import FEEDS
from shared.domain.snapshot import Reference
from shared.pipeline.slot import Timetable
from shared.pipeline.tools import Tools
from shared.ports.conformance import Conformance
from shared.ports.drop import OpenSource
from shared.ports.mail import Mailer
from shared.ports.mappings import MappingFile
from shared.ports.passwords import Passwords
from shared.ports.probe import Probe
from shared.ports.reports import Reports
from shared.ports.shelf import Shelf
from shared.ports.target import Target
from shared.settings import Loaded

if TYPE_CHECKING:
    from celery import Celery
    from celery.beat import Service

    from shared.adapters.drop.folder import PosixDropFolder
    from shared.adapters.drop.news import FolderNews
    from shared.adapters.queue.celery_app import CeleryDoorbell

__all__ = [
    "MESSAGE_VERSION",
    "QUEUES",
    "TASK",
    "TICK",
    "Urls",
    "WorkSignal",
    "beat",
    "celery",
    "conformance",
    "database_is_away",
    "die_with_parent",
    "doorbell",
    "drop_folder",
    "drop_news",
    "engine_version",
    "folder_shelf",
    "mapping_file",
    "open_source",
    "open_tools",
    "open_urls",
    "probes",
    "reference",
    "timetable",
    "upgrade_schema",
    "work_signal",
]


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
    database, redis = loaded.url("database"), loaded.url("redis")
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


def upgrade_schema(urls: Urls, *, patience_s: float = 5) -> None:
    """Migrate the database to this version, or do nothing. Raises `ConfigInvalid`, as `upgrade` does."""
    from shared.adapters.db.migrate import upgrade  # noqa: PLC0415  # alembic: see `_Late`

    engine = make_engine(urls.database)
    try:
        upgrade(engine, patience_s=patience_s)
    finally:
        engine.dispose()


@contextmanager
def open_tools(
    loaded: Loaded,
    urls: Urls,
    *,
    migrate: bool = False,
    connections: int = 6,
    needs_secret: bool = True,
) -> Iterator[Tools]:
    """Wire the pipeline's ports; up to so many ``connections`` are made as they are needed.

    ASCIP's secret is read when ASCIP is first called; with ``needs_secret`` a missing one is said now.
    """
    if migrate:
        upgrade_schema(urls)
    engine = make_engine(urls.database, connections)
    if needs_secret:
        loaded.ascip_secret()
    target = _Late(lambda: _target(loaded, urls, loaded.ascip_secret()))
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


def beat(urls: Urls) -> "Service":
    """The metronome of the schedule."""
    from shared.adapters.queue.metronome import make_beat  # noqa: PLC0415  # see `_Late`

    return make_beat(celery(urls))


def timetable(loaded: Loaded) -> Timetable:
    """What is to be done by the clock."""
    from shared.adapters.drop.source import FileSource  # noqa: PLC0415  # see `_Late`

    settings = loaded.settings
    path = settings.feeds.staff.source
    source = FileSource(loaded.base / path.expanduser(), open_source(loaded)) if path else None
    return Timetable(staff=settings.schedule.staff, source=source, mapping_text=loaded.mapping_text)


def folder_shelf(folder: Path) -> Shelf:
    """A folder that somebody named, for files in clear."""
    return FolderShelf(folder)


def mapping_file(loaded: Loaded) -> MappingFile:
    """The file that `staff.mapping` names."""
    from shared.adapters.host.mapping_file import HostMappingFile  # noqa: PLC0415  # see `_Late`

    return HostMappingFile(loaded.mapping_path)


def work_signal(urls: Urls) -> WorkSignal:
    """Wakes the relay."""
    return WorkSignal(urls.database)


def probes(loaded: Loaded, urls: Urls) -> list[Probe]:
    """Looks at what a running service stands on. Raises `ConfigInvalid` without ASCIP's secret."""
    return health_probes(loaded, urls.database, urls.redis)


def reference(loaded: Loaded, urls: Urls) -> Reference:
    """Groups, buckets, roles and time zones of ASCIP, read now. Raises what `Target` raises."""
    target = _target(loaded, urls, loaded.ascip_secret())
    try:
        return target.reference()
    finally:
        target.close()


@contextmanager
def conformance(
    base_url: str, key_id: str, secret: str, *, may_write: bool, record: Path | None = None
) -> Iterator[Conformance]:
    """A check of any LMS; without ``may_write`` nothing but GETs can leave it."""
    from shared.adapters.lms.conformance.caller import Caller  # noqa: PLC0415  # see `_Late`
    from shared.adapters.lms.conformance.checker import Checker  # noqa: PLC0415  # see `_Late`
    from shared.adapters.lms.recording.transport import direct  # noqa: PLC0415  # see `_Late`

    transport = direct(base_url, record, engine_version()) if record else None
    caller = Caller(base_url, key_id, secret, may_write=may_write, transport=transport)
    try:
        yield Checker(caller)
    finally:
        caller.close()


def drop_folder(loaded: Loaded) -> "PosixDropFolder":
    """The drop folder of the configuration; it need not be there yet.

    Raises:
        ConfigInvalid: `drop.dir` is not set.
    """
    from shared.adapters.drop.folder import PosixDropFolder  # noqa: PLC0415  # see `_Late`

    return PosixDropFolder(_drop_dir(loaded), most_bytes=_most_bytes(loaded))


def drop_news(loaded: Loaded, timeout_s: float, stop: threading.Event) -> "FolderNews":
    """Wakes the watcher."""
    from shared.adapters.drop.news import FolderNews  # noqa: PLC0415  # see `_Late`

    return FolderNews(_drop_dir(loaded), timeout_s, stop)


def open_source(loaded: Loaded) -> OpenSource:
    """Opens a file that the configuration names, with the checks of the drop folder."""
    from shared.adapters.drop.sound import open_source as opener  # noqa: PLC0415  # see `_Late`

    return partial(opener, most_bytes=_most_bytes(loaded))


def _drop_dir(loaded: Loaded) -> Path:
    folder = loaded.settings.drop.dir
    if folder is None:
        raise ConfigInvalid(
            "There is no drop folder to watch: drop.dir is not set. Nothing was started."
            " Set it in config.toml, or leave the watcher out.",
            code="drop_folder_missing",
        )
    return loaded.base / folder.expanduser()


def _most_bytes(loaded: Loaded) -> int:
    return loaded.settings.server.max_upload_mb << 20


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
    """Make the data directory: the database in it holds staff data in clear."""
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
        detail_retries=ascip.detail_retries, record=loaded.record, engine_version=engine_version(),
    )  # fmt: skip
    return AscipLms(settings, limiter)


def _keyring(loaded: Loaded) -> Keyring:
    sources = loaded.settings.keys.master
    if not sources:
        data_dir = loaded.settings.data_dir
        return Keyring([own_master(data_dir / "master.key", in_use=holds_files(data_dir))])
    return Keyring([parse_master(*loaded.secret(source, "keys.master")) for source in sources])


def _reports() -> Reports:
    from shared.adapters.reports import FileReports  # noqa: PLC0415  # see `_Late`

    return FileReports()


def _passwords() -> Passwords:
    from shared.adapters.passwords import argon2  # noqa: PLC0415  # see `_Late`

    return argon2.Argon2Passwords(passes=argon2.PASSES, memory_kib=argon2.MEMORY_KIB)


def _tools(loaded: Loaded, engine: Engine, target: Target) -> Tools:
    settings = loaded.settings
    keyring = _keyring(loaded)
    return Tools(
        transactions=PgTransactions(engine), target=target, reader=tabular_reader(),
        vault=FolderVault(settings.data_dir, keyring), keyring=keyring,
        passwords=cast("Passwords", _Late(_passwords)), reports=cast("Reports", _Late(_reports)),
        clock=SystemClock(), ids=RandomIds(), policy=settings.policy, config_sha256=settings.config_sha256(),
        feeds=FEEDS, engine_version=engine_version(), district=settings.district.name,
        environment=settings.district.environment, concurrency=settings.ascip.concurrency,
        rate_per_s=settings.ascip.rate_per_s, mailer=_mailer(loaded), mailing=settings.mail.mailing,
        console_url=settings.server.url, due_days=settings.quarantine.due_days,
    )  # fmt: skip


def _mailer(loaded: Loaded) -> Mailer | None:
    """None where no server is configured; its password is read when a mail is sent."""
    mail = loaded.settings.mail
    host = mail.host
    if host is None:
        return None

    def make() -> Mailer:
        from shared.adapters.mail.smtp import (  # noqa: PLC0415  # see `_Late`
            MailTls,
            SmtpMailer,
            SmtpSettings,
        )

        password = loaded.secret(mail.password, "mail.password")[0] if mail.password else None
        return SmtpMailer(
            SmtpSettings(
                host=host, port=mail.port, sender=mail.sender, user=mail.user, password=password,
                tls=MailTls(mail.tls),
            )
        )  # fmt: skip

    return cast("Mailer", _Late(make))
