"""Read the record store, for people, programs and auditors. Writes nothing but audit entries."""

from collections.abc import Iterator
from datetime import datetime

from shared.domain.audit import Actor, AuditVerb
from shared.domain.errors import NotFound
from shared.domain.record import RecordVersion
from shared.pipeline.tools import Tools, audit
from shared.ports.records import Mismatch
from shared.ports.shelf import Filed, Shelf
from shared.ports.unit_of_work import UnitOfWork
from shared.ports.views import Page, PageOf, RecordFilter


def list_records(tools: Tools, wanted: RecordFilter, page: PageOf) -> Page[RecordVersion]:
    """A page of a feed's records, in order of source id. Raises `NotFound` for the feed."""
    tools.governed(wanted.feed)
    with tools.transactions.begin() as uow:
        return uow.views.records(wanted, page)


def record_history(tools: Tools, feed: str, source_id: str) -> list[RecordVersion]:
    """All versions of a record, oldest first. Raises `NotFound`."""
    with tools.transactions.begin() as uow:
        return history_in(tools, uow, feed, source_id)


def history_in(tools: Tools, uow: UnitOfWork, feed: str, source_id: str) -> list[RecordVersion]:
    """`record_history` in a transaction that is under way."""
    tools.governed(feed)
    found = uow.records.versions(feed, source_id)
    if not found:
        raise NotFound(
            f"The store of {feed} has no such record. `ascip-sync records list {feed}` lists them."
        )
    return found


def export_records(
    tools: Tools, feed: str, at: datetime | None, actor: Actor, *, to: tuple[Shelf, str]
) -> Filed:
    """Write a feed's records, as they are or were at a time, in clear; ``to`` is (shelf, file name).

    The name's ending says how: `.csv` or `.ndjson`.

    Raises:
        NotFound: there is no such feed.
        StorageFull: nothing of the file stays.
    """
    declared = tools.governed(feed)
    with tools.transactions.begin() as uow:
        # Noted before anything leaves: rather an entry too many than one too few.
        audit(
            tools, uow, actor, AuditVerb.REPORT_EXPORTED, of=("feed", feed),
            detail={"records": "all", "as_of": at.isoformat() if at else None},
        )  # fmt: skip
    with tools.transactions.begin() as uow:
        return tools.reports.write_records(to[0], to[1], declared, uow.records.as_of(feed, at))


def reconcile_records(tools: Tools, feed: str) -> Iterator[Mismatch]:
    """Versions that don't fit their hash, their key or their neighbours. Raises `NotFound`."""
    tools.governed(feed)
    with tools.transactions.begin() as uow:
        yield from uow.records.reconcile(feed)


def count_versions(tools: Tools, feed: str) -> int:
    """How many versions are kept."""
    with tools.transactions.begin() as uow:
        return uow.records.count(feed)
